// A launch on the simulated GPU, and the waves of blocks in which its present kernel runs.
#pragma once

#include <cstdint>

#include "device.h"
#include "kernel_cost.h"

namespace missile::sim {

enum class Phase : uint8_t {
  queued,   // the host has not launched it yet
  running,  // blocks of its kernel are in flight or wait for room
  gap,      // between two kernels, holding no SM
};

struct Launch {
  int64_t id;  // kFree: the slot is free
  int tenant;
  const LoadedKernel* network;  // the tenant's kernels
  int priority;
  int kernel, kernelsDone, kernelCount;  // kernel: index in the network of the one that runs
  Phase phase;
  bool started;           // a block of the present kernel has been placed
  bool seeksRoom;         // since it last looked, SMs may have become free for it
  int64_t unclaimed;      // blocks of the present kernel that no wave has claimed
  int64_t sequence;       // when its kernel started, among all: earlier ones place blocks first
  int64_t gapEndNs;
  int waves;
  double gapNs;           // before the present kernel's first waves
  ChannelSet channels;    // in which the present kernel's memory lies
  double vramBytes;       // moved through these channels, not yet in the tenant's account
  TpcSet filledTpcs;      // on which its last waves were
  double filledNs;        // of each of these, not yet in the tenant's account
  TpcSet tpcs;            // that it may place blocks on
  TpcSet leaving;         // evicted, but with blocks in flight
  TpcSet yielded;         // left in this instant
  TpcSet rejoining;       // asked for again before it has left them
  int64_t rejoinIssue;    // number of the order that asked
  int extensionsPending;  // orders to extend that have not taken effect yet

  static constexpr int64_t kFree = -1;

  // Nobody takes TPCs from a launch with priority: its kernels are plain, and go to the GPU as one graph.
  bool isElastic() const { return priority == 0; }
  const LoadedKernel& present() const { return network[kernel]; }
};

// Blocks of one launch that started together on the same TPCs, in one or more equal rounds.
struct Wave {
  int launch;  // slot
  TpcSet tpcs;
  double smUse;  // share of each of its SMs that it fills
  Plan plan;
  SmSharing sharing;
  MemoryFlow flow;     // what it asks of memory, if known
  bool flowKnown;
  int64_t workFromNs;  // when its first round begins, after the kernel's start
  bool isWorking;      // it has
  double workNs;       // of all its rounds at present speeds; kUnpriced: not known yet
  double done;         // of that work, 0..1
  int64_t settledNs;   // when `done` was computed
  int64_t countedNs;   // until when its time is in the launch's account
  int64_t endNs;

  static constexpr double kUnpriced = -1;
};

}  // namespace missile::sim
