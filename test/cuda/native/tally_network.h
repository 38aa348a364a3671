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

// Kernel 0 reads a number that the host gives, each of the others reads one that a kernel before it has written, and adds 1. Numbers
// that are given rise, so that whoever reads what is left of an earlier inference makes the result too small.
class TallyNetwork {
 public:
  TallyNetwork(Context& context, ColourPool* pool, Dice& dice, uint32_t mostBlocks, uint32_t spinCycles) : driver_(context.driver()) {
    const uint32_t kernels = 1 + dice.below(kMostKernels);
    uint64_t countsBytes = 0, scratchBytes = kColourBlockBytes;
    Executable made{.storages = {}, .kernels = {}, .parameterStorage = kGiven, .inputStorage = kGiven, .outputStorage = kResult};
    Written last{kGiven, kGivenWords * sizeof(uint32_t), 0};
    std::map<uint32_t, Written> written;  // by storage
    for (uint32_t i = 0; i < kernels; i++) {
      // Sometimes from further back; sometimes in place.
      const bool reachesBack = !written.empty() && dice.oneIn(5);
      const Written from = reachesBack ? std::next(written.begin(), dice.below(static_cast<uint32_t>(written.size())))->second : last;
      const bool isInPlace = i > 0 && i + 1 < kernels && dice.oneIn(4);
      const uint32_t other = kScratch + dice.below(kScratches - 1);
      const uint32_t to = i + 1 == kernels ? kResult : isInPlace || other != from.storage ? other : kScratch + kScratches - 1;
      const uint32_t blocks = 1 + dice.below(dice.oneIn(3) ? 4 : mostBlocks);
      last = {isInPlace ? from.storage : to, isInPlace ? from.bytes : uint64_t{blocks} * kThreads * sizeof(uint32_t), from.depth + 1};
      written[last.storage] = last;
      made.kernels.push_back(kernel(from, last, countsBytes, spinCycles));
      countsBytes += last.bytes;
      scratchBytes = std::max(scratchBytes, last.bytes);
    }
    depth_ = last.depth;
    counts_.resize(countsBytes / sizeof(uint32_t));
    result_.resize(last.bytes / sizeof(uint32_t));
    made.storages = {{countsBytes, false}, {kGivenWords * sizeof(uint32_t), true}, {last.bytes, false}};
    for (uint32_t i = 0; i < kScratches; i++) made.storages.push_back({scratchBytes, true});
    network_ = std::make_unique<Network>(context, made, std::make_unique<TenantMemory>(context, made.storages, pool));
    for (uint32_t i = 0; i < kernels; i++) network_->setAloneNs(i, dice.below(60'000));
  }

  Network& network() { return *network_; }

  // Before each inference.
  void give() {
    given_ += kMostKernels + 1;
    const std::vector<uint32_t> words(kGivenWords, given_);
    const uint64_t sizeBytes = words.size() * sizeof(uint32_t);
    driver_.cuMemcpyHtoD(memory().linear(kGiven), static_cast<const void*>(words.data()), sizeBytes);
    driver_.cuStreamSynchronize(static_cast<CUstream>(nullptr));
    memory().wrote(kGiven, 0, sizeBytes);
  }

  // Whether each block was done so often, and all that the last inference handed on has arrived.
  bool hasCounted(uint32_t times) {
    fetch(kCounts, counts_);
    return std::all_of(counts_.begin(), counts_.end(), [&](uint32_t count) { return count == times; });
  }
  bool hasHandedOn() {
    fetch(kResult, result_);
    return std::all_of(result_.begin(), result_.end(), [&](uint32_t word) { return word == given_ + depth_; });
  }

  bool hasRunInBothModes() const {
    size_t coloured = 0;
    for (size_t i = 0; i < network_->size(); i++) coloured += network_->kernel(i).coloured ? 1 : 0;
    return coloured > 0 && coloured < network_->size();
  }
  bool wantsColoured() { return memory().offersColoured(kScratch); }

 private:
  enum : uint32_t { kCounts, kGiven, kResult, kScratch };
  static constexpr uint32_t kScratches = 3, kThreads = 64, kMostKernels = 24, kGivenWords = 1024;

  // What lies in a storage, and after how many kernels it came there.
  struct Written {
    uint32_t storage;
    uint64_t bytes;
    uint32_t depth;
  };

  static ExecutableKernel kernel(const Written& from, const Written& to, uint64_t firstCount, uint32_t spinCycles) {
    const TallyArguments arguments{.counts = {}, .spinCycles = spinCycles};
    ExecutableKernel made{.function = "tally",
                          .blocks = static_cast<uint32_t>(to.bytes / sizeof(uint32_t) / kThreads),
                          .threads = kThreads,
                          .sharedBytes = 0,
                          .arguments = std::vector<std::byte>(sizeof arguments),
                          .views = {{offsetof(TallyArguments, counts), kCounts, firstCount, to.bytes, true},
                                    {offsetof(TallyArguments, from), from.storage, 0, from.bytes, false},
                                    {offsetof(TallyArguments, to), to.storage, 0, to.bytes, true}}};
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
