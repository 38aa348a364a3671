// Networks of tally kernels made up at random, for programs that drive launches: they show whether each block was done once, and whether
// each kernel found what the one before it had written, wherever that was.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <map>
#include <random>
#include <vector>

#include "cuda/network.h"
#include "cuda/tally.h"

namespace missile::cuda {

class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}
  // 0 to end - 1.
  uint32_t below(uint32_t end) { return static_cast<uint32_t>(random_() % end); }
  bool oneIn(uint32_t chances) { return below(chances) == 0; }
  // A range of TPCs or any of them; perhaps none.
  TpcSet some(TpcSet of) {
    TpcSet chosen;
    const bool isRange = oneIn(2);
    const uint32_t first = below(96), last = below(96), chances = 1 + below(3);
    of.forEach([&](int tpc) {
      const auto index = static_cast<uint32_t>(tpc);
      if (isRange ? index >= std::min(first, last) && index <= std::max(first, last) : oneIn(chances)) chosen.add(tpc);
    });
    return chosen;
  }

 private:
  std::mt19937_64 random_;
};

enum TallyStorage : uint32_t { kTallyCounts, kTallyGiven, kTallyResult, kTallyScratch };
constexpr uint32_t kTallyScratches = 3;

// One kernel: reads what the last kernel that wrote storage `from` wrote, or what the host gives, and hands it on.
struct TallyStep {
  uint32_t from, to, blocks;
};

// Sometimes from further back; sometimes in place. The last one writes the result.
inline std::vector<TallyStep> anySteps(Dice& dice, uint32_t mostKernels, uint32_t mostBlocks) {
  std::vector<TallyStep> steps;
  std::map<uint32_t, uint32_t> blocksOf;  // by storage, of what was written there last
  uint32_t last = kTallyGiven;
  const uint32_t kernels = 1 + dice.below(mostKernels);
  for (uint32_t i = 0; i < kernels; i++) {
    const bool reachesBack = !blocksOf.empty() && dice.oneIn(5);
    const uint32_t from = reachesBack ? std::next(blocksOf.begin(), dice.below(static_cast<uint32_t>(blocksOf.size())))->first : last;
    const bool isInPlace = i > 0 && i + 1 < kernels && dice.oneIn(4);
    const uint32_t spare = kTallyScratch + kTallyScratches - 1, other = kTallyScratch + dice.below(kTallyScratches - 1);
    const uint32_t to = isInPlace ? from : other != from ? other : spare;
    const uint32_t blocks = 1 + dice.below(dice.oneIn(3) ? 4 : mostBlocks);
    last = i + 1 == kernels ? uint32_t{kTallyResult} : to;
    steps.push_back({from, last, isInPlace ? blocksOf[from] : blocks});
    blocksOf[last] = steps.back().blocks;
  }
  return steps;
}

// Kernel 0 reads a number that the host gives, each of the others reads one that a kernel before it has written, and adds 1. Numbers
// that are given rise, so that whoever reads what is left of an earlier inference makes the result too small.
class TallyNetwork {
 public:
  static constexpr uint32_t kMostKernels = 24;

  TallyNetwork(Context& context, ColourPool* pool, const std::vector<TallyStep>& steps, uint32_t spinCycles = 0)
      : driver_(context.driver()) {
    uint64_t countsBytes = 0, scratchBytes = kColourBlockBytes;
    Executable made{.storages = {}, .kernels = {}, .parameterStorage = kTallyGiven, .inputStorage = kTallyGiven, .outputStorage = kTallyResult, .weightsFile = {}, .pieces = {}};
    std::map<uint32_t, Written> written{{kTallyGiven, {kGivenWords * sizeof(uint32_t), 0}}};  // by storage
    for (const TallyStep& step : steps) {
      const Written from = written.at(step.from), to{uint64_t{step.blocks} * kThreads * sizeof(uint32_t), from.depth + 1};
      made.kernels.push_back(kernel(step, from.bytes, countsBytes, spinCycles));
      written[step.to] = to;
      countsBytes += to.bytes;
      scratchBytes = std::max(scratchBytes, to.bytes);
    }
    const Written result = written.at(kTallyResult);
    depth_ = result.depth;
    counts_.resize(countsBytes / sizeof(uint32_t));
    result_.resize(result.bytes / sizeof(uint32_t));
    made.storages = {{countsBytes, false}, {kGivenWords * sizeof(uint32_t), true}, {result.bytes, false}};
    for (uint32_t i = 0; i < kTallyScratches; i++) made.storages.push_back({scratchBytes, true});
    network_ = std::make_unique<Network>(context, made, std::make_unique<TenantMemory>(context, made.storages, pool));
  }

