// Is every logical block done exactly once, after those of the kernel before, and never on a TPC that was given back?
//
// Chains of kernels run as the executor runs them: fed ahead on one stream, extended on another, shrunk and stopped at random and started
// anew where they stopped. Partitions are masks alone.
#include "cuda/kernels/elastic.cuh"
#include "cuda/kernels/memory.cuh"
#include "rig.cuh"

namespace rig {

struct WitnessArguments {
  MemoryView counts;
  MemoryView before;         // counts of the kernel before, all of whose blocks must be done
  uint32_t blocksOfBefore;   // 0: there is none
  uint32_t spinCycles;       // at most
  const uint32_t* offLimits; // TPCs that said farewell
  const uint8_t* tpcOfSm;
  uint32_t* faults;          // bit 0: ran off limits, bit 1: ran too early
};

}  // namespace rig

namespace {

using namespace missile::cuda;
using rig::WitnessArguments;

constexpr unsigned kThreads = 128;
constexpr uint32_t kOffLimits = 1, kTooEarly = 2;

template <bool kColoured>
struct WitnessBlock {
  const KernelLaunch& launch;
  const WitnessArguments& arguments;
  const uint32_t block;

  __device__ WitnessBlock(const KernelLaunch& launch, const WitnessArguments& arguments, uint32_t block)
      : launch(launch), arguments(arguments), block(block) {}

  __device__ void run() {
    const uint32_t random = demandWord(launch.kernel, block);
    if (threadIdx.x == 0) {
      const uint32_t tpc = arguments.tpcOfSm[smId()];
      if (loadRelaxed(arguments.offLimits + tpc / 32) >> tpc % 32 & 1) atomicOr(arguments.faults, kOffLimits);
    }
    if (arguments.blocksOfBefore > 0) {
      const rig::MemoryView& view = arguments.before;
      const missile::cuda::Memory<kColoured> before(view, launch, block);
      const uint64_t element = uint64_t{random % arguments.blocksOfBefore} * blockDim.x + threadIdx.x;
      if (*before.template at<uint32_t>(element * sizeof(uint32_t)) != 1) atomicOr(arguments.faults, kTooEarly);
    }
    const long long start = clock64();
    const uint32_t cycles = arguments.spinCycles == 0 ? 0 : random % arguments.spinCycles;
    while (clock64() - start < cycles) {
    }
    const missile::cuda::Memory<kColoured> counts(arguments.counts, launch, block);
    atomicAdd(counts.template at<uint32_t>((uint64_t{block} * blockDim.x + threadIdx.x) * sizeof(uint32_t)), 1u);
  }
};

}  // namespace

MISSILE_KERNEL(witness, rig::WitnessArguments, WitnessBlock)

namespace rig {

namespace {

constexpr unsigned kChain = 4;
constexpr unsigned kResidentsPerSm = 6;

struct Totals {
  unsigned launches = 0, evictions = 0, extensions = 0, restarts = 0;
};

// One chain of kernels from its first block to its last.
class Chain {
 public:
  Chain(Gpu& gpu, Flight& flight, std::mt19937_64& random, const std::vector<uint32_t>& blocks, bool coloured, Totals& totals)
      : gpu_(gpu), flight_(flight), random_(random), blocks_(blocks), coloured_(coloured), totals_(totals) {
    for (uint32_t count : blocks) {
      const size_t granules = (size_t{count} * kThreads * sizeof(uint32_t) + kColourBlockBytes - 1) / kColourBlockBytes;
      counts_.push_back(std::make_unique<Memory>(granules * kColourBlockBytes, coloured ? Layout::scattered : Layout::linear, count));
    }
  }

  bool run(uint32_t spinCycles) {
    spinCycles_ = spinCycles;
    while (next_ < blocks_.size()) {
      if (!launch()) return false;
    }
    return isRight();
  }

