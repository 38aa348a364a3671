#include "simulated_gpu.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace missile::sim {

SimulatedGpu::SimulatedGpu(const GpuSpec& spec)
    : cost_(spec),
      profiler_(cost_),
      tenants_(kMaxTenants),
      traffic_(kMaxTenants, spec.channels),
      execution_(cost_, tenants_, traffic_, tpcTimes_, *this),
      engines_{{spec.pcie.h2dGBs, spec.pcie.chunkNs + spec.executor.arrivalNs, spec.pcie.idleStartNs},
               {spec.pcie.d2hGBs, spec.pcie.chunkNs + spec.executor.arrivalNs, spec.pcie.idleStartNs}} {
  for (Tenant& tenant : tenants_) tenant.channels = spec.allChannels();
}

Tenant& SimulatedGpu::tenantOf(int id, bool mustBeLoaded) {
  if (id < 0 || id >= kMaxTenants) throw std::logic_error("no such tenant: " + std::to_string(id));
  if (mustBeLoaded && tenants_[id].kernels.empty()) {
    throw std::logic_error("tenant " + std::to_string(id) + " has no network loaded");
  }
  return tenants_[id];
}

std::vector<KernelProfile> SimulatedGpu::load(int id, const std::vector<Kernel>& kernels, const NetworkSizes&,
                                              std::vector<KernelCurve>& curves, const std::vector<std::byte>&) {
  Tenant& tenant = tenantOf(id, false);
  if (execution_.uses(id)) throw std::logic_error("a network was loaded for a tenant that is running one");
  if (kernels.empty()) throw std::runtime_error("the network has no kernels");
  tenant.kernels = cost_.loadNetwork(kernels);
  for (size_t i = 0; i < curves.size(); i++) profiler_.follow(tenant.kernels[i], curves[i]);
  std::vector<KernelProfile> profiles;
  profiles.reserve(kernels.size());
  for (const LoadedKernel& kernel : tenant.kernels) profiles.push_back(profiler_.profile(kernel));
  return profiles;
}

KernelCurve SimulatedGpu::curveOf(int id, int index) {
  const LoadedKernel& kernel = tenantOf(id, true).kernels.at(static_cast<size_t>(index));
  KernelCurve curve{};
  for (int tpcs = 1; tpcs <= cost_.gpu().tpcs(); tpcs++) curve.ns[tpcs - 1] = profiler_.aloneNs(kernel, tpcs);
  return curve;
}

// ---- orders ----

// Launches, extensions and chunks of copies occupy the driver one after another.
int64_t SimulatedGpu::driverSlotNs(double takesNs) {
  driverFreeNs_ = std::max(nowNs_, driverFreeNs_) + std::llround(takesNs);
  return driverFreeNs_;
}

void SimulatedGpu::launch(const LaunchOrder& order, TpcSet tpcs) {
  const Tenant& tenant = tenantOf(order.tenant, true);
  const auto kernels = static_cast<int>(tenant.kernels.size());
  const bool inside = order.firstKernel >= 0 && order.kernelCount >= 1 && order.firstKernel < kernels &&
                      order.kernelCount <= kernels - order.firstKernel;
  if (!inside) throw std::logic_error("a launch asks for kernels that its network does not have");
  if (order.blocksLeft < 0 || order.blocksLeft > tenant.kernels[order.firstKernel].grid) {
    throw std::logic_error("a launch asks for more blocks than its first kernel has");
  }
  if (tpcs.empty() || !cost_.gpu().allTpcs().contains(tpcs)) {
    throw std::logic_error("a launch asks for no TPCs, or for some that the GPU does not have");
  }
  if (execution_.knows(order.id)) throw std::logic_error("a launch has the id of another in flight");
  execution_.add(order, tpcs);
  orders_.push({driverSlotNs(cost_.gpu().timing.launchNs), order.id, ++issued_, tpcs, true});
}

void SimulatedGpu::extend(int64_t launch, TpcSet tpcs) {
  if (!execution_.knows(launch)) return;  // it retired while the order was on its way
  execution_.expectExtension(launch);
  orders_.push({driverSlotNs(cost_.gpu().timing.launchNs), launch, ++issued_, tpcs & cost_.gpu().allTpcs(), false});
}

void SimulatedGpu::evict(int64_t launch, TpcSet tpcs) {
  if (!execution_.knows(launch)) return;
  evictions_.push({nowNs_ + std::llround(cost_.gpu().timing.evictNs), launch, ++issued_, tpcs, false});
}

void SimulatedGpu::copy(const CopyOrder& order) {
  tenantOf(order.tenant, false);
  const int64_t submittedNs = driverSlotNs(cost_.gpu().executor.submitNs);
  engines_[static_cast<int>(order.direction())].submit(submittedNs, order.id, order.tenant, order.sizeBytes);
}

void SimulatedGpu::place(int tenant, ChannelSet channels) {
  if (channels.empty() || !cost_.gpu().allChannels().contains(channels)) {
    throw std::logic_error("a tenant was placed in no channels, or in some that the GPU does not have");
  }
  tenantOf(tenant, false).channels = channels;
}

