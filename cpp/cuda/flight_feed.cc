// Which kernel of a flight goes on which stream, and when.
#include <algorithm>

#include "flight.h"

namespace missile::cuda {

namespace {

// Kernels on streams and not done. At least 2, so that one follows the other without us. More are of use while kernels are short: too
// few, and the GPU waits for the host; too many, and an eviction leaves that many to run dry, some 2 us each.
constexpr uint32_t kLeastAhead = 2;
constexpr uint32_t kMostAhead = 16;
constexpr double kAheadNs = 100'000;
// Kernels that go to the GPU at once, since the host would take longer for them than the GPU. Larger: an eviction waits longer for its end.
constexpr double kLongestGraphNs = 1'000'000;

}  // namespace

bool Flight::feed() {
  if (hasRetired_ || staying_.empty()) return false;
  if (isPlain_ && !leaving_.empty()) return false;
  rewindIfDry();
  // It looks at the reports.
  if (hasStrayed_) return false;
  if (hasOwnPartitionNow()) moveToOwnPartition();
  if (catchUp()) return true;
  if (!wantsMore()) return false;
  if (!mainIsRight()) openMain();
  launchNext(*main_);
  return true;
}

bool Flight::wantsMore() const {
  const uint32_t ahead = fed() - kernelsDone_;
  if (fed() == run_.count || ahead >= kMostAhead) return false;
  if (ahead < kLeastAhead) return true;
  double aheadNs = 0;
  for (uint32_t kernel = kernelsDone_; kernel < fed(); kernel++) aheadNs += run_.kernel(kernel).aloneNs;
  return aheadNs < kAheadNs;
}

// ---- arms ----

bool Flight::mainIsRight() const { return main_ && (isPlain_ || aim_ == staying_); }

// It was made while the flight used a larger one, where thread blocks may have gone to TPCs of others and left its own empty.
bool Flight::hasOwnPartitionNow() const {
  return !isPlain_ && main_ && aim_ == staying_ && !(main_->partition().tpcs() == staying_) && deck_.partitions.isReady(staying_);
}

// What is fed from now on goes there. So do kernels that are under way, where they are few because they are long.
void Flight::moveToOwnPartition() {
  if (fed() - kernelsDone_ <= kLeastAhead) openJoining(staying_);
  aim_ = {};
}

// What is fed from now on comes after all that was fed before.
void Flight::openMain() {
  Partition& partition = deck_.partitions.nearest(staying_);
  const uint32_t next = fed();
  if (main_ && &main_->partition() != &partition) {
    main_->close();
    others_.push_back(*main_);
    main_.reset();
  }
  if (!main_) main_.emplace(driver_, partition.take(isUrgent_), next, run_.count);
  for (Arm& arm : others_) main_->await(arm.mark());
  aim_ = staying_;
  prepare(*main_);
}

// Helps with what the main arm has before it.
void Flight::openJoining(TpcSet tpcs) {
  if (kernelsDone_ == fed()) return;
  others_.emplace_back(driver_, deck_.partitions.nearest(tpcs).take(isUrgent_), kernelsDone_, fed());
  prepare(others_.back());
}

// Before its first kernel, TPCs of its partition that are not the flight's are revoked, and those that joined are so no more.
void Flight::prepare(Arm& arm) {
  const TpcSet outside = arm.partition().tpcs() - staying_;
  if (!revoked_.contains(outside)) revoke(revoked_ | outside);
  if (hasControlled_) arm.await(controlled());
}

// True if a kernel was put on an arm that joined: these come before the main arm, which waits for them when its TPCs change.
bool Flight::catchUp() {
  for (Arm& arm : others_) {
    arm.skipTo(kernelsDone_);
    if (!arm.partition().tpcs().overlaps(staying_)) arm.close();
    if (arm.isFed()) continue;
    launchNext(arm);
    return true;
  }
  return false;
}

bool Flight::areArmsDrained() {
  const auto drained = [](Arm& arm) { return arm.isDrained(); };
  return (!main_ || main_->isDrained()) && std::all_of(others_.begin(), others_.end(), drained);
}

void Flight::releaseDrained() {
  std::erase_if(others_, [](Arm& arm) {
    if (!arm.isFed() || !arm.isDrained()) return false;
    arm.release();
    return true;
  });
}

// Kernels that ended without being done are fed again, and those after them, which found them given up. The first of them may be partly
// done and goes on as it was.
void Flight::rewindIfDry() {
  if (kernelsDone_ >= exposed_ || kernelsDone_ == fed()) return;
  if (!others_.empty() || !main_->isDrained()) return;
  readProgress();
  main_->rewindTo(kernelsDone_);
  exposed_ = kernelsDone_;
  begun_ = std::min(begun_, kernelsDone_ + 1);
  run_.network->stopBefore(run_.firstKernel + begun_, false);
}

// ---- kernels ----

// The main arm gets to a kernel first; the others run it with the same arguments.
void Flight::launchNext(Arm& arm) {
  const uint32_t index = arm.next();
  if (index == begun_) begin(index);
  const bool mustWait = run_.kernel(index).coloured && run_.network->memory().await(arm.stream());
  KernelCall call = callOf(index, arm.partition());
  // Elastic kernels wait for the one before by themselves.
  if (!isPlain_ && !mustWait && arm.follows() && deck_.context.beginsEarly()) {
    call.putEarly(driver_, arm.stream());
  } else {
    call.put(driver_, arm.stream());
  }
  if (arm.partition().tpcs().overlaps(revoked_)) exposed_ = std::max(exposed_, index + 1);
  arm.advanced();
}

KernelCall Flight::callOf(uint32_t index, const Partition& partition) const {
  const Network::Kernel& kernel = run_.kernel(index);
  const uint32_t blocks = run_.blocks(index);
  // Of a partition that is not all the flight's, any number of thread blocks may go to where they must leave.
  const bool isExact = !partition.tpcs().overlaps(revoked_);
  const uint32_t room = kernel.residentsPerSm * partition.sms();
  return {.function = kernel.functions[!isPlain_][kernel.coloured],
          .grid = isPlain_ ? blocks : isExact ? std::min(blocks, room) : room,
          .threads = kernel.threads,
          .sharedBytes = kernel.sharedBytes,
          .launch = {.state = reinterpret_cast<LaunchState*>(state_.address),
                     .report = reinterpret_cast<LaunchReport*>(report_.device),
                     .sms = deck_.sms,
                     .tenant = run_.tenant,
                     .kernel = index,
                     .firstBlock = run_.firstBlock(index),
                     .blocks = blocks,
                     .blocksBefore = index == 0 ? 0 : run_.blocks(index - 1),
                     .attempt = kernel.attempt,
                     .repeats = false,
                     .isUntold = false,
                     .isSparse = false},
          .arguments = &kernel.arguments};
}

// All of a plain flight at once, if it is short enough to be waited for and nothing of it was done before.
bool Flight::launchGraph() {
  if (!isPlain_ || run_.count < 2 || run_.count > GraphPool::kMostKernels || run_.firstBlock(0) > 0) return false;
  double ns = 0;
  for (uint32_t index = 0; index < run_.count; index++) ns += run_.kernel(index).aloneNs;
  if (ns > kLongestGraphNs) return false;
  bool isColoured = false;
  deck_.calls.clear();
  for (uint32_t index = 0; index < run_.count; index++) {
    begin(index);
    isColoured |= run_.kernel(index).coloured;
    deck_.calls.push_back(callOf(index, main_->partition()));
  }
  graph_ = deck_.graphs.take(deck_.calls, main_->lent());
  if (graph_ == nullptr) return false;
  deck_.states.giveBack(state_);
  deck_.reports.giveBack(report_);
  report_ = graph_->report;
  if (isColoured) run_.network->memory().await(main_->stream());
  driver_.cuGraphLaunch(graph_->executable, main_->stream());
  main_->finished();
  return true;
}

void Flight::begin(uint32_t index) {
  run_.network->begin(run_.firstKernel + index, run_.slot);
  begun_ = index + 1;
  if (run_.kernel(index).coloured) endColoured_ = begun_;
}

}  // namespace missile::cuda
