// How long memory requests take when several kernels share channels, L2 slices and the crossbar.
//
// A closed queueing network in its fluid limit. A flow (the blocks of one kernel that are in flight) keeps at most
// `inFlightBytes` outstanding, so its rate is that divided by the round trip
//
//     T = unloaded latency + wait at the channels it visits + wait in the crossbar.
//
// A channel, with its L2 slices, has two queues; at utilisation u a request waits channelWaitNs * u / (1 - u) in either.
// In the channel's own queue stand misses and writes: what was written goes back over the channel, hit or miss. Reads
// that hit go past it and wait for the slices' read port alone, unless they are behind a write of their own kernel. So a
// kernel that only reads what L2 holds feels no stream beside it until the channels are full.
//
// A flow that saturates its channels has a backlog there; what exceeds crossbarQueueBytes stands in the crossbar, in
// first-come order, in front of everybody's requests to every channel, hits and misses alike. That is why a kernel
// squeezed onto few channels slows those that share no channel with it.
#pragma once

#include <array>
#include <vector>

#include "gpu_spec.h"

namespace missile::sim {

struct MemoryFlow {
  double inFlightBytes;    // most that is outstanding while it accesses memory
  double demandBytesPerNs; // what it asks for when memory is no obstacle
  bool isActive;           // its kernel has begun; until then it asks for nothing
  double vramShare;        // of its bytes; the others hit L2
  double writeShare;       // of its bytes, wherever they go
  ChannelSet channels;
};

// Flows that the model tells apart at once; more is a bug of the caller.
constexpr int kMaxFlows = 96;

class MemoryModel {
 public:
  explicit MemoryModel(const GpuSpec& gpu);

  // Round trip of an access when nothing waits.
  double unloadedNs(double vramShare) const {
    return l2LatencyNs_ + vramShare * (vramLatencyNs_ - l2LatencyNs_);
  }

  // Writes the loaded round trip of each flow.
  void solve(const MemoryFlow* flows, int count, double* roundTripNs);

 private:
  enum Queue { kChannel, kReadPort };
  template <typename T>
  using PerQueue = std::array<T, 2>;

  // Channels that the same flows visit.
  struct Group {
    ChannelSet channels;
    PerQueue<double> waitNs;
    double blockingNs;  // part of the wait at the channel: in the crossbar, in everybody's way
  };

  struct Visitor {
    PerQueue<double> standing;      // share of its accesses that stand in the queue
    PerQueue<double> slotsPerByte;  // utilisation of its channels' queues that a byte a ns causes
    double unloadedNs;
    double roundTripNs;  // at the present waits
  };

  Visitor visitor(const MemoryFlow& flow) const;
  void split(const MemoryFlow* flows, int count);
  double roundTrip(int flow) const;
  // Share of the flow's accesses that go to the group.
  double share(int flow, int group) const { return shares_[flow * groupCount_ + group]; }
  double settle(Queue queue, int group, const MemoryFlow* flows, int count);

  double vramLatencyNs_, l2LatencyNs_, channelWaitNs_, crossbarQueueBytes_;
  // By number of channels of a flow: utilisation of those channels by a byte a ns from VRAM, and from L2.
  std::array<double, 97> vramSlots_{}, l2Slots_{};
  std::array<Group, 96> groups_;  // never more than channels
  std::array<Visitor, kMaxFlows> visitors_;
  std::vector<double> shares_;  // [flow][group]
  bool readPortUsed_ = false;
  int groupCount_ = 0;
  double blockingNs_ = 0;  // sum over the groups
};

}  // namespace missile::sim
