#include "speed.h"

#include <algorithm>
#include <array>

namespace missile::sim {

Speed::Speed(const KernelCost& cost)
    : cost_(cost), memory_(cost.gpu()), flows_(kMaxFlows), roundTrips_(kMaxFlows), workNs_(kMaxFlows) {}

// Blocks on the same SMs slow each other down once together they ask for more than the SM has.
SmSharing Speed::sharingOf(const Wave& wave, const std::vector<Wave>& waves) const {
  double compute = wave.plan.round.computeLoad, inFlight = wave.plan.round.inFlightLoad;
  for (const Wave& other : waves) {
    if (&other == &wave || !other.tpcs.overlaps(wave.tpcs)) continue;
    const double common = static_cast<double>((other.tpcs & wave.tpcs).size()) / wave.tpcs.size();
    compute += common * other.plan.round.computeLoad;
    inFlight += common * other.plan.round.inFlightLoad;
  }
  return {.computeSlowdown = std::max(1.0, compute), .inFlightShare = 1 / std::max(1.0, inFlight)};
}

// L2 follows its channels: a kernel confined to some of them has these channels' part of L2.
void Speed::divideL2(const std::vector<Launch>& launches, const std::vector<int>& active) {
  const GpuSpec& gpu = cost_.gpu();
  vramShares_.resize(launches.size());
  holders_.clear();
  double wanted = 0;
  for (const int slot : active) {
    const Launch& launch = launches[slot];
    if (launch.waves == 0) continue;
    holders_.push_back({slot, launch.present().l2WantBytes, launch.channels, launch.channels.size()});
    wanted += launch.present().l2WantBytes;
  }
  for (size_t i = 0; i < holders_.size(); i++) {
    const double capacity = gpu.l2Bytes * holders_[i].channelCount / gpu.channels;
    const double bytes = wanted <= capacity ? capacity : l2BytesOf(i, capacity);
    vramShares_[holders_[i].slot] = cost_.vramShare(launches[holders_[i].slot].present(), bytes);
  }
}

// L2 is divided among the running kernels max-min fairly: who wants less than an equal share gets all it wants.
double Speed::l2BytesOf(size_t holder, double capacity) const {
  const L2Holder& own = holders_[holder];
  std::array<double, kMaxFlows> modest;  // wants below its own
  int modestCount = 0, others = 0;
  for (size_t i = 0; i < holders_.size(); i++) {
    const L2Holder& other = holders_[i];
    if (i == holder || !other.channels.overlaps(own.channels)) continue;
    const bool same = other.channels == own.channels;
    const double common = same ? 1 : static_cast<double>((other.channels & own.channels).size()) / other.channelCount;
    const double want = other.wantBytes * common;
    if (want < own.wantBytes && modestCount < kMaxFlows) {
      modest[modestCount++] = want;
    } else {
      others++;
    }
  }
  std::sort(modest.begin(), modest.begin() + modestCount);
  double left = capacity;
  for (int i = 0; i < modestCount; i++) left -= std::min(modest[i], left / (modestCount - i + others + 1));
  return left / (others + 1);
}

void Speed::compute(std::vector<Wave>& waves, const std::vector<Launch>& launches, const std::vector<int>& active) {
  divideL2(launches, active);
  for (size_t i = 0; i < waves.size(); i++) {
    Wave& wave = waves[i];
    const Launch& launch = launches[wave.launch];
    const SmSharing sharing = sharingOf(wave, waves);
    const double vramShare = vramShares_[wave.launch];
    if (!wave.flowKnown || !(sharing == wave.sharing) || vramShare != wave.flow.vramShare) {
      wave.sharing = sharing;
      wave.flow = cost_.flow(wave.plan, sharing, vramShare, launch.channels);
      wave.flowKnown = true;
    }
    flows_[i] = wave.flow;
    flows_[i].isActive = wave.isWorking;
  }
  memory_.solve(flows_.data(), static_cast<int>(waves.size()), roundTrips_.data());
  for (size_t i = 0; i < waves.size(); i++) {
    workNs_[i] = cost_.workNs(waves[i].plan, waves[i].sharing, roundTrips_[i]);
  }
}

}  // namespace missile::sim
