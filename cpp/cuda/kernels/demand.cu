// Reads, computes and writes as much as another kernel would: see ../demand.h.
#include "../demand.h"
#include "memory.cuh"

using namespace missile::cuda;

namespace {

constexpr uint32_t kRoundsUnrolled = 8;

// The multiply-adds of a thread: chains that all tend to 1.
class Chains {
 public:
  __device__ Chains() {
#pragma unroll
    for (unsigned chain = 0; chain < kDemandChains; chain++) sums_[chain] = static_cast<float>(threadIdx.x + chain);
  }

  __device__ void run(uint32_t rounds) {
#pragma unroll kRoundsUnrolled
    for (uint32_t round = 0; round < rounds; round++) {
#pragma unroll
      for (unsigned chain = 0; chain < kDemandChains; chain++) sums_[chain] = fmaf(sums_[chain], 0.75f, 0.25f);
    }
  }

  __device__ float total() const {
    float total = 0;
#pragma unroll
    for (unsigned chain = 0; chain < kDemandChains; chain++) total += sums_[chain];
    return total;
  }

 private:
  float sums_[kDemandChains];
};

// Reads all, and computes while the loads of each step are on their way.
template <bool kColoured>
__device__ uint32_t readAll(Walk<kColoured>& walk, Chains& chains, uint32_t roundsPerStep) {
  uint32_t mixed = 0;
  Visit visits[Walk<kColoured>::kVisits];
  while (walk.step(visits)) {
    // What a kernel reads twice is meant to come from L2 the second time.
    uint4 values[Walk<kColoured>::kVisits];
#pragma unroll
    for (unsigned i = 0; i < Walk<kColoured>::kVisits; i++) values[i] = visits[i].isThere ? loadPastL1(visits[i].address) : uint4{};
    chains.run(roundsPerStep);
#pragma unroll
    for (const uint4& value : values) mixed ^= value.x ^ value.y ^ value.z ^ value.w;
  }
  return mixed;
}

// 0, which the compiler cannot know: so what was read and computed is needed for what is written.
__device__ uint32_t nothingOf(uint32_t bits, float total) {
  const float fraction = __uint_as_float(0x3f800000u | bits >> 9);
  return fraction + total > 1e30f ? 1 : 0;
}

template <bool kColoured>
class DemandBlock {
 public:
  // All three look up their first granules before anything waits.
  __device__ DemandBlock(const KernelLaunch& launch, const DemandArguments& arguments, uint32_t block)
      : arguments_(arguments),
        parameters_(arguments.parameters, launch, block),
        input_(arguments.input, launch, block),
        output_(arguments.output, launch, block),
        firstWritten_(uint64_t{block} * arguments.outputUnits),
        written_(writtenFrom(arguments, firstWritten_)),
        reads_(input_, uint64_t{block} * arguments.inputUnits, arguments.inputUnits),
        weights_(parameters_, arguments.firstParameterUnit + uint64_t{block} * arguments.parameterUnits, arguments.parameterUnits),
        writes_(output_, firstWritten_, written_) {}

  __device__ void run() {
    Chains chains;
    const uint32_t steps = weights_.steps() + reads_.steps();
    const uint32_t roundsPerStep = steps == 0 ? 0 : arguments_.rounds / steps / kRoundsUnrolled * kRoundsUnrolled;
    uint32_t read = readAll(weights_, chains, roundsPerStep);
    read ^= readAll(reads_, chains, roundsPerStep);
    chains.run(arguments_.rounds - roundsPerStep * steps);
    write(nothingOf(read, chains.total()));
  }

 private:
  // The last block may have fewer units to write.
  __device__ static uint32_t writtenFrom(const DemandArguments& arguments, uint64_t first) {
    const uint64_t unwritten = first < arguments.allOutputUnits ? arguments.allOutputUnits - first : 0;
    return unwritten < arguments.outputUnits ? static_cast<uint32_t>(unwritten) : arguments.outputUnits;
  }

  __device__ void write(uint32_t nothing) {
    if (!output_.holds(firstWritten_ * kUnitBytes % arguments_.output.sizeBytes, uint64_t{written_} * kUnitBytes)) return;
    Visit visits[Walk<kColoured>::kVisits];
    while (writes_.step(visits)) {
#pragma unroll
      for (const Visit& visit : visits) {
        if (!visit.isThere) continue;
        const uint32_t word = demandWord(arguments_.seed, firstWritten_ + visit.unit) ^ nothing;
        *visit.address = uint4{word, word + kDemandStep, word + 2 * kDemandStep, word + 3 * kDemandStep};
      }
    }
  }

  const DemandArguments& arguments_;
  const Memory<kColoured> parameters_, input_, output_;
  const uint64_t firstWritten_;
  const uint32_t written_;
  Walk<kColoured> reads_, weights_, writes_;
};

}  // namespace

MISSILE_KERNEL(demand, DemandArguments, DemandBlock)
