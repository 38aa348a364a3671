// counts[block x threads + thread] += 1, after some time, and numbers are handed on: see ../tally.h.
#include "../tally.h"
#include "memory.cuh"

using namespace missile::cuda;

namespace {

template <bool kColoured>
__device__ void handOn(const KernelLaunch& launch, const TallyArguments& arguments, uint32_t block) {
  const Memory<kColoured> from(arguments.from, launch, block), to(arguments.to, launch, block);
  const uint64_t given = arguments.from.sizeBytes / sizeof(uint32_t), all = arguments.to.sizeBytes / sizeof(uint32_t);
  const uint64_t own = uint64_t{block} * blockDim.x + threadIdx.x;
  uint32_t least = ~0u;
  for (uint64_t word = own % given; word < given; word += all) least = min(least, *from.template at<uint32_t>(word * sizeof(uint32_t)));
  if (to.holds(own * sizeof(uint32_t), sizeof(uint32_t))) *to.template at<uint32_t>(own * sizeof(uint32_t)) = least + 1;
}

template <bool kColoured>
struct Count {
  const KernelLaunch& launch;
  const TallyArguments& arguments;
  const uint32_t block;

  __device__ Count(const KernelLaunch& launch, const TallyArguments& arguments, uint32_t block)
      : launch(launch), arguments(arguments), block(block) {}

  __device__ void run() {
    const long long start = clock64();
    while (clock64() - start < arguments.spinCycles) {
    }
    const Memory<kColoured> counts(arguments.counts, launch, block);
    const uint64_t offset = (uint64_t{block} * blockDim.x + threadIdx.x) * sizeof(uint32_t);
    // Atomic, so that a block that runs twice at once is counted twice.
    if (counts.holds(offset, sizeof(uint32_t))) atomicAdd(counts.template at<uint32_t>(offset), 1u);
    if (arguments.to.sizeBytes > 0) handOn<kColoured>(launch, arguments, block);
  }
};

}  // namespace

MISSILE_KERNEL(tally, TallyArguments, Count)
