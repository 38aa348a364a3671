#include "executor_thread.h"

#include <algorithm>
#include <exception>
#include <future>
#include <stdexcept>

#include "parameter_file.h"
#include "seen_events.h"

namespace missile::cuda {

namespace {

// Nothing needs it to wake by itself: a guard against sleeping until an instant that no clock can express.
constexpr int64_t kLongestSleepNs = 3'600'000'000'000;
// Orders taken in a row before the GPU's reports are looked at again.
constexpr int kOrdersPerTurn = 32;

}  // namespace

ExecutorThread::ExecutorThread(const GpuOptions& options, ExecutorExchange& exchange)
    : options_(options), exchange_(exchange), traffic_(exchange.traffic), thread_([this] { run(); }) {
  try {
    onThread([this] { gpu_ = std::make_unique<OpenGpu>(options_, exchange_); });
  } catch (...) {
    end();
    throw;
  }
}

ExecutorThread::~ExecutorThread() { end(); }

void ExecutorThread::end() {
  stopping_.store(true, std::memory_order_release);
  traffic_.orderBell.ring();
  thread_.join();
}

// ---- what is asked for ----

void ExecutorThread::onThread(const std::function<void()>& body) {
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
  traffic_.orderBell.ring();
  done->get_future().get();
}

HostContents ExecutorThread::hostContents(const Executable& executable, File requests) const {
  const Context& context = gpu_->context();
  HostContents host{.parameters = readParameters(context, executable), .requests = nullptr, .requestsPinned = nullptr};
  if (!requests.isOpen()) return host;
  const auto bytesOf = [&](uint32_t storage) { return executable.storages[storage].sizeBytes; };
  host.requests = std::make_unique<RequestContents>(std::move(requests), bytesOf(executable.inputStorage), bytesOf(executable.outputStorage));
  const SharedMemory& memory = host.requests->memory();
  host.requestsPinned = std::make_unique<PinnedRegion>(context, memory.address(), memory.sizeBytes());
  return host;
}

std::vector<KernelCurve> ExecutorThread::load(int tenant, const Executable& executable, const std::vector<Kernel>& work,
                                              std::vector<KernelCurve> curves, File requests) {
  // On the caller's thread, which has time.
  gpu_->context().makeCurrent();
  HostContents host = hostContents(executable, std::move(requests));
  onThread([&] {
    if (curves.empty()) drain();
    check();
    try {
      gpu_->load(tenant, executable, std::move(host));
      if (curves.empty()) curves = gpu_->measure(tenant, work);
      gpu_->expect(tenant, curves);
    } catch (...) {
      gpu_->release(tenant, {});
      throw;
    }
  });
  return curves;
}

KernelCurve ExecutorThread::curveOf(int tenant, int kernel) {
  KernelCurve curve{};
  onThread([&] {
    drain();
    check();
    curve = gpu_->curveOf(tenant, kernel);
  });
  return curve;
}

ExecutorStatistics ExecutorThread::statistics() {
  ExecutorStatistics facts{};
  onThread([&] { facts = statisticsNow(); });
  return facts;
}

std::unique_ptr<ContentionProbe> ExecutorThread::contentionProbe() {
  std::unique_ptr<ContentionProbe> probe;
  onThread([&] {
    check();
    probe = gpu_->contentionProbe();
  });
  return probe;
}

void ExecutorThread::setColours(PoolColours colours) {
  onThread([&] {
    check();
    if (gpu_->colours() == nullptr) throw std::logic_error("colours for a GPU without a pool");
    gpu_->colours()->setColours(std::move(colours));
  });
}

ColourPool::Facts ExecutorThread::colourFacts() {
  ColourPool::Facts facts{};
  onThread([&] { facts = colourFactsNow(); });
  return facts;
}

void ExecutorThread::misdirect(int tenant) {
  onThread([&] { gpu_->misdirect(tenant); });
}

// ---- the native thread ----

void ExecutorThread::run() {
  while (!stopping_.load(std::memory_order_acquire)) {
    bool moved = takeOrders();
    moved |= runJob();
    if (traffic_.health.isWanted()) tellHealth();
    if (traffic_.blocks.isWanted()) surveyBlocks();
    moved |= watch();
    rest(moved);
  }
  gpu_.reset();
}

void ExecutorThread::check() const {
  if (failed_) throw std::runtime_error("the GPU has failed");
}

// A failure of one call fails the device: what the driver says once, it says to every later call.
template <typename Body>
void ExecutorThread::attempt(const ExecutorOrder* order, Body body) {
  if (failed_ || gpu_ == nullptr) return;
  try {
    body();
  } catch (const std::exception& error) {
    fail(error.what(), suspect(order));
  }
}

// The tenant of all kernels that were not done and of the launch that failed, or with none of these of the copy; -1: there are several, or none.
int ExecutorThread::suspect(const ExecutorOrder* order) const {
  std::vector<int> suspects = gpu_->executing();
  if (order != nullptr && order->kind == CommandKind::launch) suspects.push_back(order->launch.tenant);
  if (suspects.empty()) return gpu_->failedCopyTenant();
  const bool isOne = !suspects.empty() && std::ranges::count(suspects, suspects.front()) == std::ssize(suspects);
  return isOne ? suspects.front() : -1;
}

bool ExecutorThread::takeOrders() {
  int taken = 0;
  for (const ExecutorOrder* order = traffic_.orders.front(); order != nullptr && taken < kOrdersPerTurn; order = traffic_.orders.front()) {
    if (order->answersNs > 0) exchange_.decisions.record(exchange_.clockNs() - order->answersNs);
    attempt(order, [&] { carryOut(*order); });
    traffic_.orders.pop();
    taken++;
  }
  return taken > 0;
}

void ExecutorThread::carryOut(const ExecutorOrder& order) {
  const LaunchOrder& launch = order.launch;
  switch (order.kind) {
    case CommandKind::launch: return gpu_->launch(launch, order.set);
    case CommandKind::extend: return gpu_->extend(launch.id, order.set);
    case CommandKind::evict: return gpu_->evict(launch.id, order.set);
    case CommandKind::place: return gpu_->place(launch.tenant, order.set);
    case CommandKind::release: return gpu_->release(launch.tenant, order.copiesBefore);
    case CommandKind::copy: throw std::logic_error("a copy was ordered of the executor's thread");
  }
}

// Jobs come when every order before them is carried out, as their caller expects.
bool ExecutorThread::runJob() {
  const auto* job = job_.load(std::memory_order_acquire);
  // Looked at in this order: whoever sees the job sees what was ordered before it.
  const bool ordersWait = traffic_.orders.front() != nullptr ||
                          std::ranges::any_of(traffic_.copies, [](const auto& copies) { return !copies.orders.isEmpty(); });
  if (job == nullptr || ordersWait) return false;
  job_.store(nullptr, std::memory_order_relaxed);
  // The caller may be gone before its job has returned.
  const std::function<void()> own = *job;
  own();
  return true;
}

void ExecutorThread::tellHealth() {
  ExecutorHealth& health = traffic_.health.news;
  health = {.statistics = statisticsNow(), .colours = colourFactsNow(), .uncolouredTenant = -1, .uncolouredWhy = {}};
  if (gpu_ != nullptr) {
    const OpenGpu::MemoryProblem problem = gpu_->memoryProblem();
    health.uncolouredTenant = problem.tenant;
    health.uncolouredWhy.set(problem.what);
  }
  traffic_.health.tell();
}

// A piece of it: orders and events go first.
void ExecutorThread::surveyBlocks() {
  if (gpu_ == nullptr || gpu_->survey(traffic_.blocks.news)) traffic_.blocks.tell();
}

ExecutorStatistics ExecutorThread::statisticsNow() const {
  ExecutorStatistics facts{};
  LatencyHistogram decisions;
  decisions.add(exchange_.decisions);
  for (const LatencyHistogram& ofCopies : exchange_.copyDecisions) decisions.add(ofCopies);
  facts.decisions = {.count = static_cast<double>(decisions.count()),
                     .p50Ns = decisions.quantileNs(0.5),
                     .p99Ns = decisions.quantileNs(0.99),
                     .p999Ns = decisions.quantileNs(0.999),
                     .maxNs = decisions.maxNs()};
  if (gpu_ == nullptr) return facts;
  facts.partitionsMade = static_cast<double>(gpu_->partitionsMade());
  facts.fallbackLaunches = static_cast<double>(gpu_->fallbackLaunches());
  return facts;
}

ColourPool::Facts ExecutorThread::colourFactsNow() const {
  const bool pooled = gpu_ != nullptr && gpu_->colours() != nullptr;
  return pooled ? gpu_->colours()->facts() : ColourPool::Facts{};
}

bool ExecutorThread::watch() {
  bool happened = false;
  attempt(nullptr, [&] {
    SeenEvents events(exchange_, traffic_.seen);
    happened = gpu_->turn(events, exchange_.clockNs());
    const int stray = gpu_->takeStray();
    if (stray >= 0) fail("a kernel reached outside its memory", stray);
  });
  return happened;
}

// Until nothing is in flight, or there is no room to tell more.
void ExecutorThread::drain() {
  const SeenEvents events(exchange_, traffic_.seen);
  while (!failed_ && gpu_->busy() && !events.full()) watch();
}

void ExecutorThread::fail(const std::string& what, int tenant) {
  failed_ = true;
  traffic_.failure.set(what);
  SeenEvents(exchange_, traffic_.seen).deviceFailed(tenant);
}

size_t ExecutorThread::copiesOrdered() const {
  size_t sum = 0;
  for (const auto& copies : traffic_.copies) sum += copies.orders.pushed();
  return sum;
}

// A copy that is ordered wakes it: what is copied will be wanted by kernels.
void ExecutorThread::rest(bool moved) {
  const int64_t nowNs = exchange_.clockNs();
  const size_t copies = copiesOrdered();
  const bool working = gpu_ != nullptr && !failed_;
  if (moved || (working && gpu_->busy())) lastMovedNs_ = nowNs;
  if (nowNs - lastMovedNs_ < kLingerNs) {
    looks_ = moved ? 0 : looks_ + 1;
    return lookAgain(looks_);
  }
  const int64_t longestNs = nowNs + kLongestSleepNs;
  const int64_t untilNs = working ? std::min(gpu_->nextTurnNs(), longestNs) : longestNs;
  traffic_.orderBell.sleepUntil(exchange_.timeOf(untilNs), [this, copies] {
    return traffic_.orders.front() != nullptr || copiesOrdered() != copies || job_.load(std::memory_order_acquire) != nullptr ||
           traffic_.health.isWanted() || traffic_.blocks.isWanted() || stopping_.load(std::memory_order_acquire);
  });
}

}  // namespace missile::cuda
