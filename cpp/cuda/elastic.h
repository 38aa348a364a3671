// What the executor and the kernels agree on: how a launch's logical blocks are claimed, taken back and reported.
//
// A kernel runs as persistent thread blocks that claim logical blocks from a counter in device memory. Between blocks they look at the
// TPCs that were revoked, and leave. The host writes `revocations` through stream memory operations; nothing on the GPU ever reads host
// memory. What the host must know is written to pinned memory as it happens.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#define MISSILE_HOST_DEVICE __host__ __device__
#else
#define MISSILE_HOST_DEVICE
#endif

namespace missile::cuda {

// Threads of a thread block.
constexpr unsigned kMostThreads = 256;
constexpr unsigned kMostTpcs = 96;
constexpr unsigned kMostSms = 2 * kMostTpcs;

// One kernel of a launch.
struct KernelProgress {
  uint32_t claimed;  // logical blocks handed out; thread blocks that find none left push it beyond the number of blocks
  uint32_t done;     // logical blocks finished, added up as thread blocks leave; and one more once the host has been told of the last (0 if it repeats)
};

// On which of some TPCs no block may be claimed any more, and the number of the eviction that said so last: one word, so that nobody sees the one
// without the other. Each word that the host writes takes the GPU 0.7 us (measured on an H200), and few evictions concern more than one or two.
struct Revocation {
  static constexpr unsigned kTpcs = 40;

  uint64_t word = 0;

  MISSILE_HOST_DEVICE static Revocation of(uint32_t generation, uint64_t tpcs) { return {static_cast<uint64_t>(generation) << kTpcs | tpcs}; }
  MISSILE_HOST_DEVICE uint32_t generation() const { return static_cast<uint32_t>(word >> kTpcs); }
  MISSILE_HOST_DEVICE bool holds(uint32_t tpc) const { return word >> tpc % kTpcs & 1; }
};
constexpr unsigned kRevocations = (kMostTpcs + Revocation::kTpcs - 1) / Revocation::kTpcs;

// A launch in flight, in device memory, all zero before it starts; a KernelProgress for each of its kernels follows.
struct alignas(16) LaunchState {
  unsigned long long revocations[kRevocations];  // Revocation::word of TPCs 0 to 39, of 40 to 79, of 80 and on
  unsigned long long farthest;                   // a Farewell without generation: the last claim of those who left because they were revoked
  uint32_t busy[kMostTpcs];                      // thread blocks on each TPC that hold a logical block or seek one

  MISSILE_HOST_DEVICE KernelProgress* progress() { return reinterpret_cast<KernelProgress*>(this + 1); }
};

// What the kernels tell the host about a launch, in pinned host memory, all zero before it starts.
struct LaunchReport {
  // For each TPC, a Farewell of the last thread block that left it because it was revoked; 0: none yet.
  uint64_t left[kMostTpcs];
  // Kernels of the launch of which every block is done.
  uint32_t kernelsDone;
  // 1 + the logical block that reached outside its memory; 0: none. The launch stops then.
  uint32_t strayBlock;
};

// One word of LaunchReport::left: generation of the Revocation (24 bits, from 1), kernel of the launch (12), blocks of it claimed by then (28).
// The largest over all TPCs of a launch that has stopped tells where it stopped, unless kernelsDone is beyond its kernel by then: a
// kernel begins when the one before is done, so the launch stopped in kernel `kernelsDone`, of which nothing else was claimed.
struct Farewell {
  uint32_t generation, kernel, claimed;

  MISSILE_HOST_DEVICE uint64_t packed() const {
    return static_cast<uint64_t>(generation & 0xffffff) << 40 | static_cast<uint64_t>(kernel & 0xfff) << 28 | (claimed & 0xfffffff);
  }
  MISSILE_HOST_DEVICE static Farewell of(uint64_t word) {
    return {static_cast<uint32_t>(word >> 40), static_cast<uint32_t>(word >> 28) & 0xfff, static_cast<uint32_t>(word) & 0xfffffff};
  }
};
constexpr uint32_t kMostKernelsPerLaunch = 1 << 12;
constexpr uint32_t kMostBlocks = 1 << 28;

// Parameter of the kernel `sweep`, which has a thread block for each of its launches: where farewell is to be said.
struct Sweeps {
  static constexpr unsigned kMost = 16;
  struct {
    LaunchState* state;
    LaunchReport* report;
  } launches[kMost];
};

// Where work truly ran, in device memory: thread blocks add the time they were on an SM when they leave it.
struct SmTable {
  // For each tenant and SM: ns x thread blocks, cumulative.
  unsigned long long* busyNs;  // [tenant][kMostSms]
  // TPC of each SM, as the executor numbers them.
  const uint8_t* tpcOfSm;
};

// The first parameter of every kernel; what the kernel works on is the second.
struct KernelLaunch {
  LaunchState* state;
  LaunchReport* report;
  SmTable sms;
  uint32_t tenant;
  uint32_t kernel;       // its number within the launch: KernelProgress and Farewell
  uint32_t firstBlock;   // logical blocks before it were done by an earlier launch
  uint32_t blocks;       // logical blocks from firstBlock on
  uint32_t blocksBefore; // blocks of kernel - 1, all of which must be done before this one starts; 0 for the first
  uint32_t attempt;      // at the kernel: another one than that of any which was given up (arrivals.h)
  bool repeats;          // a plain kernel that leaves the state as it found it: it will be launched with the same again
  bool isUntold;         // a plain kernel of whose end nobody is told: the next one of its graph follows by itself
  bool isSparse;         // a plain kernel that leaves idle SMs to the next one of its graph, which may begin at once
};

}  // namespace missile::cuda
