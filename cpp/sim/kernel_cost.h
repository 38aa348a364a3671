// What blocks of a kernel cost: the one place where work becomes time. The simulation and the profiles both ask here.
//
// Blocks run in rounds, as many at once as fit on their SMs. A round takes the longer of its computation, on the fullest
// SM, and its memory accesses, which keep a limited number of bytes in flight (memory_model.h). Claiming a block counts
// as computation: accesses of other blocks go on meanwhile. A kernel's first round is preceded by its start. Of a kernel that was measured all
// of this is slowed down, or quickened, by as much as makes it take alone what was measured; so it also asks less of memory, or more, at a time.
#pragma once

#include <cstddef>
#include <vector>

#include "device.h"
#include "memory_model.h"

namespace missile::sim {

// A kernel of a loaded network, with what the cost functions need of it.
struct LoadedKernel {
  int64_t grid;
  int residents;  // blocks an SM holds
  double threads;
  double flopsPerBlock;
  double weightBytes;
  double activationBytes;  // distinct
  double requestedBytes;   // of L2, over the grid
  double writeShare;       // of these
  bool weightsStay;        // the whole network fits in L2, so its parameters are there from one inference to the next
  double l2WantBytes;      // what it would like to keep in L2
  // What was measured over what the model says, [TPCs - 1]; empty: nothing was measured.
  std::vector<double> pace;

  double paceOn(int tpcs) const { return pace.empty() ? 1 : pace[static_cast<size_t>(tpcs) - 1]; }
};

// Blocks that start together and end together.
struct Round {
  int64_t blocks;
  double computeNs;
  double bytes;
  double writeShare;  // of these bytes
  double inFlightBytes;
  double computeLoad;   // share of its SMs' arithmetic that it asks for
  double inFlightLoad;  // share of its SMs' outstanding accesses that it takes
};

// Equal rounds in a row, after the kernel's start or later.
struct Plan {
  Round round;
  int64_t rounds;
  double startNs;  // of the kernel, before its first round
};

// What a round gets of its SMs when blocks of other kernels run on them too.
struct SmSharing {
  double computeSlowdown = 1;
  double inFlightShare = 1;

  bool operator==(const SmSharing&) const = default;
};

class KernelCost {
 public:
  explicit KernelCost(const GpuSpec& gpu) : gpu_(gpu) {}

  const GpuSpec& gpu() const { return gpu_; }

  // One LoadedKernel for each kernel of a network. Throws std::runtime_error for a block that fits no SM.
  std::vector<LoadedKernel> loadNetwork(const std::vector<Kernel>& kernels) const;

  // `blocks` of the kernel spread evenly over `sms` SMs, at most `residents` on each.
  Round round(const LoadedKernel& kernel, int64_t blocks, int sms) const;

  // Share of the kernel's accesses that go to VRAM when it has `l2Bytes` of L2 to itself.
  double vramShare(const LoadedKernel& kernel, double l2Bytes) const;

  double roundNs(const Round& round, SmSharing sharing, double roundTripNs) const;
  // Time of all rounds of the plan, its start not included.
  double workNs(const Plan& plan, SmSharing sharing, double roundTripNs) const {
    return static_cast<double>(plan.rounds) * roundNs(plan.round, sharing, roundTripNs);
  }

  // What the plan asks of memory once its kernel has begun.
  MemoryFlow flow(const Plan& plan, SmSharing sharing, double vramShare, ChannelSet channels) const;

  // Before its first blocks work. What is said of a kernel alone is said of an elastic one.
  double startNs(const LoadedKernel& kernel, int sms, bool isElastic) const {
    const double elasticNs = isElastic ? gpu_.executor.elasticKernelNs : 0;
    return (gpu_.compute.kernelFloorNs + elasticNs) * kernel.paceOn(sms / gpu_.smsPerTpc);
  }

 private:
  GpuSpec gpu_;
};

}  // namespace missile::sim
