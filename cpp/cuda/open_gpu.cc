#include "open_gpu.h"

#include <algorithm>

#include "profiler.h"

namespace missile::cuda {

namespace {

// Of the grid on which policies round sets of TPCs.
constexpr int kGridLines = 32;

}  // namespace

OpenGpu::OpenGpu(const GpuOptions& options, ExecutorExchange& exchange)
    : options_(options),
      context_(options.ordinal),
      map_(context_, static_cast<unsigned>(options.spec.smsPerTpc)),
      partitions_(context_, map_, options.partitionBytes),
      meter_(context_, map_, exchange.tpcTimes),
      colours_(options.poolBytes > 0 ? std::make_unique<ColourPool>(context_, options.poolBytes) : nullptr),
      copies_{CopyThread(context_, Direction::h2d, options.stagingBytes, exchange),
              CopyThread(context_, Direction::d2h, options.stagingBytes, exchange)},
      launcher_(context_, map_, partitions_, meter_.table(), [this](int tenant) -> Network& { return *residents_[tenant].network; }) {
  if (static_cast<int>(map_.size()) != options.spec.tpcs()) {
    throw std::runtime_error("the GPU has " + std::to_string(map_.size()) + " TPCs, its description " +
                             std::to_string(options.spec.tpcs()));
  }
  prepareUsualSets();
}

// Those that begin or end where the GPU does: LS has the first TPCs and BE the last (src/core/policies/sm-elastic.ts), on a grid
// (grid.ts). Later no copy would begin for some ms while one is made. What the driver refuses now is asked for again when it is needed.
void OpenGpu::prepareUsualSets() {
  const int all = static_cast<int>(map_.size()), step = std::max(1, all / kGridLines);
  try {
    for (int edge = step; edge < all; edge += step) {
      partitions_.exact(TpcSet::firstOf(edge));
      partitions_.exact(map_.all() - TpcSet::firstOf(edge));
    }
  } catch (const std::runtime_error&) {
    partitions_.memoryFreed();
  }
}

// What is in flight uses memory that is about to go back.
OpenGpu::~OpenGpu() {
  quietly([&] { context_.driver().cuCtxSynchronize(); });
}

void OpenGpu::load(int tenant, const Executable& executable, HostContents host) {
  release(tenant, {copies_[0].ordered(), copies_[1].ordered()});
  auto memory = std::make_unique<TenantMemory>(context_, executable.storages, colours_.get());
  auto copies = std::make_unique<TenantCopies>(executable, *memory, std::move(host));
  residents_[tenant] = {std::make_unique<Network>(context_, executable, std::move(memory)), std::move(copies)};
  for (CopyThread& thread : copies_) thread.serve(tenant, residents_[tenant].copies.get());
  loaded_.push_back(tenant);
}

const OpenGpu::Resident& OpenGpu::resident(int tenant) const {
  if (residents_.at(tenant).network == nullptr) throw std::logic_error("tenant " + std::to_string(tenant) + " has no network loaded");
  return residents_[tenant];
}

std::vector<KernelCurve> OpenGpu::measure(int tenant, const std::vector<Kernel>& work) {
  const Network& network = *residents_[tenant].network;
  residents_[tenant].copies->bringAll(context_.driver());
  Profiler profiler(context_, options_.spec, map_, partitions_, meter_.table());
  const auto areEqual = [&](size_t one, size_t other) {
    return network.kernel(one).launchesAs(network.kernel(other)) && work[one] == work[other];
  };
  std::vector<KernelCurve> curves;
  for (size_t i = 0; i < network.size(); i++) {
    size_t first = 0;
    while (!areEqual(first, i)) first++;
    curves.push_back(first < i ? curves[first] : profiler.briefly(network.kernel(i), tenant));
  }
  return curves;
}

KernelCurve OpenGpu::curveOf(int tenant, int kernel) {
  Profiler profiler(context_, options_.spec, map_, partitions_, meter_.table());
  return profiler.thoroughly(residents_[tenant].network->kernel(static_cast<size_t>(kernel)), tenant);
}

void OpenGpu::expect(int tenant, const std::vector<KernelCurve>& curves) {
  Network& network = *residents_[tenant].network;
  // Mean over the time of an inference: kernels with few thread blocks leave SMs partly empty.
  double ns = 0, blockNs = 0;
  for (size_t i = 0; i < curves.size(); i++) {
    const Network::Kernel& kernel = network.kernel(i);
    const double perSm = static_cast<double>(kernel.blocks) / context_.sms();
    const double aloneNs = curves[i].onAll(options_.spec.tpcs());
    network.setAloneNs(i, aloneNs);
    ns += aloneNs;
    blockNs += aloneNs * std::clamp(perSm, 1.0, static_cast<double>(kernel.residentsPerSm));
  }
  meter_.setBlocksPerSm(tenant, blockNs / ns);
}

void OpenGpu::place(int tenant, ChannelSet channels) {
  residents_[tenant].network->memory().place(channels, static_cast<unsigned>(options_.spec.channels));
}

void OpenGpu::misdirect(int tenant) {
  resident(tenant).network->misdirect();
}

std::unique_ptr<ContentionProbe> OpenGpu::contentionProbe() {
  if (colours_ == nullptr) throw std::runtime_error("the GPU was opened without a pool to colour");
  return std::make_unique<ContentionProbe>(context_, colours_->address(), colours_->sizeBytes());
}

void OpenGpu::release(int tenant, const std::array<uint64_t, kDirections>& copiesBefore) {
  Resident& resident = residents_[tenant];
  if (resident.network == nullptr) return;
  survey_.abandon();
  leaving_.push_back({tenant, std::move(resident), copiesBefore});
  std::erase(loaded_, tenant);
  freeUnused();
}

void OpenGpu::launch(const LaunchOrder& order, TpcSet tpcs) {
  meter_.expect();
  settleCopies();
  launcher_.launch(order, tpcs);
}

// A kernel that faults reports nothing more; the meter's fetches, which go on while launches are in flight, are refused then.
bool OpenGpu::turn(EventSink& events, int64_t nowNs) {
  bool happened = launcher_.turn(events);
  happened |= settleCopies();
  happened |= tendMemory();
  freeUnused();
  meter_.turn(nowNs, launcher_.busy());
  return happened;
}

bool OpenGpu::settleCopies() {
  bool any = false;
  for (CopyThread& copies : copies_) any |= copies.settle();
  return any;
}

int OpenGpu::failedCopyTenant() const {
  return std::max(copies_[0].failedTenant(), copies_[1].failedTenant());
}

bool OpenGpu::tendMemory() {
  bool happened = false;
  for (const int tenant : loaded_) happened |= launcher_.tendMemory(tenant);
  return happened;
}

OpenGpu::MemoryProblem OpenGpu::memoryProblem() const {
  for (const int tenant : loaded_) {
    const std::string& what = residents_[tenant].network->memory().problem();
    if (!what.empty()) return {tenant, what};
  }
  return {};
}

bool OpenGpu::survey(BlockMap& map) {
  const bool isTenant = map.tenant >= 0 && map.tenant < kMaxTenants;
  const Network* const network = isTenant ? residents_[map.tenant].network.get() : nullptr;
  return survey_.turn(network == nullptr ? nullptr : &network->memory(), map);
}

bool OpenGpu::isInUse(const Leaving& leaving) const {
  if (launcher_.uses(leaving.tenant)) return true;
  for (size_t i = 0; i < kDirections; i++) {
    if (copies_[i].told() < leaving.copiesBefore[i]) return true;
  }
  return false;
}

// What a copy thread has told, it may have left to be settled.
void OpenGpu::freeUnused() {
  const auto unused = std::ranges::partition(leaving_, [&](const Leaving& leaving) { return isInUse(leaving); });
  if (unused.empty()) return;
  settleCopies();
  leaving_.erase(unused.begin(), unused.end());
  partitions_.memoryFreed();
}

bool OpenGpu::busy() const {
  return launcher_.busy() || std::ranges::any_of(copies_, &CopyThread::busy) || meter_.isFetching() ||
         std::ranges::any_of(loaded_, [&](int tenant) { return residents_[tenant].network->memory().busy(); });
}

}  // namespace missile::cuda
