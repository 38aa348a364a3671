// How fast the waves in flight are: what each gets of its SMs, of L2 and of memory beside the others.
#pragma once

#include <cstddef>
#include <vector>

#include "kernel_cost.h"
#include "launch.h"
#include "memory_model.h"

namespace missile::sim {

class Speed {
 public:
  explicit Speed(const KernelCost& cost);

  // Computes the speed of every wave; writes what it shares and asks of memory into the wave.
  void compute(std::vector<Wave>& waves, const std::vector<Launch>& launches, const std::vector<int>& active);

  // Time of all rounds of the wave number `index` at that speed.
  double workNs(size_t index) const { return workNs_[index]; }

 private:
  SmSharing sharingOf(const Wave& wave, const std::vector<Wave>& waves) const;
  void divideL2(const std::vector<Launch>& launches, const std::vector<int>& active);
  double l2BytesOf(size_t holder, double capacity) const;

  // A launch with blocks in flight, and the part of L2 that it would like.
  struct L2Holder {
    int slot;
    double wantBytes;
    ChannelSet channels;
    int channelCount;
  };

  const KernelCost& cost_;
  MemoryModel memory_;
  std::vector<MemoryFlow> flows_;
  std::vector<double> roundTrips_;
  std::vector<double> workNs_;
  std::vector<L2Holder> holders_;
  std::vector<double> vramShares_;  // by slot
};

}  // namespace missile::sim
