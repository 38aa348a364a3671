#include "memory_model.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace missile::sim {
namespace {

// Waits are settled to this many ns: less than a thousandth of the shortest round trip.
constexpr double kToleranceNs = 0.25;
constexpr int kMaxSweeps = 64;

}  // namespace

MemoryModel::MemoryModel(const GpuSpec& gpu)
    : vramLatencyNs_(gpu.memory.vramLatencyNs),
      l2LatencyNs_(gpu.memory.l2LatencyNs),
      channelWaitNs_(gpu.memory.channelWaitNs),
      crossbarQueueBytes_(gpu.memory.crossbarQueueBytes) {
  for (int count = 1; count <= gpu.channels; count++) {
    const double share = static_cast<double>(count) / gpu.channels;
    // Rounded to single precision, so that C libraries whose pow differs in the last bit agree.
    const double efficiency = static_cast<float>(std::pow(share, gpu.memory.fewChannelsExponent));
    vramSlots_[count] = 1 / (gpu.memory.achievedGBs * share * efficiency);
    l2Slots_[count] = 1 / (gpu.memory.l2GBs * share);
  }
}

MemoryModel::Visitor MemoryModel::visitor(const MemoryFlow& flow) const {
  const int channels = flow.channels.size();
  const double hits = 1 - flow.vramShare;
  const double behindWrites = hits * std::min(1.0, 2 * flow.writeShare);
  const double unloaded = unloadedNs(flow.vramShare);
  return {{flow.vramShare + behindWrites, hits - behindWrites},
          {flow.vramShare * vramSlots_[channels] + behindWrites * l2Slots_[channels],
           (hits - behindWrites) * l2Slots_[channels]},
          unloaded,
          unloaded};
}

// Cuts the channels into groups such that every flow visits a group wholly or not at all.
void MemoryModel::split(const MemoryFlow* flows, int count) {
  groupCount_ = 0;
  portUsed_ = false;
  for (int i = 0; i < count; i++) {
    ChannelSet rest = flows[i].channels;
    const int before = groupCount_;
    for (int g = 0; g < before && !rest.empty(); g++) {
      const ChannelSet common = groups_[g].channels & rest;
      if (common.empty()) continue;
      const ChannelSet others = groups_[g].channels - common;
      groups_[g].channels = common;
      if (!others.empty()) groups_[groupCount_++] = {others, {}, 0};
      rest = rest - common;
    }
    if (!rest.empty()) groups_[groupCount_++] = {rest, {}, 0};
    visitors_[i] = visitor(flows[i]);
    portUsed_ = portUsed_ || visitors_[i].standing[kPort] > 0;
  }
  shares_.resize(static_cast<size_t>(count) * groupCount_);
  for (int i = 0; i < count; i++) {
    const double each = 1.0 / flows[i].channels.size();
    for (int g = 0; g < groupCount_; g++) {
      const bool visits = flows[i].channels.overlaps(groups_[g].channels);
      shares_[i * groupCount_ + g] = visits ? groups_[g].channels.size() * each : 0;
    }
  }
}

double MemoryModel::roundTrip(int flow) const {
  const auto& standing = visitors_[flow].standing;
  double ns = visitors_[flow].unloadedNs + blockingNs_;
  for (int g = 0; g < groupCount_; g++) {
    // Behind its own group's backlog it waits once, not again as a bystander.
    const double channelNs = groups_[g].waitNs[kChannel] - groups_[g].blockingNs;
    ns += share(flow, g) * (standing[kChannel] * channelNs + standing[kPort] * groups_[g].waitNs[kPort]);
  }
  return ns;
}

// Moves the group's wait in the queue towards its fixed point and returns by how much.
//
// Around the present wait w the utilisation by the flows that memory limits is nearly a / (l + w), by the others a
// constant c; with these the fixed point w = channelWaitNs * u / (1 - u) is the root of a quadratic.
double MemoryModel::settle(Queue queue, int g, const MemoryFlow* flows, int count) {
  Group& group = groups_[g];
  double limited = 0, limitedSlope = 0, constant = 0, bytesPerNs = 0;
  for (int i = 0; i < count; i++) {
    const double stands = share(i, g) * visitors_[i].standing[queue];
    if (stands == 0) continue;
    const double ns = visitors_[i].roundTripNs;
    const double possible = flows[i].inFlightBytes / ns;
    const double rate = flows[i].activeShare * std::min(possible, flows[i].demandBytesPerNs);
    const double use = rate * visitors_[i].slotsPerByte[queue];
    bytesPerNs += rate * stands;
    // Demand alone must not saturate a channel: then memory limits these flows as well.
    if (possible > flows[i].demandBytesPerNs && constant + use < 0.98) {
      constant += use;
    } else {
      limited += use;
      limitedSlope += use / ns * stands;
    }
  }
  const double s = channelWaitNs_;
  const double before = group.waitNs[queue];
  double wait = s * constant / (1 - constant);
  if (limited > 0) {
    const double l = limited / limitedSlope - before;
    const double a = limited * (l + before);
    const double free = 1 - constant;
    const double half = (free * l - a - s * constant) / (2 * free);
    wait = -half + std::sqrt(std::max(0.0, half * half + s * (constant * l + a) / free));
  }
  group.waitNs[queue] = wait;
  double moved = 0;
  if (queue == kChannel && (groupCount_ > 1 || portUsed_)) {
    const double backlog = wait * bytesPerNs;
    static const double P = getenv("PEXP") ? atof(getenv("PEXP")) : 1;
    const double bp = std::pow(backlog, P), qp = std::pow(crossbarQueueBytes_, P);
    // Groups block each other: the more there are, the shorter the step, lest they swing.
    moved = std::min(1.0, 2.0 / groupCount_) * (wait * bp / (bp + qp) - group.blockingNs);
    group.blockingNs += moved;
    blockingNs_ += moved;
  }
  const double changed = wait - before;
  for (int i = 0; i < count; i++) {
    visitors_[i].roundTripNs += moved + share(i, g) * visitors_[i].standing[queue] * (changed - moved);
  }
  return std::abs(changed) + std::abs(moved);
}

void MemoryModel::solve(const MemoryFlow* flows, int count, double* roundTripNs) {
  if (count > kMaxFlows) throw std::logic_error("more memory flows than the model tells apart");
  split(flows, count);
  blockingNs_ = 0;
  for (int sweep = 0; sweep < kMaxSweeps; sweep++) {
    double change = 0;
    for (int g = 0; g < groupCount_; g++) {
      change += settle(kChannel, g, flows, count);
      if (portUsed_) change += settle(kPort, g, flows, count);
    }
    if (change < kToleranceNs) break;
    static const bool DBG = getenv("DBG"); if (DBG && sweep == kMaxSweeps - 1) fprintf(stderr, "unsettled %g, %d flows %d groups\n", change, count, groupCount_);
  }
  for (int i = 0; i < count; i++) roundTripNs[i] = roundTrip(i);
}

}  // namespace missile::sim