 private:
  // From here to the end of the chain, or until it is stopped. False: something was wrong.
  bool launch() {
    totals_.launches++;
    held_ = someOf(gpu_.all(), 0.6);
    if (held_.empty()) held_ = gpu_.all();
    setOffLimits({});
    flight_.reset(gpu_.arms[0], gpu_.all().without(held_));
    CHECK(cudaStreamSynchronize(gpu_.arms[0]));
    start_ = next_;
    startBlock_ = nextBlock_;
    feed(gpu_.arms[0], 0);
    const auto from = Clock::now();
    while (start_ + flight_.kernelsDone() < blocks_.size() && !held_.empty()) {
      if (usSince(from) > kHungUs) return fail("it hangs");
      gpu_.spinUs(static_cast<double>(random_() % 120));
      if (!act()) return false;
    }
    drain();
    const Farewell stop = flight_.stop();
    next_ = start_ + stop.kernel;
    if (stop.kernel > 0) nextBlock_ = 0;
    if (next_ == blocks_.size()) return true;
    const uint32_t claimed = std::min(flight_.progress(stop.kernel).claimed, blocks_[next_] - nextBlock_);
    if (claimed != stop.claimed) return fail("the farewells tell of another block than the state");
    nextBlock_ += stop.claimed;
    return true;
  }

  bool act() {
    switch (random_() % 8) {
      case 0:
        return evict(held_);
      case 1:
      case 2:
      case 3:
        return evict(someOf(held_, 0.4));
      case 4:
      case 5:
        extend(someOf(gpu_.all().without(held_), 0.5));
        return true;
      default:
        restart();
        return true;
    }
  }

  bool evict(const Tpcs tpcs) {
    if (tpcs.empty()) return true;
    totals_.evictions++;
    held_ = held_.without(tpcs);
    flight_.revoke(gpu_.all().without(held_), true);
    if (!flight_.waitForFarewells(tpcs, kHungUs)) return fail("a TPC did not say farewell");
    setOffLimits(gpu_.all().without(held_));
    return true;
  }

  void extend(const Tpcs& tpcs) {
    if (tpcs.empty()) return;
    totals_.extensions++;
    held_ = held_ | tpcs;
    setOffLimits(gpu_.all().without(held_));
    flight_.revoke(gpu_.all().without(held_), false);
    CHECK(cudaStreamSynchronize(gpu_.control));
    feed(gpu_.arms[totals_.extensions % 2], flight_.kernelsDone());
  }

  // What the executor does when its streams have run dry: all of a kernel's thread blocks may have left for good reason.
  void restart() {
    for (cudaStream_t arm : gpu_.arms) {
      if (cudaStreamQuery(arm) != cudaSuccess) return;
    }
    const uint32_t done = flight_.kernelsDone();
    if (start_ + done == blocks_.size()) return;
    totals_.restarts++;
    feed(gpu_.arms[0], done);
  }

  // All kernels from the launch's number `kernel` on; each may begin while the one before on its stream is leaving.
  void feed(cudaStream_t arm, uint32_t kernel) {
    cudaLaunchAttribute early;
    early.id = cudaLaunchAttributeProgrammaticStreamSerialization;
    early.val.programmaticStreamSerializationAllowed = 1;
    cudaLaunchConfig_t config = {};
    config.blockDim = dim3(kThreads);
    config.stream = arm;
    config.attrs = &early;
    for (; start_ + kernel < blocks_.size(); kernel++) {
      const uint32_t index = start_ + kernel;
      const uint32_t before = kernel == 0 ? 0 : blocks_[index - 1] - (kernel == 1 ? startBlock_ : 0);
      const uint32_t firstBlock = kernel == 0 ? startBlock_ : 0;
      WitnessArguments arguments{};
      arguments.counts = counts_[index]->view();
      if (index > 0) arguments.before = counts_[index - 1]->view();
      arguments.blocksOfBefore = index > 0 ? blocks_[index - 1] : 0;
      arguments.spinCycles = spinCycles_;
      arguments.offLimits = offLimits_.data();
      arguments.tpcOfSm = gpu_.table.tpcOfSm;
      arguments.faults = faults_.data();
      const auto function = coloured_ ? witness_elastic_coloured : witness_elastic_linear;
      const uint32_t left = blocks_[index] - firstBlock;
      config.gridDim = dim3(std::min(left, gpu_.sms * kResidentsPerSm));
      CHECK(cudaLaunchKernelEx(&config, function, flight_.kernel(kernel, firstBlock, left, before), arguments));
      config.numAttrs = 1;
    }
  }

