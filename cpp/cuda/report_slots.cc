#include "report_slots.h"

namespace missile::cuda {

namespace {

// Launches do not share a cache line of the host.
constexpr size_t kStrideBytes = (sizeof(LaunchReport) + 63) / 64 * 64;

}  // namespace

ReportSlots::ReportSlots(const Context& context) : context_(context) { addBlock(); }

void ReportSlots::addBlock() {
  blocks_.push_back(std::make_unique<PinnedMemory>(context_, kSlotsAtOnce * kStrideBytes));
  const PinnedMemory& memory = *blocks_.back();
  idle_.reserve(blocks_.size() * kSlotsAtOnce);
  for (unsigned i = 0; i < kSlotsAtOnce; i++) {
    const size_t at = i * kStrideBytes;
    idle_.push_back({reinterpret_cast<LaunchReport*>(memory.host() + at), memory.device() + at});
  }
}

ReportSlot ReportSlots::take() {
  if (idle_.empty()) addBlock();
  const ReportSlot slot = idle_.back();
  idle_.pop_back();
  slot.clear();
  return slot;
}

}  // namespace missile::cuda