void SimulatedGpu::release(int id) {
  Tenant& tenant = tenantOf(id, false);
  if (execution_.uses(id)) throw std::logic_error("a tenant was released while a launch of it was in flight");
  tenant.kernels.clear();
  tenant.channels = cost_.gpu().allChannels();
  traffic_.forget(id);
}

// ---- events ----

int64_t SimulatedGpu::nextNs() const {
  int64_t next = execution_.nextNs();
  if (!outgoing_.empty()) next = std::min(next, outgoing_.front().atNs);
  if (!orders_.empty()) next = std::min(next, orders_.front().atNs);
  if (!evictions_.empty()) next = std::min(next, evictions_.front().atNs);
  for (const CopyEngine& engine : engines_) next = std::min(next, engine.nextNs());
  return next;
}

// An extension given after an eviction of the same TPCs must not overtake it, though it takes less time.
void SimulatedGpu::applyHostOrder(const Order& order) {
  if (order.starts) return execution_.start(order.launch, nowNs_);
  TpcSet blocked;
  for (size_t i = 0; i < evictions_.size(); i++) {
    const Order& eviction = evictions_.at(i);
    if (eviction.launch == order.launch && eviction.issue < order.issue) blocked = blocked | eviction.tpcs;
  }
  execution_.grow(order.launch, order.tpcs, blocked & order.tpcs, order.issue, nowNs_);
}

// An eviction takes back what was asked for before it, in use or not.
void SimulatedGpu::applyEviction(const Order& order) {
  TpcSet cancelled;
  for (size_t i = 0; i < orders_.size(); i++) {
    Order& pending = orders_.at(i);
    if (pending.starts || pending.launch != order.launch || pending.issue > order.issue) continue;
    cancelled = cancelled | (pending.tpcs & order.tpcs);
    pending.tpcs = pending.tpcs - order.tpcs;
  }
  execution_.shrink(order.launch, order.tpcs, cancelled, order.issue, nowNs_);
}

void SimulatedGpu::runInstant() {
  execution_.advance(nowNs_);
  while (!orders_.empty() && orders_.front().atNs <= nowNs_) {
    const Order order = orders_.front();
    orders_.pop();
    applyHostOrder(order);
  }
  while (!evictions_.empty() && evictions_.front().atNs <= nowNs_) {
    const Order order = evictions_.front();
    evictions_.pop();
    applyEviction(order);
  }
  execution_.settle(nowNs_);
  for (CopyEngine& engine : engines_) {
    while (engine.nextNs() <= nowNs_) {
      const CopyChunk& chunk = engine.front();
      traffic_.add(chunk.tenant, tenants_[chunk.tenant].channels, chunk.sizeBytes);
      tell({.kind = Outgoing::copied, .id = chunk.copy, .first = chunk.sizeBytes});
      engine.pop();
    }
  }
}

void SimulatedGpu::poll(int64_t untilNs, EventSink& events) {
  while (!isTold()) {
    const int64_t next = nextNs();
    if (next > untilNs) {
      nowNs_ = std::max(nowNs_, untilNs);
      return;
    }
    nowNs_ = std::max(nowNs_, next);
    runInstant();
  }
  deliver(events);
}

// What does not fit is told by the next poll, at the same instant.
void SimulatedGpu::deliver(EventSink& events) {
  for (; isTold() && !events.full(); outgoing_.pop()) {
    const Outgoing& event = outgoing_.front();
    switch (event.kind) {
      case Outgoing::yielded: events.tpcsYielded(event.id, event.tpcs); break;
      case Outgoing::retired:
        events.launchRetired(event.id, static_cast<int>(event.first), static_cast<int64_t>(event.second));
        break;
      case Outgoing::copied: events.copyRetired(event.id, event.first); break;
    }
  }
}

// What has happened now is known to whoever orders after a while.
void SimulatedGpu::tell(Outgoing event) {
  event.atNs = nowNs_ + std::llround(cost_.gpu().executor.answerNs);
  outgoing_.push(event);
}

void SimulatedGpu::onYielded(int64_t launch, TpcSet tpcs) { tell({.kind = Outgoing::yielded, .id = launch, .tpcs = tpcs}); }

// It was fed before the one before it ended, so nobody waits for it, but what comes after does.
void SimulatedGpu::onKernelFed() { driverSlotNs(cost_.gpu().timing.launchNs); }

void SimulatedGpu::onRetired(int64_t launch, int kernelsDone, int64_t blocksLeft) {
  tell({.kind = Outgoing::retired,
        .id = launch,
        .first = static_cast<double>(kernelsDone),
        .second = static_cast<double>(blocksLeft)});
}

void SimulatedGpu::channelBytes(double* out) {
  execution_.accountTraffic(nowNs_);
  std::copy(traffic_.bytes().begin(), traffic_.bytes().end(), out);
}

void SimulatedGpu::tpcNs(double* out) {
  execution_.accountTpcTimes(nowNs_);
  std::copy(tpcTimes_.ns().begin(), tpcTimes_.ns().end(), out);
}

}  // namespace missile::sim
