// The native thread of the executor: orders in, events out, and nothing but driver calls between.
#include "executor.h"

#include <algorithm>
#include <exception>
#include <stdexcept>

namespace missile::cuda {

namespace {

// The thread stays awake for so long after the last thing that happened: waking it takes 50 us and more (measured on a virtual machine
// with an H200). Too large: a core is busy for nothing.
constexpr int64_t kLingerNs = 10'000'000;
// Nothing needs it to wake by itself: a guard against sleeping until an instant that no clock can express.
constexpr int64_t kLongestSleepNs = 3'600'000'000'000;
// Orders taken in a row before the GPU's reports are looked at again.
constexpr int kOrdersPerTurn = 32;

}  // namespace

// What the GPU reports on its way to the ring of events, stamped with the instant at which it was seen.
class Executor::SeenEvents final : public EventSink {
 public:
  explicit SeenEvents(Executor& executor) : executor_(executor) {}

  // The last place is kept for the failure of the device.
  bool full() const override { return executor_.seen_.room() <= 1; }
  void tpcsYielded(int64_t launch, TpcSet tpcs) override { push({.kind = EventKind::tpcsYielded, .id = launch, .tpcs = tpcs}); }
  void launchRetired(int64_t launch, int kernelsDone, int64_t blocksLeft) override {
    push({.kind = EventKind::launchRetired, .id = launch, .kernelsDone = kernelsDone, .blocksLeft = blocksLeft});
  }
  void copyRetired(int64_t copy, double movedBytes) override {
    push({.kind = EventKind::copyRetired, .id = copy, .movedBytes = movedBytes});
  }
  void deviceFailed(int tenant) override { push({.kind = EventKind::deviceFailed, .id = tenant}); }

 private:
  void push(Seen seen) {
    seen.atNs = executor_.clockNs();
    executor_.seen_.push(seen);
    executor_.eventBell_.ring();
  }