  Network& network() { return *network_; }

  // Before each inference.
  void give() {
    given_ += kMostKernels + 1;
    const std::vector<uint32_t> words(kGivenWords, given_);
    const uint64_t sizeBytes = words.size() * sizeof(uint32_t);
    driver_.cuMemcpyHtoD(memory().linear(kTallyGiven), static_cast<const void*>(words.data()), sizeBytes);
    driver_.cuStreamSynchronize(static_cast<CUstream>(nullptr));
    memory().wrote(kTallyGiven, 0, sizeBytes);
  }

  // Whether each block was done so often, and all that the last inference handed on has arrived.
  bool hasCounted(uint32_t times) {
    fetch(kTallyCounts, counts_);
    return std::all_of(counts_.begin(), counts_.end(), [&](uint32_t count) { return count == times; });
  }
  bool hasHandedOn() {
    fetch(kTallyResult, result_);
    return std::all_of(result_.begin(), result_.end(), [&](uint32_t word) { return word == given_ + depth_; });
  }

  bool hasRunInBothModes() const {
    size_t coloured = 0;
    for (size_t i = 0; i < network_->size(); i++) coloured += network_->kernel(i).coloured ? 1 : 0;
    return coloured > 0 && coloured < network_->size();
  }
  // Blocks done so far, however often.
  size_t countedBlocks() {
    fetch(kTallyCounts, counts_);
    return static_cast<size_t>(std::count_if(counts_.begin(), counts_.end(), [](uint32_t count) { return count > 0; })) / kThreads;
  }
  bool wantsColoured() { return memory().offersColoured(kTallyScratch); }

 private:
  static constexpr uint32_t kThreads = 64, kGivenWords = 1024;

  // What lies in a storage, and after how many kernels it came there.
  struct Written {
    uint64_t bytes;
    uint32_t depth;
  };

  static ExecutableKernel kernel(const TallyStep& step, uint64_t fromBytes, uint64_t firstCount, uint32_t spinCycles) {
    const TallyArguments arguments{.counts = {}, .spinCycles = spinCycles};
    const uint64_t toBytes = uint64_t{step.blocks} * kThreads * sizeof(uint32_t);
    ExecutableKernel made{.function = "tally",
                          .blocks = step.blocks,
                          .threads = kThreads,
                          .sharedBytes = 0,
                          .arguments = std::vector<std::byte>(sizeof arguments),
                          .views = {{offsetof(TallyArguments, counts), kTallyCounts, firstCount, toBytes, ViewAccess::write},
                                    {offsetof(TallyArguments, from), step.from, 0, fromBytes, ViewAccess::read},
                                    {offsetof(TallyArguments, to), step.to, 0, toBytes, ViewAccess::write}}};
    std::memcpy(made.arguments.data(), &arguments, sizeof arguments);
    return made;
  }

  TenantMemory& memory() { return network_->memory(); }

  void fetch(uint32_t storage, std::vector<uint32_t>& words) {
    driver_.cuMemcpyDtoH(static_cast<void*>(words.data()), memory().linear(storage), words.size() * sizeof(uint32_t));
  }

  const Driver& driver_;
  std::unique_ptr<Network> network_;
  std::vector<uint32_t> counts_, result_;
  uint32_t depth_ = 0, given_ = 0;
};

}  // namespace missile::cuda
