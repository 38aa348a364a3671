#include "profiler.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace missile::cuda {

namespace {

// A chain is about so long: the resolution of events is 0.5 us, which is 1 % of it then.
constexpr double kChainNs = 50'000;
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
// A kernel needs the fewest TPCs within 5 % of its fastest time.
constexpr double kTolerance = 1.05;

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
      state_(context, sizeof(LaunchState) + sizeof(KernelProgress)),
      report_(context, sizeof(LaunchReport)) {
  for (CUevent* event : {&from_, &to_}) context_.driver().cuEventCreate(event, CU_EVENT_DEFAULT);
}

Profiler::~Profiler() {
  for (CUevent event : {from_, to_}) quietly([&] { context_.driver().cuEventDestroy(event); });
}

double Profiler::chainNs(const Network::Kernel& kernel, int tenant, CUstream stream, Chain chain) {
  const Driver& driver = context_.driver();
  KernelLaunch launch{.state = reinterpret_cast<LaunchState*>(state_.address()),
                      .report = reinterpret_cast<LaunchReport*>(report_.device()),
                      .sms = sms_,
                      .tenant = static_cast<uint32_t>(tenant),
                      .kernel = 0,
                      .firstBlock = 0,
                      .blocks = chain.blocks,
                      .blocksBefore = 0};
  void* parameters[] = {&launch, const_cast<std::byte*>(kernel.arguments.data())};
  driver.cuMemsetD8Async(state_.address(), static_cast<unsigned char>(0), state_.sizeBytes(), stream);
  driver.cuEventRecord(from_, stream);
  for (unsigned i = 0; i < chain.length; i++) {
    driver.cuLaunchKernel(kernel.functions[false][false], chain.blocks, 1u, 1u, kernel.threads, 1u, 1u, kernel.sharedBytes,
                          stream, static_cast<void**>(parameters), static_cast<void**>(nullptr));
  }
  driver.cuEventRecord(to_, stream);
  driver.cuStreamSynchronize(stream);
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
  double least = chainNs(kernel, tenant, stream.stream, {1, static_cast<uint32_t>(few)});
  const auto length = static_cast<unsigned>(std::clamp(kChainNs / std::max(least, 1.0), 1.0, double{kLongestChain}));
  const Chain chain{length, blocksFor(kernel, tpcs, least)};
  const int repetitions = least > kChainNs ? kRepetitionsOfLong : kRepetitions;
  // What few blocks took, in proportion, is no time of the kernel's.
  if (few < chain.blocks) least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < repetitions; i++) least = std::min(least, chainNs(kernel, tenant, stream.stream, chain));
  partition.giveBack(stream);
  return std::max(1.0, std::round(least));
}

// Time does not rise with the number of TPCs, so the fewest that do are found by halving.
unsigned Profiler::tpcsNeeded(const Network::Kernel& kernel, int tenant, double fastestNs) {
  const std::vector<unsigned> counts = triedCounts(map_.size());
  const auto needed = std::partition_point(counts.begin(), counts.end() - 1, [&](unsigned tpcs) {
    return aloneNs(kernel, tenant, tpcs) > kTolerance * fastestNs;
  });
  return *needed;
}

std::vector<KernelProfile> Profiler::profile(const Network& network, int tenant, const std::vector<missile::Kernel>& kernels) {
  std::vector<KernelProfile> profiles;
  for (size_t i = 0; i < network.size(); i++) {
    const missile::Kernel& demand = kernels[i];
    const double alone = aloneNs(network.kernel(i), tenant, map_.size());
    const unsigned needed =
        partitions_.partitionable() ? tpcsNeeded(network.kernel(i), tenant, alone) : map_.size();
    const double computeNs = demand.flops / (spec_.flopsPerSmNs * spec_.compute.achievedShare * context_.sms());
    const double vramNs = demand.footprintBytes / spec_.memory.achievedGBs;
    const double requested = demand.weightBytes + demand.readBytes + demand.writtenBytes;
    const double l2Ns = std::max(0.0, requested - demand.footprintBytes) / spec_.memory.l2GBs;
    profiles.push_back({.aloneNs = alone,
                        .tpcsNeeded = static_cast<double>(needed),
                        .memoryBound = vramNs + l2Ns > computeNs ? 1.0 : 0.0,
                        .computeShare = std::min(1.0, computeNs / alone),
                        .memoryShare = std::min(1.0, vramNs / alone)});
  }
  return profiles;
}

}  // namespace missile::cuda
