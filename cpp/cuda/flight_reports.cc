// What the kernels of a flight have reported, and what follows from it.
#include <algorithm>
#include <tuple>

#include "flight.h"

namespace missile::cuda {

bool Flight::look(EventSink& events) {
  if (hasRetired_ || events.full()) return false;
  releaseDrained();
  const TpcSet left = whatLeft();
  // Read after the farewells: whatever was done before them is seen.
  const bool strayedBefore = hasStrayed_;
  const bool advanced = readProgress();
  // That is told before anything else of the flight: nothing that it reports from now on counts as done.
  if (hasStrayed_ && !strayedBefore) return true;
  if (kernelsDone_ == run_.count) {
    retire(events, kernelsDone_, kernelsDone_ == kernelsOrdered_ ? 0 : run_.kernel(kernelsDone_).blocks);
    return true;
  }
  if (!left.empty()) tellLeft(left, events);
  return advanced || !left.empty();
}

// True if further kernels are done. A stray block takes the flight off the GPU.
bool Flight::readProgress() {
  const uint32_t done = std::max(kernelsDone_, report_.kernelsDone());
  const bool advanced = done != kernelsDone_;
  kernelsDone_ = done;
  if (!hasStrayed_ && report_.strayBlock() != 0) {
    hasStrayed_ = true;
    evict(staying_ | leaving_);
  }
  return advanced;
}

// TPCs on which the flight is no more, of those that were taken from it.
TpcSet Flight::whatLeft() {
  TpcSet left;
  if (leaving_.empty()) return left;
  if (isPlain_) return areArmsDrained() ? leaving_ : left;
  leaving_.forEach([&](int tpc) {
    const Farewell farewell = report_.farewell(tpc);
    if (farewell.generation < evictedAt_[tpc]) return;
    left.add(tpc);
    const auto claim = [](Farewell f) { return std::tuple(f.kernel, f.claimed); };
    if (claim(farewell) > claim(farthest_)) farthest_ = farewell;
  });
  return left;
}

void Flight::tellLeft(TpcSet left, EventSink& events) {
  leaving_ = leaving_ - left;
  const TpcSet back = rejoining_ & left;
  rejoining_ = rejoining_ - back;
  if ((staying_ | leaving_ | back).empty()) return stop(events);
  isPlain_ = false;
  events.tpcsYielded(id_, left);
  if (!back.empty()) join(back);
}

// Nobody claims blocks any more, and whatever was claimed is done.
void Flight::stop(EventSink& events) {
  const uint32_t blocks = run_.blocks(kernelsDone_);
  const uint32_t claimed = farthest_.kernel == kernelsDone_ ? std::min(farthest_.claimed, blocks) : 0;
  retire(events, kernelsDone_, blocks - claimed);
}

}  // namespace missile::cuda
