#include "profiler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

#include "arrivals.h"
#include "kernel_profile.h"

namespace missile::cuda {

namespace {

// A chain is about so long, and in a graph no less than half of it: the resolution of events is 0.5 us, which is 1 % then.
constexpr double kChainNs = 100'000;
constexpr unsigned kLongestChain = 16;
// The least of so many chains counts. With 3, one of 60 equal kernels of 7 us seemed to need 66 TPCs instead of 10 (on an H200); kernels
// that take longer than a chain are told apart with 2.
constexpr int kRepetitions = 8;
constexpr int kRepetitionsOfLong = 2;
// A run lasts about so long at most: of a kernel that takes longer only so many of its blocks are run, and the time is that of all in
// proportion. It is many rounds of blocks, so the last one, which leaves SMs empty, hardly counts.
constexpr double kLongestNs = 1e6;
// Too few rounds would say more about how blocks begin and end than about what they do.
constexpr double kFewestRounds = 4;
// A time so much longer than with fewer TPCs is measured anew, so often at most.
constexpr double kDoubtful = 1.02;
constexpr int kDoubts = 2;

// Numbers of TPCs that are tried, rising by an eighth at most, the last one being all.
std::vector<unsigned> triedCounts(unsigned all) {
  std::vector<unsigned> counts;
  for (unsigned count = 1; count < all; count += std::max(1u, count / 8)) counts.push_back(count);
  counts.push_back(all);
  return counts;
}

}  // namespace

Profiler::Profiler(const Context& context, const GpuSpec& spec, const TpcMap& map, PartitionPool& partitions, SmTable sms)
    : context_(context),
      spec_(spec),
      map_(map),
      partitions_(partitions),
      sms_(sms),
      graphs_(context),
      state_(context, sizeof(LaunchState) + sizeof(KernelProgress)),
      report_(context, sizeof(LaunchReport)) {
  for (CUevent* event : {&from_, &to_}) context_.driver().cuEventCreate(event, CU_EVENT_DEFAULT);
}

Profiler::~Profiler() {
  for (CUevent event : {from_, to_}) quietly([&] { context_.driver().cuEventDestroy(event); });
}

KernelCall Profiler::callOf(const Network::Kernel& kernel, int tenant, uint32_t blocks) const {
  return {.function = kernel.functions[false][false],
          .grid = blocks,
          .threads = kernel.threads,
          .sharedBytes = kernel.sharedBytes,
          .launch = {.state = reinterpret_cast<LaunchState*>(state_.address()),
                     .report = reinterpret_cast<LaunchReport*>(report_.device()),
                     .sms = sms_,
                     .tenant = static_cast<uint32_t>(tenant),
                     .kernel = 0,
                     .firstBlock = 0,
                     .blocks = blocks,
                     .blocksBefore = 0,
                     .attempt = kTrialAttempt},
          .arguments = &kernel.arguments};
}

double Profiler::chainNs(const Network::Kernel& kernel, int tenant, PartitionStream& stream, Chain chain) {
  const Driver& driver = context_.driver();
  const std::vector<KernelCall> calls(chain.length, callOf(kernel, tenant, chain.blocks));
  KernelGraph* const graph = chain.length > 1 ? graphs_.take(calls, stream) : nullptr;
  driver.cuMemsetD8Async(state_.address(), static_cast<unsigned char>(0), state_.sizeBytes(), stream.stream);
  driver.cuEventRecord(from_, stream.stream);
  if (graph != nullptr) {
    driver.cuGraphLaunch(graph->executable, stream.stream);
  } else {
    for (KernelCall call : calls) call.put(driver, stream.stream);
  }
  driver.cuEventRecord(to_, stream.stream);
  driver.cuStreamSynchronize(stream.stream);
  if (graph != nullptr) graphs_.giveBack(*graph);
  float milliseconds = 0;
  driver.cuEventElapsedTime(&milliseconds, from_, to_);
  return static_cast<double>(milliseconds) * 1e6 / chain.length * kernel.blocks / chain.blocks;
}

// Blocks of a run that is to last no longer than kLongestNs, where all of them take wholeNs.
uint32_t Profiler::blocksFor(const Network::Kernel& kernel, unsigned tpcs, double wholeNs) const {
  if (wholeNs <= kLongestNs) return kernel.blocks;
  const double wanted = std::max(kernel.blocks * kLongestNs / wholeNs, roundBlocks(kernel, tpcs) * kFewestRounds);
  return static_cast<uint32_t>(std::min<double>(kernel.blocks, wanted));
}

double Profiler::roundBlocks(const Network::Kernel& kernel, unsigned tpcs) const {
  return static_cast<double>(kernel.residentsPerSm) * spec_.smsPerTpc * tpcs;
}

double Profiler::aloneNs(const Network::Kernel& kernel, int tenant, unsigned tpcs) {
  Partition& partition = partitions_.exact(TpcSet::firstOf(static_cast<int>(tpcs)));
  PartitionStream& stream = partition.take(false);
  // The first run also brings code and data to where they stay.
  const double few = std::min<double>(kernel.blocks, roundBlocks(kernel, tpcs) * kFewestRounds);
  double least = chainNs(kernel, tenant, stream, {1, static_cast<uint32_t>(few)});
  const auto length = static_cast<unsigned>(std::clamp(kChainNs / std::max(least, 1.0), 1.0, double{kLongestChain}));
  const Chain chain{length, blocksFor(kernel, tpcs, least)};
  const int repetitions = least > kChainNs ? kRepetitionsOfLong : kRepetitions;
  // What few blocks took, in proportion, is no time of the kernel's.
  if (few < chain.blocks) least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < repetitions; i++) least = std::min(least, chainNs(kernel, tenant, stream, chain));
  partition.giveBack(stream);
  return std::max(1.0, std::round(least));
}

// Time does not rise with the number of TPCs, so the fewest that do are found by halving.
KernelCurve Profiler::briefly(const Network::Kernel& kernel, int tenant) {
  KernelCurve curve{};
  const auto measured = [&](unsigned tpcs) { return curve.ns[tpcs - 1] = aloneNs(kernel, tenant, tpcs); };
  const double fastest = measured(map_.size());
  if (!partitions_.partitionable()) return curve;
  const std::vector<unsigned> counts = triedCounts(map_.size());
  std::ignore = std::partition_point(counts.begin(), counts.end() - 1,
                                     [&](unsigned tpcs) { return measured(tpcs) > kTolerance * fastest; });
  return curve;
}

// More TPCs take no longer, so what says otherwise is measured anew.
KernelCurve Profiler::thoroughly(const Network::Kernel& kernel, int tenant) {
  KernelCurve curve{};
  double least = std::numeric_limits<double>::infinity();
  const auto measure = [&](unsigned tpcs) {
    double& ns = curve.ns[tpcs - 1];
    ns = aloneNs(kernel, tenant, tpcs);
    for (int again = 0; ns > kDoubtful * least && again < kDoubts; again++) ns = std::min(ns, aloneNs(kernel, tenant, tpcs));
    least = std::min(least, ns);
  };
  if (partitions_.partitionable()) {
    for (const unsigned tpcs : triedCounts(map_.size())) measure(tpcs);
  } else {
    measure(map_.size());
  }
  return curve;
}

}  // namespace missile::cuda
