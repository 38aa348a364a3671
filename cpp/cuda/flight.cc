#include "flight.h"

#include <algorithm>

namespace missile::cuda {

Flight::Flight(FlightDeck& deck) : deck_(deck), driver_(deck.context.driver()) {
  driver_.cuEventCreate(&controlled_, CU_EVENT_DISABLE_TIMING);
}

Flight::~Flight() {
  quietly([&] { driver_.cuEventDestroy(controlled_); });
}

// ---- orders ----

bool Flight::start(const LaunchOrder& order, Network& network, TpcSet tpcs) {
  id_ = order.id;
  isUrgent_ = order.priority > 0;
  kernelsOrdered_ = static_cast<uint32_t>(order.kernelCount);
  run_ = {.network = &network,
          .tenant = static_cast<uint32_t>(order.tenant),
          .firstKernel = static_cast<uint32_t>(order.firstKernel),
          .count = std::min(kernelsOrdered_, kMostKernelsPerLaunch),
          .slot = static_cast<uint32_t>(order.slot),
          .blocksLeft = static_cast<uint32_t>(order.blocksLeft)};
  // What an earlier launch has begun goes on as it was.
  begun_ = run_.firstBlock(0) > 0 ? 1 : 0;
  if (begun_ == 1 && run_.kernel(0).coloured) endColoured_ = 1;
  state_ = deck_.states.take(run_.count);
  report_ = deck_.reports.take();
  staying_ = tpcs;
  openMain();
  const bool isExact = main_->partition().tpcs() == tpcs;
  isPlain_ = isUrgent_ && isExact;
  if (!launchGraph()) feed();
  return isExact;
}

// A flight that has lost every TPC is as good as retired: the event is on its way.
void Flight::extend(TpcSet tpcs) {
  if (hasRetired_ || hasStrayed_ || (staying_ | leaving_).empty()) return;
  rejoining_ = rejoining_ | (tpcs & leaving_);
  const TpcSet joining = tpcs - staying_ - leaving_;
  if (!joining.empty()) join(joining);
}

// A plain flight uses them once it has left others, if ever.
void Flight::join(TpcSet tpcs) {
  staying_ = staying_ | tpcs;
  if (isPlain_) return;
  aim_ = {};
  if (revoked_.overlaps(tpcs)) revoke(revoked_ - tpcs);
  openJoining(tpcs);
}

void Flight::evict(TpcSet tpcs) {
  if (hasRetired_) return;
  rejoining_ = rejoining_ - tpcs;
  const TpcSet going = tpcs & staying_;
  if (going.empty()) return;
  staying_ = staying_ - going;
  leaving_ = leaving_ | going;
  if (isPlain_) return;
  exposed_ = std::max(exposed_, fed());
  generation_++;
  going.forEach([&](int tpc) { evictedAt_[tpc] = generation_; });
  revoked_ = revoked_ | going;
  deck_.control.evict(state_.address, report_.device, generation_, revoked_, going);
  hasControlled_ = true;
  isControlRecorded_ = false;
}

// Evicted TPCs are revoked, and those that are not the flight's in a partition that it uses. Until `controlled` thread blocks may see what
// was before.
void Flight::revoke(TpcSet tpcs) {
  const TpcSet changed = (revoked_ - tpcs) | (tpcs - revoked_);
  revoked_ = tpcs;
  deck_.control.revoke(state_.address, generation_, tpcs, changed);
  hasControlled_ = true;
  isControlRecorded_ = false;
}

// Happens once all that it gave the control stream has taken effect. It must have given something.
CUevent Flight::controlled() {
  if (!isControlRecorded_) deck_.control.record(controlled_);
  isControlRecorded_ = true;
  return controlled_;
}

// ---- the end ----

void Flight::retire(EventSink& events, uint32_t kernelsDone, uint32_t blocksLeft) {
  events.launchRetired(id_, static_cast<int>(kernelsDone), blocksLeft);
  run_.network->stopBefore(run_.firstKernel + kernelsDone, blocksLeft > 0 && blocksLeft < run_.kernel(kernelsDone).blocks);
  hasRetired_ = true;
}

bool Flight::isDrained() { return areArmsDrained() && (!hasControlled_ || driver_.isDone(controlled())); }

void Flight::land() {
  for (const Arm& arm : others_) arm.release();
  if (main_) main_->release();
  others_.clear();
  main_.reset();
  if (graph_ != nullptr) {
    deck_.graphs.giveBack(*graph_);
  } else {
    deck_.states.giveBack(state_);
    deck_.reports.giveBack(report_);
  }
  graph_ = nullptr;
  staying_ = leaving_ = rejoining_ = revoked_ = aim_ = {};
  generation_ = exposed_ = begun_ = endColoured_ = kernelsDone_ = 0;
  farthest_ = {};
  hasControlled_ = isControlRecorded_ = isPlain_ = hasRetired_ = hasStrayed_ = strayIsTold_ = false;
}

}  // namespace missile::cuda
