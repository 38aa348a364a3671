// How commands, events, kernels and the GPU's description are laid out in the arrays of doubles shared with
// src/native/protocol.ts. Records have a fixed stride, so neither side needs to know the other's progress. Doubles hold
// every integer here exactly (below 2^53), and a set of indices travels as three 32-bit words.
#pragma once

#include <cstddef>
#include <vector>

#include "device.h"

namespace missile {

// Commands: [kind, ...]
//   launch  id, tenant, firstKernel, kernelCount, blocksLeft, priority, slot, word0, word1, word2
//   extend  id, word0, word1, word2           evict  the same
//   copy    id, tenant, purpose, slot, firstByte, sizeBytes
//   place   tenant, word0, word1, word2       release  tenant
constexpr size_t kCommandStride = 11;
enum class CommandKind { launch = 0, extend = 1, evict = 2, copy = 3, place = 4, release = 5 };

// Events: the first record holds the clock, [nowNs]; then [kind, ...]
//   tpcsYielded  launch, word0, word1, word2
//   launchRetired  launch, kernelsDone, blocksLeft
//   copyRetired  copy, movedBytes
//   deviceFailed  tenant
constexpr size_t kEventStride = 5;
enum class EventKind { tpcsYielded = 0, launchRetired = 1, copyRetired = 2, deviceFailed = 3 };

constexpr size_t kKernelStride = 9;
constexpr size_t kSizesLength = 4;
constexpr size_t kProfileStride = 5;
constexpr size_t kCurveStride = TpcSet::kCapacity;
constexpr size_t kSpecLength = 33;

// Throws std::logic_error when the row is not kSpecLength long.
GpuSpec readSpec(const double* row, size_t length);
Kernel readKernel(const double* row);
// Throws std::logic_error when the row is not kSizesLength long.
NetworkSizes readSizes(const double* row, size_t length);
void writeProfile(const KernelProfile& profile, double* row);
// Curves lie one after the other, kCurveStride numbers each. None, or none that knows anything: no curves.
std::vector<KernelCurve> readCurves(const double* rows, size_t length);
void writeCurves(const std::vector<KernelCurve>& curves, double* rows);

// Gives the device the first `count` commands of the ring.
void submitCommands(Device& device, const double* ring, size_t count);

// Writes events behind the clock record of a buffer of doubles.
class EventBuffer final : public EventSink {
 public:
  EventBuffer(double* buffer, size_t length) : buffer_(buffer), capacity_(length / kEventStride - 1) {}

  void clear() { count_ = 0; }
  void setClock(int64_t nowNs) { buffer_[0] = static_cast<double>(nowNs); }
  size_t count() const { return count_; }

  bool full() const override { return count_ == capacity_; }
  void tpcsYielded(int64_t launch, TpcSet tpcs) override;
  void launchRetired(int64_t launch, int kernelsDone, int64_t blocksLeft) override;
  void copyRetired(int64_t copy, double movedBytes) override;
  void deviceFailed(int tenant) override;

 private:
  double* next(EventKind kind, int64_t id);

  double* buffer_;
  size_t capacity_;
  size_t count_ = 0;
};

}  // namespace missile
