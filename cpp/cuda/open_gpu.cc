#include "open_gpu.h"

#include <algorithm>

#include "profiler.h"

namespace missile::cuda {

namespace {

// Of the grid on which policies round sets of TPCs.
constexpr int kGridLines = 32;

}  // namespace

OpenGpu::OpenGpu(const GpuOptions& options, TpcTimes& tpcTimes)
    : options_(options),
      context_(options.ordinal),
      map_(context_, static_cast<unsigned>(options.spec.smsPerTpc)),
      partitions_(context_, map_, options.partitionBytes),
      meter_(context_, map_, tpcTimes),
      colours_(options.poolBytes > 0 ? std::make_unique<ColourPool>(context_, options.poolBytes) : nullptr),
      copies_{CopyThread(context_, Direction::h2d, options.stagingBytes), CopyThread(context_, Direction::d2h, options.stagingBytes)},
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
  release(tenant);
  auto memory = std::make_unique<TenantMemory>(context_, executable.storages, colours_.get());
  auto copies = std::make_unique<TenantCopies>(executable, *memory, std::move(host));
  residents_[tenant] = {std::make_unique<Network>(context_, executable, std::move(memory)), std::move(copies)};
  loaded_.push_back(tenant);
}

const OpenGpu::Resident& OpenGpu::resident(int tenant) const {
  if (residents_.at(tenant).network == nullptr) throw std::logic_error("tenant " + std::to_string(tenant) + " has no network loaded");
  return residents_[tenant];
}

std::vector<KernelCurve> OpenGpu::measure(int tenant) {
  const Network& network = *residents_[tenant].network;
  residents_[tenant].copies->bringAll(context_.driver());
  Profiler profiler(context_, options_.spec, map_, partitions_, meter_.table());
  std::vector<KernelCurve> curves;
  for (size_t i = 0; i < network.size(); i++) curves.push_back(profiler.briefly(network.kernel(i), tenant));
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

void OpenGpu::release(int tenant) {
  Resident& resident = residents_[tenant];
  if (resident.network == nullptr) return;
  survey_.abandon();
  leaving_.push_back({tenant, std::move(resident)});
  std::erase(loaded_, tenant);
  freeUnused();
}

void OpenGpu::launch(const LaunchOrder& order, TpcSet tpcs) {
  meter_.expect();
  launcher_.launch(order, tpcs);
}

void OpenGpu::copy(const CopyOrder& order) {
  copies_[static_cast<size_t>(order.direction())].submit({order, residents_[order.tenant].copies.get()});
}

// A kernel that faults reports nothing more; the meter's fetches, which go on while launches are in flight, are refused then.
bool OpenGpu::turn(EventSink& events, int64_t nowNs) {
  bool happened = launcher_.turn(events);
  happened |= tellArrivals(events);
  happened |= tendMemory();
  freeUnused();
  meter_.turn(nowNs, launcher_.busy());
  return happened;
}

bool OpenGpu::tellArrivals(EventSink& events) {
  bool any = false;
  for (CopyThread& copies : copies_) {
    for (const CopyChunk* chunk = copies.front(); chunk != nullptr && !events.full(); chunk = copies.front()) {
      const CopyOrder& order = chunk->order;
      chunk->copies->arrived(order.purpose, order.slot, static_cast<uint64_t>(order.firstByte), static_cast<uint64_t>(order.sizeBytes));
      events.copyRetired(order.id, order.sizeBytes);
      copies.pop();
      any = true;
    }
  }
  return any;
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

void OpenGpu::freeUnused() {
  if (std::erase_if(leaving_, [&](const Leaving& leaving) { return !uses(leaving.tenant); }) > 0) partitions_.memoryFreed();
}

bool OpenGpu::busy() const {
  return launcher_.busy() || std::ranges::any_of(copies_, &CopyThread::busy) || meter_.isFetching() ||
         std::ranges::any_of(loaded_, [&](int tenant) { return residents_[tenant].network->memory().busy(); });
}

}  // namespace missile::cuda
