// Pinned memory in which launches in flight report.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "context.h"
#include "device.h"
#include "elastic.h"

namespace missile::cuda {

// A LaunchReport that the GPU writes and the host reads.
struct ReportSlot {
  LaunchReport* host = nullptr;
  CUdeviceptr device = 0;

  uint32_t kernelsDone() const { return read(host->kernelsDone); }
  uint32_t strayBlock() const { return read(host->strayBlock); }
  Farewell farewell(int tpc) const { return Farewell::of(read(host->left[tpc])); }
  // Nobody writes it.
  void clear() const { *host = {}; }

 private:
  // What was written before the word is seen after it.
  template <typename Word>
  static Word read(Word& word) {
    return std::atomic_ref<Word>(word).load(std::memory_order_acquire);
  }
};

class ReportSlots {
 public:
  // Launches in flight or not yet drained for which no memory must be pinned on the way: a tenant has one in flight, and those that it had
  // before drain within some us.
  static constexpr unsigned kSlotsAtOnce = 4 * kMaxTenants;

  explicit ReportSlots(const Context& context);

  // All zero. Pins more memory if all are taken. Throws CallFailed.
  ReportSlot take();
  // Nothing on the GPU writes it any more.
  void giveBack(ReportSlot slot) { idle_.push_back(slot); }

  size_t taken() const { return blocks_.size() * kSlotsAtOnce - idle_.size(); }

 private:
  void addBlock();

  const Context& context_;
  std::vector<std::unique_ptr<PinnedMemory>> blocks_;
  std::vector<ReportSlot> idle_;
};

}  // namespace missile::cuda
