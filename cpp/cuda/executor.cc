#include "executor.h"

#include <algorithm>
#include <exception>
#include <future>
#include <stdexcept>

namespace missile::cuda {

namespace {

// A poll spins for so long while something is in flight, and before its end: waking a thread takes about 10 us.
constexpr int64_t kSpinNs = 1'000'000;
constexpr int64_t kSpinBeforeEndNs = 60'000;
// How long somebody who rings the caller's bell may wait for a sleeping poll.
constexpr int64_t kLooksAtBellNs = 2'000'000;

}  // namespace

Executor::Executor(const GpuOptions& options, int32_t* doorbell)
    : options_(options), callerBell_(*doorbell), networks_(kMaxTenants), ledger_(options.spec.channels), thread_([this] { run(); }) {
  try {
    onThread([this] { gpu_ = std::make_unique<OpenGpu>(options_, tpcTimes_); });
  } catch (...) {
    end();
    throw;
  }
}

Executor::~Executor() { end(); }

void Executor::end() {
  stopping_.store(true, std::memory_order_release);
  orderBell_.ring();
  thread_.join();
}

int64_t Executor::clockNs() const {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Doorbell::Clock::now() - openedAt_).count();
}

// The caller's side: executor_thread.cc is the other one.

Executor::LoadedNetwork& Executor::loaded(int tenant) {
  if (tenant < 0 || tenant >= kMaxTenants) throw std::logic_error("no such tenant: " + std::to_string(tenant));
  LoadedNetwork& network = networks_[tenant];
  if (network.kernels.empty()) throw std::logic_error("tenant " + std::to_string(tenant) + " has no network loaded");
  return network;
}

void Executor::onThread(const std::function<void()>& body) {
  const auto done = std::make_shared<std::promise<void>>();
  const std::function<void()> job = [&body, done] {
    try {
      body();
      done->set_value();
    } catch (...) {
      done->set_exception(std::current_exception());
    }
  };
  job_.store(&job, std::memory_order_release);
  orderBell_.ring();
  done->get_future().get();
}

std::vector<KernelProfile> Executor::load(int tenant, const std::vector<Kernel>& kernels, const NetworkSizes& sizes) {
  if (tenant < 0 || tenant >= kMaxTenants) throw std::logic_error("no such tenant: " + std::to_string(tenant));
  if (kernels.empty()) throw std::runtime_error("the network has no kernels");
  LoadedNetwork network{kernels, sizes, {}, options_.spec.allChannels()};
  networks_[tenant] = {};
  onThread([&] { measure(tenant, network); });
  ledger_.load(tenant, kernels);
  networks_[tenant] = network;
  return network.profiles;
}

