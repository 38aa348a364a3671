#include "launcher.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace missile::cuda {

namespace {

// Kernels of an urgent launch in one turn; of all others together it is one, since an order for an urgent launch may come meanwhile. Fewer:
// copies, which take some 5 us of a turn, starve chains of short kernels (one per turn doubled the latency of LS beside a flood of copies on
// an H200). More: an eviction waits for 3.5 us each.
constexpr int kUrgentAtOnce = 4;

}  // namespace

Launcher::Launcher(Context& context, const TpcMap& map, PartitionPool& partitions, SmTable sms,
                   std::function<Network&(int tenant)> networkOf)
    : map_(map),
      deck_{context, partitions, sms, ControlStream(context), StateArena(context), ReportSlots(context), GraphPool(context), {}},
      networkOf_(std::move(networkOf)) {}

// ---- orders ----

void Launcher::check(const LaunchOrder& order, const Network& network, TpcSet tpcs) const {
  const auto kernels = static_cast<int>(network.size());
  const bool inside = order.firstKernel >= 0 && order.kernelCount >= 1 && order.firstKernel < kernels &&
                      order.kernelCount <= kernels - order.firstKernel;
  if (!inside) throw std::logic_error("a launch asks for kernels that its network does not have");
  const uint32_t blocks = network.kernel(static_cast<size_t>(order.firstKernel)).blocks;
  if (order.blocksLeft < 0 || order.blocksLeft > blocks) {
    throw std::logic_error("a launch asks for more blocks than its first kernel has");
  }
  if (tpcs.empty() || !map_.all().contains(tpcs)) {
    throw std::logic_error("a launch asks for no TPCs, or for some that the GPU does not have");
  }
}

void Launcher::launch(const LaunchOrder& order, TpcSet tpcs) {
  Network& network = networkOf_(order.tenant);
  check(order, network, tpcs);
  if (find(order.id) != nullptr) throw std::logic_error("a launch has the id of another in flight");
  deck_.control.flush();
  if (spare_.empty()) spare_.push_back(std::make_unique<Flight>(deck_));
  std::unique_ptr<Flight> flight = std::move(spare_.back());
  spare_.pop_back();
  if (!flight->start(order, network, tpcs)) fallbacks_++;
  const auto comesAfter = [&](const std::unique_ptr<Flight>& other) { return flight->isUrgent() && !other->isUrgent(); };
  flights_.insert(std::find_if(flights_.begin(), flights_.end(), comesAfter), std::move(flight));
}

void Launcher::extend(int64_t launch, TpcSet tpcs) {
  deck_.control.flush();
  if (Flight* flight = find(launch)) flight->extend(tpcs & map_.all());
}

void Launcher::evict(int64_t launch, TpcSet tpcs) {
  if (Flight* flight = find(launch)) flight->evict(tpcs);
}

Flight* Launcher::find(int64_t launch) {
  for (const std::unique_ptr<Flight>& flight : flights_) {
    if (flight->id() == launch && !flight->hasRetired()) return flight.get();
  }
  return nullptr;
}

// ---- turns ----

bool Launcher::turn(EventSink& events) {
  deck_.control.flush();
  bool happened = false;
  for (const std::unique_ptr<Flight>& flight : flights_) {
    if (flight->look(events)) happened = true;
    for (int fed = 0; flight->isUrgent() && fed < kUrgentAtOnce && flight->feed(); fed++) happened = true;
  }
  happened |= feedOther();
  for (const std::unique_ptr<Flight>& flight : flights_) {
    if (flight->takeStray()) strays_.push_back(flight->tenant());
  }
  return landDrained() || happened;
}

// One kernel of one flight that is not urgent, each in its turn: orders for urgent ones may wait.
bool Launcher::feedOther() {
  for (size_t tried = 0; tried < flights_.size(); tried++) {
    lastFed_ = (lastFed_ + 1) % flights_.size();
    Flight& flight = *flights_[lastFed_];
    if (!flight.isUrgent() && flight.feed()) return true;
  }
  return false;
}

bool Launcher::landDrained() {
  bool any = false;
  for (auto flight = flights_.begin(); flight != flights_.end();) {
    if (!(*flight)->hasRetired() || !(*flight)->isDrained()) {
      ++flight;
      continue;
    }
    (*flight)->land();
    spare_.push_back(std::move(*flight));
    flight = flights_.erase(flight);
    any = true;
  }
  return any;
}

// ---- who is on the GPU ----

bool Launcher::uses(int tenant) const {
  return std::any_of(flights_.begin(), flights_.end(), [&](const auto& flight) { return flight->tenant() == tenant; });
}

bool Launcher::usesColoured(int tenant) const {
  return std::any_of(flights_.begin(), flights_.end(), [&](const auto& flight) { return flight->tenant() == tenant && flight->usesColoured(); });
}

std::vector<int> Launcher::executing() const {
  std::vector<int> tenants;
  for (const std::unique_ptr<Flight>& flight : flights_) {
    if (flight->isExecuting()) tenants.push_back(flight->tenant());
  }
  std::ranges::sort(tenants);
  tenants.erase(std::unique(tenants.begin(), tenants.end()), tenants.end());
  return tenants;
}

bool Launcher::tendMemory(int tenant) {
  Network& network = networkOf_(tenant);
  TenantMemory& memory = network.memory();
  return memory.turn(memory.wantsToMove() && !usesColoured(tenant) && !network.keepsColoured());
}

int Launcher::takeStray() {
  if (strays_.empty()) return -1;
  const int tenant = strays_.front();
  strays_.erase(strays_.begin());
  return tenant;
}

}  // namespace missile::cuda
