// The test that tells whether two sectors of a pool share an L2 slice: see kernels/contention.cu. Batches of tests are put on a stream
// of their own, so that whoever asks can prepare the next one while the GPU is at work.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "context.h"

namespace missile::cuda {

class ContentionProbe {
 public:
  // Bytes that the memory system moves at least; the test's unit of address.
  static constexpr size_t kSectorBytes = 32;
  // Tests of one launch: 2^18 take well under a second; a display's GPU may not be held longer.
  static constexpr size_t kTestsAtOnce = 1 << 18;
  // Pairs that may test side by side; with more than a few their verdicts blur.
  static constexpr unsigned kMostPairs = 16;
  // Batches that may be under way.
  static constexpr size_t kMostBatches = 2;

  // Tests in the memory from `pool` on, which somebody else holds. Throws CallFailed, std::runtime_error without kernels.
  ContentionProbe(Context& context, CUdeviceptr pool, size_t poolBytes);
  ~ContentionProbe();
  ContentionProbe(const ContentionProbe&) = delete;
  ContentionProbe& operator=(const ContentionProbe&) = delete;

  unsigned sms() const { return context_.sms(); }

  // Begins to test count pairs of sectors. The tests are dealt out to the pairs of SMs, which work side by side: smPairs[2 i] and
  // smPairs[2 i + 1] are pair i's SMs. The arrays are not needed any more when it returns.
  void begin(const uint32_t* first, const uint32_t* second, size_t count, const uint32_t* smPairs, unsigned pairs);
  // Waits for the oldest batch under way and writes the cycles that each of its tests took; count is that of the batch.
  void finish(uint32_t* cycles, size_t count);

 private:
  // Buffers of a batch, on the GPU and, for its copies, on the host.
  struct Batch {
    Batch(const Context& context, size_t capacity);
    size_t capacity, count = 0;
    DeviceMemory first, second, cycles;
    PinnedMemory hostFirst, hostSecond, hostCycles, hostRoles;
    Event done;
  };

  std::vector<uint32_t> rolesOf(const uint32_t* smPairs, unsigned pairs) const;
  Batch& batchFor(size_t count);
  void launch(Batch& batch, size_t from, size_t count, unsigned pairs);

  Context& context_;
  const Driver& driver_;
  CUdeviceptr pool_;
  size_t poolBytes_;
  CUfunction kernel_;
  DeviceMemory roles_, barriers_;
  CUstream stream_ = nullptr;
  std::array<std::unique_ptr<Batch>, kMostBatches> batches_;
  size_t begun_ = 0, finished_ = 0;
};

}  // namespace missile::cuda
