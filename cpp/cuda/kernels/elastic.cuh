// How kernels run, elastic or plain: a kernel is written once, as a logical block that all threads of a thread block do together, and
// MISSILE_KERNEL makes the variants of executable.h from it. The protocol with the host is in ../elastic.h.
//
//   template <bool kColoured>
//   struct Block {
//     Block(const KernelLaunch&, const Arguments&, uint32_t block);  // finds its memory, while the kernel before may still run
//     void run();                                                    // reads and writes it, once that one has ended
//   };
//
// Only thread 0 takes part in the protocol; the barrier of each turn carries what it learned and acquired to the others.
#pragma once

#include "../elastic.h"
#include "ordered.cuh"

namespace missile::cuda {

// Thread blocks of the largest size that an SM must hold: 64 registers a thread, which hold eight loads under way and spill nothing. With
// five, 48 registers and four loads, streaming took an H200 4 to 33 % longer.
constexpr unsigned kLeastPerSm = 4;

constexpr uint32_t kNoBlock = ~0u;
// Who waits for the kernel before looks again after this long.
constexpr unsigned kLookAgainNs = 100;
// ... and gives up when nobody has worked on it for this long: whoever did was evicted. Longer than any launch takes to get going.
constexpr unsigned kPatienceNs = 50'000;

// What thread 0 knows of its thread block's stay on an SM; in shared memory, lest every thread hold registers for it.
struct Stay {
  unsigned long long sinceNs;
  uint32_t sm, tpc;
  uint32_t finished;   // logical blocks done
  uint32_t lastClaim;  // logical block claimed last
  bool isRevoked;      // that is why it leaves
  // The block of this turn and of the next. Two, so that thread 0 claims while others still work and one barrier a turn is enough.
  uint32_t next[2];
};

__device__ inline bool isRevoked(const LaunchState* state, uint32_t tpc) {
  return Revocation{loadRelaxed(&state->revocations[tpc / Revocation::kTpcs])}.holds(tpc);
}

// Of the launch, for the host: what tells it must come after all that was done, and before anybody goes on from there. Otherwise two
// arms could tell of two kernels in the wrong order, and the host would wait for ever.
__device__ inline void addDone(const KernelLaunch& launch, uint32_t blocks) {
  KernelProgress* const progress = launch.state->progress() + launch.kernel;
  if (fetchAddRelease(&progress->done, blocks) + blocks != launch.blocks) return;
  fenceHost();
  storeHost(&launch.report->kernelsDone, launch.kernel + 1);
  fenceHost();
  addRelaxed(&progress->done, launch.repeats ? 0u - launch.blocks : 1u);
}

__device__ inline void addBusyTime(const KernelLaunch& launch, uint32_t sm, unsigned long long sinceNs) {
  addRelaxed(&launch.sms.busyNs[launch.tenant * kMostSms + sm], nowNs() - sinceNs);
}

__device__ inline bool isKernelBeforeDone(const KernelLaunch& launch) {
  if (launch.blocksBefore == 0) return true;
  return loadAcquire(&launch.state->progress()[launch.kernel - 1].done) > launch.blocksBefore;
}

// Until every block of the kernel before is done. False: this thread block has nothing to wait for.
__device__ inline bool waitForKernelBefore(const KernelLaunch& launch, uint32_t tpc) {
  const KernelProgress* const before = launch.state->progress() + launch.kernel - 1;
  unsigned long long idleSinceNs = 0;
  for (;;) {
    const uint32_t done = loadAcquire(&before->done);
    if (done > launch.blocksBefore) return true;
    if (isRevoked(launch.state, tpc)) return false;
    // Those at work have claimed what they have not added to `done` yet.
    const uint32_t claimed = loadRelaxed(&before->claimed);
    if (claimed < launch.blocksBefore && claimed == done) {
      if (idleSinceNs == 0) idleSinceNs = nowNs();
      if (nowNs() - idleSinceNs > kPatienceNs) return false;
    } else {
      idleSinceNs = 0;
    }
    __nanosleep(kLookAgainNs);
  }
}

// Where a TPC was revoked and nobody is busy on it: whoever left it has recorded its claims, and nobody claims there any more. So it matters not who
// calls, or that two do; the fence to the host keeps what others told it before the farewell.
//
// Between the looks and the word to the host, the TPC may be given back, worked on and revoked anew. So the revocation is read first: what is told
// holds for what was seen. And it is read again afterwards, as this word may have taken the place of a newer one.
__device__ inline void bidFarewell(LaunchState* state, LaunchReport* report, uint32_t tpc) {
  const unsigned long long* const now = &state->revocations[tpc / Revocation::kTpcs];
  Revocation seen;
  do {
    seen = {loadAcquire(now)};
    if (!seen.holds(tpc)) return;
    fenceSequential();
    if (loadAcquire(&state->busy[tpc]) != 0) return;
    fenceHost();
    storeHost(&report->left[tpc], Farewell{seen.generation(), 0, 0}.packed() | loadRelaxed(&state->farthest));
    fenceHostSequential();
  } while (loadRelaxed(now) != seen.word);
}

__device__ inline uint32_t claim(const KernelLaunch& launch, Stay& stay) {
  const uint32_t block = fetchAddRelaxed(&launch.state->progress()[launch.kernel].claimed, 1u);
  if (block >= launch.blocks) return kNoBlock;
  stay.lastClaim = block;
  return block;
}

__device__ inline uint32_t claimUnlessRevoked(const KernelLaunch& launch, Stay& stay) {
  stay.isRevoked = isRevoked(launch.state, stay.tpc);
  return stay.isRevoked ? kNoBlock : claim(launch, stay);
}

// False: the TPC was revoked long ago, and the thread block goes without a trace.
//
// A thread block says that it is busy and then looks at `revoked`; the sweep comes after `revoked` was written and looks at `busy`. The
// fence between the two on both sides makes at least one see the other: so no block is claimed on a TPC that the host believes free.
__device__ inline bool enter(const KernelLaunch& launch, Stay& stay) {
  const uint32_t sm = smId();
  // All of them, while its TPC is looked up.
  unsigned long long revocations[kRevocations];
  for (unsigned i = 0; i < kRevocations; i++) revocations[i] = loadRelaxed(&launch.state->revocations[i]);
  const uint32_t tpc = __ldg(launch.sms.tpcOfSm + sm);
  static_assert(kRevocations == 3);
  const unsigned nth = tpc / Revocation::kTpcs;
  if (Revocation{nth == 0 ? revocations[0] : nth == 1 ? revocations[1] : revocations[2]}.holds(tpc)) return false;
  addRelaxed(&launch.state->busy[tpc], 1u);
  stay.sinceNs = nowNs();
  stay.sm = sm;
  stay.tpc = tpc;
  stay.finished = 0;
  fenceSequential();
  return true;
}

// The two looks are under way together: with one stream the kernel before is nearly always done.
__device__ inline uint32_t firstClaim(const KernelLaunch& launch, Stay& stay) {
  const bool revoked = isRevoked(launch.state, stay.tpc);
  const bool isReady = isKernelBeforeDone(launch);
  stay.isRevoked = revoked;
  if (revoked) return kNoBlock;
  if (isReady) return claim(launch, stay);
  return waitForKernelBefore(launch, stay.tpc) ? claimUnlessRevoked(launch, stay) : kNoBlock;
}

// Whoever leaves is no longer busy only when all else is recorded. Then the same race as on entering: either the last to leave sees that
// the TPC was revoked, or the sweep sees that nobody is busy.
__device__ inline void leave(const KernelLaunch& launch, const Stay& stay) {
  if (stay.finished > 0) {
    if (stay.isRevoked) maxRelaxed(&launch.state->farthest, Farewell{0, launch.kernel, stay.lastClaim + 1}.packed());
    addDone(launch, stay.finished);
  }
  addBusyTime(launch, stay.sm, stay.sinceNs);
  if (fetchAddAcquireRelease(&launch.state->busy[stay.tpc], ~0u) != 1) return;
  fenceSequential();
  if (isRevoked(launch.state, stay.tpc)) bidFarewell(launch.state, launch.report, stay.tpc);
}

// Persistent: does one logical block after the other until none is left or the TPC is revoked. The next kernel may begin while the thread blocks
// leave, and waits for what they tell: that takes 1.9 to 3.7 us less a kernel (measured on an H200).
template <typename Block, typename Arguments>
__device__ void runElastic(const KernelLaunch& launch, const Arguments& arguments) {
  __shared__ Stay stay;
  bool isHere = false;
  if (threadIdx.x == 0) {
    isHere = enter(launch, stay);
    stay.next[0] = isHere ? firstClaim(launch, stay) : kNoBlock;
  }
  for (unsigned turn = 0;; turn ^= 1) {
    __syncthreads();
    const uint32_t block = stay.next[turn];
    if (block == kNoBlock) break;
    Block(launch, arguments, launch.firstBlock + block).run();
    if (threadIdx.x == 0) {
      stay.finished++;
      stay.next[turn ^ 1] = claimUnlessRevoked(launch, stay);
    }
  }
  letNextBegin();
  if (isHere) leave(launch, stay);
}

// One thread block a logical block.
template <typename Block, typename Arguments>
__device__ void runPlain(const KernelLaunch& launch, const Arguments& arguments) {
  __shared__ unsigned long long sinceNs;
  if (launch.isSparse) letNextBegin();
  Block block(launch, arguments, launch.firstBlock + blockIdx.x);
  awaitKernelBefore();
  if (threadIdx.x == 0) sinceNs = nowNs();
  block.run();
  letNextBegin();
  __syncthreads();
  if (threadIdx.x != 0) return;
  if (!launch.isUntold) addDone(launch, 1);
  addBusyTime(launch, smId(), sinceNs);
}

// The four variants of a kernel whose logical block is a Block<coloured>, done by at most `threads` threads, of which an SM is to hold
// `leastPerSm` thread blocks at least: that bounds its registers.
#define MISSILE_KERNEL_BOUNDS(name, Arguments, Block, threads, leastPerSm)                                 \
  MISSILE_KERNEL_VARIANT(name##_elastic_linear, runElastic, Arguments, Block<false>, threads, leastPerSm)  \
  MISSILE_KERNEL_VARIANT(name##_elastic_coloured, runElastic, Arguments, Block<true>, threads, leastPerSm) \
  MISSILE_KERNEL_VARIANT(name##_plain_linear, runPlain, Arguments, Block<false>, threads, leastPerSm)      \
  MISSILE_KERNEL_VARIANT(name##_plain_coloured, runPlain, Arguments, Block<true>, threads, leastPerSm)

#define MISSILE_KERNEL(name, Arguments, Block) \
  MISSILE_KERNEL_BOUNDS(name, Arguments, Block, missile::cuda::kMostThreads, missile::cuda::kLeastPerSm)

#define MISSILE_KERNEL_VARIANT(name, run, Arguments, Block, threads, leastPerSm)                                      \
  extern "C" __global__ void __launch_bounds__(threads, leastPerSm)                                                   \
      name(const __grid_constant__ missile::cuda::KernelLaunch launch, const __grid_constant__ Arguments arguments) { \
    missile::cuda::run<Block>(launch, arguments);                                                                     \
  }

}  // namespace missile::cuda
