// Do two 32-byte sectors share a slice of L2? Reductions are performed at the slice that owns the sector. Two SMs of one side
// of the GPU reach a slice through one port: when each issues reductions to a sector of that slice, they take each
// other's turns and need twice as long (measured on an H200: 2,800-3,000 cycles against 4,700-5,400, nothing between). SMs
// of different sides do not meet, not even at one sector; so which SMs make a pair must be measured first.
//
// A pair of thread blocks, on two SMs, runs every pairs-th test: each block hammers one of the two sectors from a barrier
// on. Several pairs of one side disturb each other a little: they feign conflicts and hide none.

namespace {

// Consecutive reductions of each thread. Fewer blur the two outcomes (measured on an H200: 32 do, with 128 threads).
constexpr int kRounds = 64;
constexpr int kWordsPerSector = 8;
// Barriers lie this far apart, lest the pairs wait for one another's line.
constexpr int kBarrierWords = 64;
// Who waits this long (1 s and more) waits for a block that is not there.
constexpr long long kStuckCycles = 1ll << 31;

__device__ unsigned smId() {
  unsigned id;
  asm volatile("mov.u32 %0, %%smid;" : "=r"(id));
  return id;
}

// Both blocks of a pair have arrived `arrivals` times in all; false if that never happens.
__device__ bool meet(unsigned* barrier, unsigned arrivals) {
  const long long start = clock64();
  atomicAdd(barrier, 1u);
  while (*static_cast<volatile unsigned*>(barrier) < arrivals) {
    if (clock64() - start > kStuckCycles) return false;
  }
  return true;
}

}  // namespace

// Tests i = 0 ... count - 1: do sectors first[i] and second[i] of the pool conflict? cycles[i] says how long the second
// block's reductions took, 0 that its pair was incomplete. Launched cooperatively with a block for every SM; roles[sm] is
// 1 + 2 x pair + (0: first, 1: second), or 0 for an SM that stays out. Barriers and cycles start at 0.
extern "C" __global__ void contention(unsigned* pool, const unsigned* first, const unsigned* second, unsigned count,
                                      unsigned* roles, unsigned pairs, unsigned* barriers, unsigned* cycles) {
  __shared__ unsigned role;
  __shared__ bool isTogether;
  // The first block on an SM takes its role; should a second one come, there is none left.
  if (threadIdx.x == 0) role = atomicExch(&roles[smId()], 0u);
  __syncthreads();
  if (role == 0) return;
  const unsigned pair = (role - 1) / 2;
  const bool isSecond = (role - 1) % 2 != 0;
  unsigned arrivals = 0;
  for (unsigned test = pair; test < count; test += pairs) {
    const size_t sector = isSecond ? second[test] : first[test];
    unsigned* const word = pool + sector * kWordsPerSector + threadIdx.x % kWordsPerSector;
    // Brings the sector into L2: a miss inside the measurement would look like a conflict.
    if (threadIdx.x < kWordsPerSector) atomicAdd(word, 1u);
    __threadfence();
    __syncthreads();
    arrivals += 2;
    if (threadIdx.x == 0) isTogether = meet(barriers + pair * kBarrierWords, arrivals);
    __syncthreads();
    if (!isTogether) return;
    const long long start = clock64();
#pragma unroll
    for (int round = 0; round < kRounds; round++) {
      asm volatile("red.global.add.u32 [%0], 1;" ::"l"(word) : "memory");
    }
    __threadfence();
    __syncthreads();
    if (isSecond && threadIdx.x == 0) cycles[test] = static_cast<unsigned>(clock64() - start);
  }
}