void Executor::give(Order order) {
  order.answersNs = deliveredNs_;
  deliveredNs_ = 0;
  while (!orders_.push(order)) std::this_thread::yield();
  orderBell_.ring();
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

void Executor::copy(int64_t copy, int tenant, Direction direction, double sizeBytes) {
  loaded(tenant);
  copiesInFlight_++;
  give({.kind = CommandKind::copy, .launch = {.id = copy, .tenant = tenant}, .direction = direction, .sizeBytes = sizeBytes});
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
  give({.kind = CommandKind::release, .launch = {.tenant = tenant}});
}

void Executor::poll(int64_t untilNs, EventSink& events) {
  if (startNs_ == kNotStarted) startNs_ = clockNs();
  deliveredNs_ = 0;
  const int64_t until = startNs_ + untilNs;
  const bool reachedEnd = !awaitEvent(until);
  const Seen* seen = seen_.front();
  if (seen == nullptr || seen->atNs > until) {
    nowNs_ = std::max(nowNs_, reachedEnd || seen != nullptr ? untilNs : std::min(presentNs(), untilNs));
    return;
  }
  deliveredNs_ = seen->atNs;
  for (; seen != nullptr && seen->atNs <= until && !events.full(); seen = seen_.front()) {
    nowNs_ = std::max(nowNs_, seen->atNs - startNs_);
    deliver(*seen, events);
    seen_.pop();
  }
}

// Spins while an answer may come soon and just before the end, sleeps otherwise.
bool Executor::awaitEvent(int64_t until) {
  const bool expecting = ledger_.anyInFlight() || copiesInFlight_ > 0;
  const int64_t spinUntilNs = clockNs() + (expecting ? kSpinNs : 0);
  for (unsigned look = 0; seen_.front() == nullptr; look++) {
    if (callerBell_.load(std::memory_order_acquire) != 0) return true;
    const int64_t nowNs = clockNs();
    if (nowNs >= until) return false;
    if (nowNs < spinUntilNs || until - nowNs <= kSpinBeforeEndNs) {
      lookAgain(look);
    } else {
      // The caller's bell wakes nobody, so it is looked at now and then.
      const int64_t wakeNs = std::min(until - kSpinBeforeEndNs, nowNs + kLooksAtBellNs);
      eventBell_.sleepUntil(openedAt_ + std::chrono::nanoseconds(wakeNs), [&] { return seen_.front() != nullptr; });
    }
  }
  return true;
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
      ledger_.forgetLaunches();
      copiesInFlight_ = 0;
      return events.deviceFailed(static_cast<int>(seen.id));
  }
}

std::unique_ptr<ContentionProbe> Executor::contentionProbe() {
  std::unique_ptr<ContentionProbe> probe;
  onThread([&] {
    if (failed_) throw std::runtime_error("the GPU has failed");
    probe = gpu_->contentionProbe();
  });
  return probe;
}

void Executor::setColours(PoolColours colours) {
  onThread([&] {
    if (failed_) throw std::runtime_error("the GPU has failed");
    if (gpu_->colours() == nullptr) throw std::logic_error("colours for a GPU without a pool");
    gpu_->colours()->setColours(std::move(colours));
  });
}

ColourPool::Facts Executor::colourFacts() {
  ColourPool::Facts facts{};
  onThread([&] { facts = colourFactsNow(); });
  return facts;
}

ExecutorStatistics Executor::statistics() {
  ExecutorStatistics facts{};
  onThread([&] { facts = statisticsNow(); });
  facts.launches = launches_;
  facts.evictions = evictions_;
  return facts;
}

std::optional<ExecutorHealth> Executor::health() {
  healthWanted_.store(true, std::memory_order_release);
  orderBell_.ring();
  std::optional<ExecutorHealth> health;
  {
    const std::lock_guard lock(healthMutex_);
    health = health_;
  }
  if (health.has_value()) {
    health->statistics.launches = launches_;
    health->statistics.evictions = evictions_;
  }
  return health;
}

void Executor::misdirect(int tenant) {
  onThread([&] { gpu_->misdirect(tenant); });
}

std::string Executor::takeFailure() {
  const std::lock_guard lock(failureMutex_);
  if (failures_.empty()) throw std::logic_error("nothing has failed");
  std::string what = failures_.front();
  failures_.pop_front();
  return what;
}

void Executor::rebuild() {
  onThread([this] {
    if (!failed_) throw std::logic_error("the GPU has not failed");
    gpu_.reset();
    Context::reset(options_.ordinal);
    gpu_ = std::make_unique<OpenGpu>(options_, tpcTimes_);
    for (int tenant = 0; tenant < kMaxTenants; tenant++) {
      const LoadedNetwork& network = networks_[tenant];
      if (network.kernels.empty()) continue;
      gpu_->load(tenant, network.kernels, network.sizes);
      gpu_->expect(tenant, network.profiles);
      gpu_->place(tenant, network.channels);
    }
    failed_ = false;
  });
  // Also what was ordered since the failure was told, and dropped.
  ledger_.forgetLaunches();
  copiesInFlight_ = 0;
}

}  // namespace missile::cuda
