#include "memory_model.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace missile::sim {
namespace {

// Waits are settled to this many ns: less than a thousandth of the shortest round trip.
constexpr double kToleranceNs = 0.25;
constexpr int kMaxSweeps = 64;
constexpr double kEndlessNs = 1e30;

// Accesses that stand in the channel's queue for each write that hits L2: the write, and a read behind it. Measured on
// the H200: kernels within L2 that write a fifth, a third and half of their accesses are slowed by a neighbour's stream
// in about that proportion (bench/data/h200-measured.ts).
constexpr double kStandingPerWrite = 2;

// Utilisation of a queue by some flows, and by how much it falls for each ns that the queue makes them wait.
struct Load {
  double use = 0, slope = 0;

  void add(double more, double relativeSlope) {
    use += more;
    slope += more * relativeSlope;
  }
  void add(const Load& more) {
    use += more.use;
    slope += more.slope;
  }
};

// Where the wait and the utilisation that it allows agree: w = channelWaitNs * u / (1 - u).
//
// Around the present wait the utilisation by the flows that memory limits is nearly a / (l + w), that by the others a
// constant c: the root of a quadratic.
double fixedPoint(const Load& limited, double c, double presentNs, double channelWaitNs) {
  const double s = channelWaitNs;
  if (limited.use == 0) return s * c / (1 - c);
  const double l = limited.use / limited.slope - presentNs;
  const double a = limited.use * (l + presentNs);
  const double perFree = 1 / (1 - c);
  const double half = (l - (a + s * c) * perFree) / 2;
  return -half + std::sqrt(std::max(0.0, half * half + s * (c * l + a) * perFree));
}

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
  const double standingHits = hits * std::min(1.0, kStandingPerWrite * flow.writeShare);
  const double passingHits = hits - standingHits;
  const double vramSlots = flow.vramShare * vramSlots_[channels];
  const double unloaded = unloadedNs(flow.vramShare);
  return {.standing = {flow.vramShare + standingHits, passingHits},
          .slotsPerByte = {vramSlots + standingHits * l2Slots_[channels], passingHits * l2Slots_[channels]},
          .unloadedNs = unloaded,
          .roundTripNs = unloaded};
}

// Cuts the channels into groups such that every flow visits a group wholly or not at all.
void MemoryModel::split(const MemoryFlow* flows, int count) {
  groupCount_ = 0;
  readPortUsed_ = false;
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
    readPortUsed_ = readPortUsed_ || visitors_[i].standing[kReadPort] > 0;
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
    ns += share(flow, g) * (standing[kChannel] * channelNs + standing[kReadPort] * groups_[g].waitNs[kReadPort]);
  }
  return ns;
}

// Moves the group's wait in the queue towards its fixed point and returns by how much.
double MemoryModel::settle(Queue queue, int g, const MemoryFlow* flows, int count) {
  Group& group = groups_[g];
  Load limited, others;
  double constant = 0, bytesPerNs = 0;
  const double before = group.waitNs[queue];
  // A longer wait at the channel is felt in the crossbar too, by those that do not stand at the channel.
  const double felt = queue == kChannel && before > 0 ? group.blockingNs / before : 0;
  for (int i = 0; i < count; i++) {
    const double stands = share(i, g) * visitors_[i].standing[queue];
    if (stands == 0 || !flows[i].isActive) continue;
    const double perNs = 1 / visitors_[i].roundTripNs;
    const double possible = flows[i].inFlightBytes * perNs;
    const double rate = std::min(possible, flows[i].demandBytesPerNs);
    const double slots = visitors_[i].slotsPerByte[queue];
    const double slope = (stands + (1 - stands) * felt) * perNs;
    bytesPerNs += rate * stands;
    if (possible > flows[i].demandBytesPerNs) {
      constant += rate * slots;
      others.add(possible * slots, slope);
    } else {
      limited.add(rate * slots, slope);
    }
  }
  double wait = constant < 1 ? fixedPoint(limited, constant, before, channelWaitNs_) : kEndlessNs;
  if (constant > 0 && wait > channelWaitNs_) {
    // No longer than if memory limited all flows: at the new wait it may limit those that it does not limit yet.
    others.add(limited);
    wait = std::min(wait, fixedPoint(others, 0, before, channelWaitNs_));
  }
  group.waitNs[queue] = wait;
  const double changed = wait - before;
  double moved = 0;
  // Without other groups and without reads that pass the queue, nobody is a bystander.
  if (queue == kChannel && (groupCount_ > 1 || readPortUsed_)) {
    const double backlog = wait * bytesPerNs;
    // Groups block each other: the more there are, the shorter the step, lest they swing.
    moved = std::min(1.0, 2.0 / groupCount_) * (wait * backlog / (backlog + crossbarQueueBytes_) - group.blockingNs);
    group.blockingNs += moved;
    blockingNs_ += moved;
  }
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
      if (readPortUsed_) change += settle(kReadPort, g, flows, count);
    }
    if (change < kToleranceNs) break;
  }
  for (int i = 0; i < count; i++) roundTripNs[i] = roundTrip(i);
}

}  // namespace missile::sim