  Executor& executor_;
};

void Executor::run() {
  while (!stopping_.load(std::memory_order_acquire)) {
    bool moved = takeOrders();
    moved |= runJob();
    if (healthWanted_.load(std::memory_order_acquire)) tellHealth();
    moved |= watch();
    rest(moved);
  }
  gpu_.reset();
}

// A failure of one call fails the device: what the driver says once, it says to every later call.
template <typename Body>
void Executor::attempt(const Order* order, Body body) {
  if (failed_ || gpu_ == nullptr) return;
  try {
    body();
  } catch (const std::exception& error) {
    fail(error.what(), suspect(order));
  }
}

// The tenant of all that is on the GPU and of the order that failed; -1: there are several.
int Executor::suspect(const Order* order) const {
  const bool isTenants = order != nullptr && (order->kind == CommandKind::launch || order->kind == CommandKind::copy);
  const int executing = gpu_->onlyTenant();
  if (!isTenants) return executing;
  return !gpu_->isExecuting() || executing == order->launch.tenant ? order->launch.tenant : -1;
}

bool Executor::takeOrders() {
  int taken = 0;
  for (const Order* order = orders_.front(); order != nullptr && taken < kOrdersPerTurn; order = orders_.front()) {
    if (order->answersNs > 0) decisions_.record(clockNs() - order->answersNs);
    attempt(order, [&] { carryOut(*order); });
    orders_.pop();
    taken++;
  }
  return taken > 0;
}

void Executor::carryOut(const Order& order) {
  const LaunchOrder& launch = order.launch;
  switch (order.kind) {
    case CommandKind::launch: return gpu_->launch(launch, order.set);
    case CommandKind::extend: return gpu_->extend(launch.id, order.set);
    case CommandKind::evict: return gpu_->evict(launch.id, order.set);
    case CommandKind::copy: return gpu_->copy(launch.id, launch.tenant, order.direction, order.sizeBytes);
    case CommandKind::place: return gpu_->place(launch.tenant, order.set);
    case CommandKind::release: return gpu_->release(launch.tenant);
  }
}

// Jobs come when every order before them is carried out, as their caller expects.
bool Executor::runJob() {
  const auto* job = job_.load(std::memory_order_acquire);
  // Looked at in this order: whoever sees the job sees what was ordered before it.
  if (job == nullptr || orders_.front() != nullptr) return false;
  job_.store(nullptr, std::memory_order_relaxed);
  // The caller may be gone before its job has returned.
  const std::function<void()> own = *job;
  own();
  return true;
}

void Executor::tellHealth() {
  healthWanted_.store(false, std::memory_order_relaxed);
  ExecutorHealth now{.statistics = statisticsNow(), .colours = colourFactsNow(), .memoryProblem = {}};
  if (gpu_ != nullptr) now.memoryProblem = gpu_->memoryProblem();
  const std::lock_guard lock(healthMutex_);
  health_ = std::move(now);
}

ExecutorStatistics Executor::statisticsNow() const {
  ExecutorStatistics facts{};
  facts.decisions = {.count = static_cast<double>(decisions_.count()),
                     .p50Ns = decisions_.quantileNs(0.5),
                     .p99Ns = decisions_.quantileNs(0.99),
                     .p999Ns = decisions_.quantileNs(0.999),
                     .maxNs = decisions_.maxNs()};
  if (gpu_ == nullptr) return facts;
  facts.partitionsMade = static_cast<double>(gpu_->partitionsMade());
  facts.fallbackLaunches = static_cast<double>(gpu_->fallbackLaunches());
  return facts;
}

ColourPool::Facts Executor::colourFactsNow() const {
  const bool pooled = gpu_ != nullptr && gpu_->colours() != nullptr;
  return pooled ? gpu_->colours()->facts() : ColourPool::Facts{};
}

bool Executor::watch() {
  bool happened = false;
  attempt(nullptr, [&] {
    SeenEvents events(*this);
    happened = gpu_->turn(events, clockNs());
    const int stray = gpu_->takeStray();
    if (stray >= 0) fail("a kernel reached outside its memory", stray);
  });
  return happened;
}

// Until nothing is in flight, or there is no room to tell more.
void Executor::drain() {
  const SeenEvents events(*this);
  while (!failed_ && gpu_->busy() && !events.full()) watch();
}

void Executor::measure(int tenant, LoadedNetwork& network) {
  drain();
  if (failed_) throw std::runtime_error("the GPU has failed");
  try {
    gpu_->load(tenant, network.kernels, network.sizes);
    network.profiles = gpu_->measure(tenant, network.kernels);
    gpu_->expect(tenant, network.profiles);
  } catch (...) {
    gpu_->release(tenant);
    throw;
  }
}

void Executor::fail(const std::string& what, int tenant) {
  failed_ = true;
  {
    const std::lock_guard lock(failureMutex_);
    failures_.push_back(what);
  }
  SeenEvents(*this).deviceFailed(tenant);
}

void Executor::rest(bool moved) {
  const int64_t nowNs = clockNs();
  const bool working = gpu_ != nullptr && !failed_;
  if (moved || (working && gpu_->busy())) lastMovedNs_ = nowNs;
  if (nowNs - lastMovedNs_ < kLingerNs) {
    looks_ = moved ? 0 : looks_ + 1;
    return lookAgain(looks_);
  }
  const int64_t longestNs = nowNs + kLongestSleepNs;
  const int64_t untilNs = working ? std::min(gpu_->nextTurnNs(), longestNs) : longestNs;
  orderBell_.sleepUntil(openedAt_ + std::chrono::nanoseconds(untilNs), [this] {
    return orders_.front() != nullptr || job_.load(std::memory_order_acquire) != nullptr ||
           healthWanted_.load(std::memory_order_acquire) || stopping_.load(std::memory_order_acquire);
  });
}

}  // namespace missile::cuda
