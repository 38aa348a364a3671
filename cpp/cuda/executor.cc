#include "executor.h"

#include <algorithm>
#include <new>
#include <stdexcept>
#include <thread>

#include "kernel_profile.h"

namespace missile::cuda {

namespace {

// Polls are awake for so long before their end: a sleep ends 70 us late, and one in a hundred 180 (measured on a virtual machine with an H200).
constexpr int64_t kSpinBeforeEndNs = 250'000;
// How long somebody who rings the caller's bell may wait for a sleeping poll.
constexpr int64_t kLongestSleepNs = 2'000'000;
// Between looks at whether the host lives, each a system call.
constexpr int64_t kLooksAtHostNs = 1'000'000;

// To be sent to the host.
const File* fileOf(const RequestContents* requests) { return requests == nullptr ? nullptr : &requests->memory().file(); }

}  // namespace

Executor::Executor(const GpuOptions& options, int32_t* doorbell)
    : options_(options),
      callerBell_(*doorbell),
      memory_(sizeof(ExecutorExchange)),
      exchange_(*new (memory_.address()) ExecutorExchange()),
      networks_(kMaxTenants),
      ledger_(options.spec.channels) {
  openGpu();
}

void Executor::openGpu() {
  host_ = std::make_shared<GpuHost>(&memory_);
  host_->ask(OpenGpuRequest{options_});
}

template <typename Request>
typename Request::Reply Executor::ask(Request request, const File* file) {
  if (failed_) throw std::runtime_error("the GPU has failed");
  return host_->ask(std::move(request), file);
}

Executor::LoadedNetwork& Executor::loaded(int tenant) {
  if (tenant < 0 || tenant >= kMaxTenants) throw std::logic_error("no such tenant: " + std::to_string(tenant));
  LoadedNetwork& network = networks_[tenant];
  if (network.kernels.empty()) throw std::logic_error("tenant " + std::to_string(tenant) + " has no network loaded");
  return network;
}

std::vector<KernelProfile> Executor::load(int tenant, const std::vector<Kernel>& kernels, const NetworkSizes& sizes,
                                          std::vector<KernelCurve>& curves, const std::vector<std::byte>& program) {
  if (tenant < 0 || tenant >= kMaxTenants) throw std::logic_error("no such tenant: " + std::to_string(tenant));
  if (kernels.empty()) throw std::runtime_error("the network has no kernels");
  networks_[tenant] = {};
  std::unique_ptr<RequestContents> requests;
  if (!program.empty()) {
    requests = std::make_unique<RequestContents>(static_cast<uint64_t>(sizes.inputBytes), static_cast<uint64_t>(sizes.outputBytes));
  }
  curves = ask(LoadRequest{tenant, kernels, sizes, std::move(curves), program}, fileOf(requests.get()));
  ledger_.load(tenant, kernels);
  networks_[tenant] = {kernels, sizes, program, curves, std::move(requests), options_.spec.allChannels()};
  std::vector<KernelProfile> profiles;
  for (size_t i = 0; i < kernels.size(); i++) profiles.push_back(profileOf(kernels[i], curves[i], options_.spec));
  return profiles;
}

KernelCurve Executor::curveOf(int tenant, int kernel) {
  if (kernel < 0 || kernel >= std::ssize(loaded(tenant).kernels)) throw std::logic_error("the network has no such kernel");
  return ask(CurveRequest{tenant, kernel});
}

const RequestContents& Executor::requestsOf(int tenant) {
  const LoadedNetwork& network = loaded(tenant);
  if (network.requests == nullptr) throw std::runtime_error("the network has no contents");
  return *network.requests;
}

void Executor::setInput(int tenant, std::span<const std::byte> bytes) {
  const std::span<std::byte> input = requestsOf(tenant).input();
  if (bytes.size() != input.size()) {
    throw std::runtime_error("the network's input has " + std::to_string(input.size()) + " bytes, not " + std::to_string(bytes.size()));
  }
  std::ranges::copy(bytes, input.begin());
}

std::span<const std::byte> Executor::output(int tenant, int slot) { return requestsOf(tenant).output(slot); }

void Executor::give(Order order) {
  push(exchange_.traffic.orders, order);
  exchange_.traffic.orderBell.ring();
}

template <typename Ring, typename Item>
void Executor::push(Ring& ring, Item& order) {
  order.answersNs = deliveredNs_;
  deliveredNs_ = 0;
  while (!failed_ && !death_ && !ring.push(order)) {
    std::this_thread::yield();
    watchHost(exchange_.clockNs());
  }
}

void Executor::launch(const LaunchOrder& order, TpcSet tpcs) {
  const LoadedNetwork& network = loaded(order.tenant);
  const auto kernels = static_cast<int>(network.kernels.size());
  const bool inside = order.firstKernel >= 0 && order.kernelCount >= 1 && order.firstKernel < kernels &&
                      order.kernelCount <= kernels - order.firstKernel;
  if (!inside) throw std::logic_error("a launch asks for kernels that its network does not have");
  if (tpcs.empty() || !options_.spec.allTpcs().contains(tpcs)) {
    throw std::logic_error("a launch asks for no TPCs, or for some that the GPU does not have");
  }
  ledger_.launched(order);
  launches_++;
  give({.kind = CommandKind::launch, .launch = order, .set = tpcs});
}

void Executor::extend(int64_t launch, TpcSet tpcs) {
  give({.kind = CommandKind::extend, .launch = {.id = launch}, .set = tpcs & options_.spec.allTpcs()});
}

void Executor::evict(int64_t launch, TpcSet tpcs) {
  evictions_++;
  give({.kind = CommandKind::evict, .launch = {.id = launch}, .set = tpcs});
}

void Executor::copy(const CopyOrder& order) {
  loaded(order.tenant);
  copiesInFlight_++;
  ExecutorExchange::Traffic::Copies& copies = exchange_.traffic.copies[static_cast<size_t>(order.direction())];
  CopyThreadOrder given{.copy = order};
  push(copies.orders, given);
  copies.orderBell.ring();
  // Kernels will want what is copied.
  exchange_.traffic.orderBell.ring();
}

void Executor::place(int tenant, ChannelSet channels) {
  if (channels.empty() || !options_.spec.allChannels().contains(channels)) {
    throw std::logic_error("a tenant was placed in no channels, or in some that the GPU does not have");
  }
  loaded(tenant).channels = channels;
  ledger_.place(tenant, channels);
  give({.kind = CommandKind::place, .launch = {.tenant = tenant}, .set = channels});
}

void Executor::release(int tenant) {
  loaded(tenant) = {};
  ledger_.release(tenant);
  const auto& copies = exchange_.traffic.copies;
  give({.kind = CommandKind::release,
        .launch = {.tenant = tenant},
        .copiesBefore = {copies[0].orders.pushed(), copies[1].orders.pushed()}});
}

void Executor::poll(int64_t untilNs, EventSink& events) {
  if (startNs_ == kNotStarted) startNs_ = exchange_.clockNs();
  deliveredNs_ = 0;
  const int64_t until = startNs_ + untilNs;
  const bool reachedEnd = !awaitEvent(until);
  const Seen* seen = front();
  if (seen == nullptr || seen->atNs > until) {
    nowNs_ = std::max(nowNs_, reachedEnd || seen != nullptr ? untilNs : std::min(presentNs(), untilNs));
    return;
  }
  deliveredNs_ = seen->atNs;
  for (; seen != nullptr && seen->atNs <= until && !events.full(); seen = front()) {
    nowNs_ = std::max(nowNs_, seen->atNs - startNs_);
    deliver(*seen, events);
    pop(*seen);
  }
}

// Spins while something may happen soon and just before the end, sleeps otherwise.
bool Executor::awaitEvent(int64_t until) {
  if (ledger_.anyInFlight() || copiesInFlight_ > 0) lastMovedNs_ = exchange_.clockNs();
  for (unsigned look = 0; front() == nullptr; look++) {
    if (callerBell_.load(std::memory_order_acquire) != 0) return true;
    const int64_t nowNs = exchange_.clockNs();
    watchHost(nowNs);
    if (nowNs >= until) return false;
    if (nowNs - lastMovedNs_ < kLingerNs || until - nowNs <= kSpinBeforeEndNs) {
      lookAgain(look);
    } else {
      // Neither the caller's bell nor the end of the host wakes anybody, so they are looked at now and then.
      const int64_t wakeNs = std::min(until - kSpinBeforeEndNs, nowNs + kLongestSleepNs);
      exchange_.traffic.eventBell.sleepUntil(exchange_.timeOf(wakeNs), [&] { return front() != nullptr; });
    }
  }
  return true;
}

const Executor::Seen* Executor::front() const {
  if (failed_) return nullptr;
  const Seen* oldest = exchange_.traffic.seen.front();
  for (const auto& copies : exchange_.traffic.copies) {
    const Seen* seen = copies.seen.front();
    if (oldest == nullptr || (seen != nullptr && seen->atNs < oldest->atNs)) oldest = seen;
  }
  if (oldest != nullptr || !death_) return oldest;
  return &*death_;
}

void Executor::pop(const Seen& seen) {
  if (isDeath(seen)) return;
  if (&seen == exchange_.traffic.seen.front()) return exchange_.traffic.seen.pop();
  for (auto& copies : exchange_.traffic.copies) {
    if (&seen == copies.seen.front()) return copies.seen.pop();
  }
}

void Executor::watchHost(int64_t clockNs) {
  if (failed_ || death_ || clockNs - watchedNs_ < kLooksAtHostNs) return;
  watchedNs_ = clockNs;
  if (!host_->death().empty()) death_ = Seen{.kind = EventKind::deviceFailed, .id = -1, .atNs = clockNs};
}

void Executor::deliver(const Seen& seen, EventSink& events) {
  switch (seen.kind) {
    case EventKind::tpcsYielded: return events.tpcsYielded(seen.id, seen.tpcs);
    case EventKind::launchRetired:
      ledger_.retired(seen.id, seen.kernelsDone, seen.blocksLeft);
      return events.launchRetired(seen.id, seen.kernelsDone, seen.blocksLeft);
    case EventKind::copyRetired:
      copiesInFlight_--;
      return events.copyRetired(seen.id, seen.movedBytes);
    case EventKind::deviceFailed:
      failed_ = true;
      failures_.push_back(isDeath(seen) ? host_->death() : exchange_.traffic.failure.get());
      ledger_.forgetLaunches();
      copiesInFlight_ = 0;
      return events.deviceFailed(static_cast<int>(seen.id));
  }
}

std::unique_ptr<RemoteProbe> Executor::contentionProbe() {
  if (failed_) throw std::runtime_error("the GPU has failed");
  return std::make_unique<RemoteProbe>(host_);
}

void Executor::setColours(PoolColours colours) { ask(SetColoursRequest{std::move(colours)}); }

ColourPool::Facts Executor::colourFacts() { return ask(ColourFactsRequest{}); }

ExecutorStatistics Executor::statistics() {
  ExecutorStatistics facts = ask(StatisticsRequest{});
  facts.launches = launches_;
  facts.evictions = evictions_;
  return facts;
}

std::optional<ExecutorHealth> Executor::health() {
  Inquiry<ExecutorHealth>& inquiry = exchange_.traffic.health;
  if (inquiry.isTold()) health_ = inquiry.news;
  if (!inquiry.isWanted()) inquiry.ask();
  exchange_.traffic.orderBell.ring();
  if (health_.has_value()) {
    health_->statistics.launches = launches_;
    health_->statistics.evictions = evictions_;
  }
  return health_;
}

const BlockMap* Executor::blocks(int tenant) {
  Inquiry<BlockMap>& inquiry = exchange_.traffic.blocks;
  if (inquiry.isTold()) blocks_ = inquiry.news;
  if (!inquiry.isWanted()) {
    inquiry.news.tenant = tenant;
    inquiry.ask();
  }
  exchange_.traffic.orderBell.ring();
  return blocks_.tenant == tenant ? &blocks_ : nullptr;
}

void Executor::misdirect(int tenant) { ask(MisdirectRequest{tenant}); }

std::string Executor::takeFailure() {
  if (failures_.empty()) throw std::logic_error("nothing has failed");
  std::string what = failures_.front();
  failures_.pop_front();
  return what;
}

void Executor::rebuild() {
  failed_ = true;
  host_->kill();
  exchange_.renew();
  blocks_ = {};
  openGpu();
  for (int tenant = 0; tenant < kMaxTenants; tenant++) {
    const LoadedNetwork& network = networks_[tenant];
    if (network.kernels.empty()) continue;
    const File* const requests = fileOf(network.requests.get());
    host_->ask(LoadRequest{tenant, network.kernels, network.sizes, network.curves, network.program}, requests);
  }
  death_.reset();
  failed_ = false;
  for (int tenant = 0; tenant < kMaxTenants; tenant++) {
    if (!networks_[tenant].kernels.empty()) place(tenant, networks_[tenant].channels);
  }
  // Also what was ordered since the failure was told, and dropped.
  ledger_.forgetLaunches();
  copiesInFlight_ = 0;
  deliveredNs_ = 0;
}

}  // namespace missile::cuda