  void setOffLimits(const Tpcs& tpcs) {
    const auto at = reinterpret_cast<CUdeviceptr>(offLimits_.data());
    for (unsigned i = 0; i < 3; i++) CHECK(cuStreamWriteValue32(gpu_.control, at + 4 * i, tpcs.words[i], 0));
    CHECK(cudaStreamSynchronize(gpu_.control));
  }

  void drain() {
    for (cudaStream_t arm : gpu_.arms) CHECK(cudaStreamSynchronize(arm));
    CHECK(cudaStreamSynchronize(gpu_.control));
  }

  bool isRight() {
    const uint32_t faults = faults_.read()[0];
    if (faults & kOffLimits) return fail("a block ran on a TPC that had said farewell");
    if (faults & kTooEarly) return fail("a block ran before the kernel before was done");
    for (size_t index = 0; index < blocks_.size(); index++) {
      const std::vector<uint32_t> counts = counts_[index]->read();
      const size_t elements = size_t{blocks_[index]} * kThreads;
      for (size_t i = 0; i < elements; i++) {
        if (counts[i] == 1) continue;
        std::printf("kernel %zu, block %zu: done %u times\n", index, i / kThreads, counts[i]);
        return false;
      }
    }
    return true;
  }

  bool fail(const char* what) {
    std::printf("exactly once: %s (kernel %u, %u done)\n", what, next_, flight_.kernelsDone());
    return false;
  }

  Tpcs someOf(const Tpcs& from, double share) {
    Tpcs some;
    for (unsigned tpc = 0; tpc < gpu_.tpcs; tpc++) {
      if (from.has(tpc) && static_cast<double>(random_() % 1000) < share * 1000) some.add(tpc);
    }
    return some;
  }

  Gpu& gpu_;
  Flight& flight_;
  std::mt19937_64& random_;
  std::vector<uint32_t> blocks_;
  bool coloured_;
  Totals& totals_;
  std::vector<std::unique_ptr<Memory>> counts_;
  Buffer<uint32_t> offLimits_{kMostTpcs / 32}, faults_{1};
  Tpcs held_;
  uint32_t next_ = 0, nextBlock_ = 0, start_ = 0, startBlock_ = 0, spinCycles_ = 0;
};

}  // namespace

bool exactlyOnce(Gpu& gpu, bool small) {
  std::mt19937_64 random(20250102);
  Flight flight(gpu);
  Totals totals;
  uint64_t blocksInAll = 0;
  const unsigned chains = small ? 4 : 60;
  for (unsigned i = 0; i < chains; i++) {
    std::vector<uint32_t> blocks;
    for (unsigned kernel = 0; kernel < kChain; kernel++) {
      const uint64_t some = i % 4 == 3 ? 1 + random() % 900 : 10'000 + random() % 30'000;
      blocks.push_back(static_cast<uint32_t>(small ? 1 + random() % 2'000 : some));
      blocksInAll += blocks.back();
    }
    Chain chain(gpu, flight, random, blocks, i % 2 == 1, totals);
    const uint32_t spinCycles[] = {8'000, 30'000, 0};
    if (!chain.run(spinCycles[i % 3])) return false;
  }
  std::printf("exactly once: %llu blocks of %u kernels in %u launches, %u evictions, %u extensions, %u restarts\n",
              static_cast<unsigned long long>(blocksInAll), chains * kChain, totals.launches, totals.evictions, totals.extensions,
              totals.restarts);
  return true;
}

}  // namespace rig
