// What the programs of this folder share: the GPU's streams, a launch's state and report, memory in both layouts.
#pragma once

#include <cuda.h>
#include <cuda_runtime.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

#include "cuda/demand.h"
#include "cuda/elastic.h"
#include "cuda/tally.h"
#include "memory_view.h"
#include "timing.h"

namespace rig {

using namespace missile::cuda;
using missile::kColourBlockBytes;
using missile::MemoryView;

#define CHECK(call)                                                                                  \
  do {                                                                                               \
    const int failed = static_cast<int>(call);                                                       \
    if (failed != 0) {                                                                               \
      std::printf("%s:%d: %s: error %d\n", __FILE__, __LINE__, #call, failed);                       \
      std::exit(1);                                                                                  \
    }                                                                                                \
  } while (false)

#define DECLARE_VARIANTS(name, Arguments)                                                                            \
  extern "C" __global__ void name##_elastic_linear(const __grid_constant__ missile::cuda::KernelLaunch launch,       \
                                                   const __grid_constant__ Arguments arguments);                     \
  extern "C" __global__ void name##_elastic_coloured(const __grid_constant__ missile::cuda::KernelLaunch launch,     \
                                                     const __grid_constant__ Arguments arguments);                   \
  extern "C" __global__ void name##_plain_linear(const __grid_constant__ missile::cuda::KernelLaunch launch,         \
                                                 const __grid_constant__ Arguments arguments);                       \
  extern "C" __global__ void name##_plain_coloured(const __grid_constant__ missile::cuda::KernelLaunch launch,       \
                                                   const __grid_constant__ Arguments arguments);

template <typename Arguments>
using Function = void (*)(KernelLaunch, Arguments);

// Of a kernel that is evicted: longer than any takes.
constexpr double kHungUs = 20e6;

template <typename Element>
class Buffer {
 public:
  explicit Buffer(size_t count) : count_(count) {
    CHECK(cudaMalloc(&data_, count * sizeof(Element)));
    zero();
  }
  explicit Buffer(const std::vector<Element>& from) : Buffer(from.size()) {
    CHECK(cudaMemcpy(data_, from.data(), count_ * sizeof(Element), cudaMemcpyHostToDevice));
  }
  ~Buffer() { cudaFree(data_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  Element* data() const { return data_; }
  void zero() { CHECK(cudaMemset(data_, 0, count_ * sizeof(Element))); }
  std::vector<Element> read() const {
    std::vector<Element> all(count_);
    CHECK(cudaMemcpy(all.data(), data_, count_ * sizeof(Element), cudaMemcpyDeviceToHost));
    return all;
  }

 private:
  Element* data_ = nullptr;
  size_t count_;
};

// TPCs 0 ... n - 1, as bits.
struct Tpcs {
  uint32_t words[kMostTpcs / 32] = {};
  bool has(unsigned tpc) const { return words[tpc / 32] >> tpc % 32 & 1; }
  void add(unsigned tpc) { words[tpc / 32] |= 1u << tpc % 32; }
  bool empty() const { return (words[0] | words[1] | words[2]) == 0; }
  Revocation revocation(unsigned nth, uint32_t generation) const;
  Tpcs operator|(const Tpcs& o) const { return {{words[0] | o.words[0], words[1] | o.words[1], words[2] | o.words[2]}}; }
  Tpcs without(const Tpcs& o) const { return {{words[0] & ~o.words[0], words[1] & ~o.words[1], words[2] & ~o.words[2]}}; }
};

class Gpu {
 public:
  Gpu();
  unsigned sms, tpcs;
  double smHz;
  cudaStream_t arms[2], control;
  SmTable table;

  Tpcs all() const;
  // As long as a GPU of 2 GHz takes for what it does in so many us.
  void spinUs(double us) const { rig::spinUs(us * 2e9 / smHz); }

 private:
  Buffer<unsigned long long> busyNs_{kMostSms};
  Buffer<uint8_t> tpcOfSm_{kMostSms};
};

// Memory in whole granules: linear; through a table that moves nothing; scattered over a pool half as large again; or as a pool hands it out, in order
// with gaps.
enum class Layout { linear, inOrder, scattered, withGaps };
class Memory {
 public:
  Memory(size_t sizeBytes, Layout layout, uint64_t seed = 1);
  MemoryView view() const { return view_; }
  // The bytes in the order in which kernels see them.
  std::vector<uint32_t> read() const;

 private:
  std::vector<uint32_t> blocks_;
  Buffer<unsigned char> bytes_;
  Buffer<uint32_t> table_;
  MemoryView view_;
};

// A launch: its state on the GPU and what it reports. The state is zero but for TPCs that are revoked from the start.
class Flight {
 public:
  static constexpr unsigned kKernels = 64;

  explicit Flight(const Gpu& gpu);
  ~Flight();

  // On the stream, before the kernels.
  void reset(cudaStream_t stream, const Tpcs& revoked = {});
  KernelLaunch kernel(uint32_t kernel, uint32_t firstBlock, uint32_t blocks, uint32_t blocksBefore) const;
  // Puts the writes and the sweep on the control stream.
  void revoke(const Tpcs& revoked, bool isEviction);
  // Whether all have said farewell since the last eviction; waits no longer than `mostUs`.
  bool waitForFarewells(const Tpcs& of, double mostUs) const;
  uint32_t kernelsDone() const { return std::atomic_ref(report_->kernelsDone).load(); }
  // Where it stopped, once all have left: kernel, and blocks of it that were claimed.
  Farewell stop() const;
  KernelProgress progress(uint32_t kernel) const;

 private:
  void write(const Tpcs& revoked, cudaStream_t stream) const;
  uint64_t left(unsigned tpc) const { return std::atomic_ref(report_->left[tpc]).load(); }

  const Gpu& gpu_;
  unsigned char* state_ = nullptr;
  LaunchReport* report_ = nullptr;
  uint32_t generation_ = 0;
};

// Each prints its lines and says whether all was right. `small`: fit for compute-sanitizer.
bool exactlyOnce(Gpu& gpu, bool small);
bool demandWrites(Gpu& gpu, bool small);
void overheadOfElastic(Gpu& gpu);
void overheadOfColours(Gpu& gpu);
bool evictionLatency(Gpu& gpu);
void priorityStreams(Gpu& gpu);

}  // namespace rig

DECLARE_VARIANTS(demand, missile::cuda::DemandArguments)
DECLARE_VARIANTS(tally, missile::cuda::TallyArguments)
extern "C" __global__ void sweep(const __grid_constant__ missile::cuda::Sweeps sweeps);
extern "C" __global__ void whereabouts(uint32_t* seen, uint32_t mark);
