#include "memory_model.h"

#include <algorithm>
#include <cmath>
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

// Cuts the channels into groups such that every flow visits a group wholly or not at all.
void MemoryModel::split(const MemoryFlow* flows, int count) {
  groupCount_ = 0;
  for (int i = 0; i < count; i++) {
    ChannelSet rest = flows[i].channels;
    const int before = groupCount_;
    for (int g = 0; g < before && !rest.empty(); g++) {
      const ChannelSet common = groups_[g].channels & rest;
      if (common.empty()) continue;
      const ChannelSet others = groups_[g].channels - common;
      groups_[g].channels = common;
      if (!others.empty()) groups_[groupCount_++] = {others, 0, 0};
      rest = rest - common;
    }
    if (!rest.empty()) groups_[groupCount_++] = {rest, 0, 0};
    const int channels = flows[i].channels.size();
    visitors_[i] = {flows[i].vramShare * vramSlots_[channels] + (1 - flows[i].vramShare) * l2Slots_[channels],
                    unloadedNs(flows[i].vramShare), unloadedNs(flows[i].vramShare)};
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
  double ns = visitors_[flow].unloadedNs + blockingNs_;
  // Behind its own group's backlog it waits once, not again as a bystander.
  for (int g = 0; g < groupCount_; g++) ns += share(flow, g) * (groups_[g].waitNs - groups_[g].blockingNs);
  return ns;
}

// Moves the group's wait towards its fixed point and returns by how much.
//
// Around the present wait w the utilisation by the flows that memory limits is nearly a / (l + w), by the others a
// constant c; with these the fixed point w = channelWaitNs * u / (1 - u) is the root of a quadratic.
double MemoryModel::relax(int g, const MemoryFlow* flows, int count) {
  Group& group = groups_[g];
  double limited = 0, limitedSlope = 0, constant = 0, bytesPerNs = 0;
  for (int i = 0; i < count; i++) {
    const double visits = share(i, g);
    if (visits == 0) continue;
    const double ns = visitors_[i].roundTripNs;
    const double possible = flows[i].inFlightBytes / ns;
    const double rate = flows[i].activeShare * std::min(possible, flows[i].demandBytesPerNs);
    const double use = rate * visitors_[i].slotsPerByte;
    bytesPerNs += rate * visits;
    // Demand alone must not saturate a channel: then memory limits these flows as well.
    if (possible > flows[i].demandBytesPerNs && constant + use < 0.98) {
      constant += use;
    } else {
      limited += use;
      limitedSlope += use / ns * visits;
    }
  }
  const double s = channelWaitNs_;
  const double before = group.waitNs;
  double wait = s * constant / (1 - constant);
  if (limited > 0) {
    const double l = limited / limitedSlope - before;
    const double a = limited * (l + before);
    const double free = 1 - constant;
    const double half = (free * l - a - s * constant) / (2 * free);
    wait = -half + std::sqrt(std::max(0.0, half * half + s * (constant * l + a) / free));
  }
  group.waitNs = wait;
  double moved = 0;
  if (groupCount_ > 1) {
    const double backlog = wait * bytesPerNs;
    // Groups block each other: the more there are, the shorter the step, lest they swing.
    moved = 2.0 / groupCount_ * (wait * backlog / (backlog + crossbarQueueBytes_) - group.blockingNs);
    group.blockingNs += moved;
    blockingNs_ += moved;
  }
  const double changed = wait - before;
  for (int i = 0; i < count; i++) visitors_[i].roundTripNs += moved + share(i, g) * (changed - moved);
  return std::abs(changed) + std::abs(moved);
}

void MemoryModel::solve(const MemoryFlow* flows, int count, double* roundTripNs) {
  if (count > kMaxFlows) throw std::logic_error("more memory flows than the model tells apart");
  split(flows, count);
  blockingNs_ = 0;
  for (int sweep = 0; sweep < kMaxSweeps; sweep++) {
    double change = 0;
    for (int g = 0; g < groupCount_; g++) change += relax(g, flows, count);
    if (change < kToleranceNs) break;
  }
  for (int i = 0; i < count; i++) roundTripNs[i] = roundTrip(i);
}

}  // namespace missile::sim
