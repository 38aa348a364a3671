// How long memory requests take when several kernels share channels, L2 slices and the crossbar.
//
// A closed queueing network in its fluid limit. A flow (the blocks of one kernel that are in flight) keeps at most
// `inFlightBytes` outstanding, so its rate is that divided by the round trip
//
//     T = unloaded latency + wait at the channels it visits + wait in the crossbar.
//
// Each channel, with its L2 slices, is one queue: at utilisation u a request waits channelWaitNs * u / (1 - u), whether
// it will hit or miss. A flow that saturates its channels has a backlog there; what exceeds crossbarQueueBytes stands in
// the crossbar, in first-come order, in front of everybody's requests to every other channel. That is why a kernel
// squeezed onto few channels slows those that share no channel with it.
#pragma once

#include <array>
#include <vector>

#include "gpu_spec.h"

namespace missile::sim {

struct MemoryFlow {
  double inFlightBytes;    // most that is outstanding while it accesses memory
  double demandBytesPerNs; // what it asks for when memory is no obstacle
  double activeShare;      // of its time with accesses in flight; the rest is start and drain
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
  // The two queues of a channel and its L2 slices.
  enum Queue { kChannel, kPort };
  template <typename T>
  using PerQueue = std::array<T, 2>;

  // Channels that the same flows visit.
  struct Group {
    ChannelSet channels;
    PerQueue<double> waitNs;
    double blockingNs;  // of the wait at the channel: spent in the crossbar, in everybody's way
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
  bool portUsed_ = false;
  int groupCount_ = 0;
  double blockingNs_ = 0;  // sum over the groups
};

}  // namespace missile::sim
