// A pool of device memory and the test that tells whether two of its sectors share an L2 slice: see kernels/contention.cu.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "driver.h"

namespace missile::cuda {

class ContentionProbe {
 public:
  // Bytes that the memory system moves at least; the test's unit of address.
  static constexpr size_t kSectorBytes = 32;
  // Tests of one launch: 2^18 take well under a second, so that whoever waits can be told.
  static constexpr size_t kTestsAtOnce = 1 << 18;
  // Pairs that may test side by side; with more than a few their verdicts blur.
  static constexpr unsigned kMostPairs = 16;

  // Takes the GPU's primary context and a pool of zeroed memory. Throws CallFailed, std::runtime_error without kernels.
  ContentionProbe(int ordinal, size_t poolBytes);
  ~ContentionProbe();
  ContentionProbe(const ContentionProbe&) = delete;
  ContentionProbe& operator=(const ContentionProbe&) = delete;

  unsigned sms() const { return sms_; }

  // Tests count pairs of sectors of the pool and writes the cycles that each took. The tests are dealt out to `pairs`
  // pairs of SMs that work side by side: smPairs[2 i] and smPairs[2 i + 1] are pair i's SMs.
  void test(const uint32_t* first, const uint32_t* second, size_t count, const uint32_t* smPairs, unsigned pairs,
            uint32_t* cycles);

 private:
  void launch(const uint32_t* first, const uint32_t* second, size_t count, const std::vector<uint32_t>& roles,
              unsigned pairs, uint32_t* cycles);
  void allocate();
  void release() noexcept;

  const Driver& driver_;
  size_t poolBytes_;
  unsigned sms_ = 0;
  CUdevice device_ = 0;
  CUcontext context_ = nullptr;
  CUmodule module_ = nullptr;
  CUfunction kernel_ = nullptr;
  CUdeviceptr pool_ = 0, first_ = 0, second_ = 0, roles_ = 0, barriers_ = 0, cycles_ = 0;
};

}  // namespace missile::cuda
