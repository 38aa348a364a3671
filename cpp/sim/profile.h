// What a kernel costs when nothing else runs, by the same functions that price it in the simulation.
#pragma once

#include "kernel_cost.h"
#include "memory_model.h"

namespace missile::sim {

class Profiler {
 public:
  explicit Profiler(const KernelCost& cost) : cost_(cost), memory_(cost.gpu()) {}

  // From the start of its first block to the end of its last on `tpcs` TPCs, in whole nanoseconds.
  double aloneNs(const LoadedKernel& kernel, int tpcs);

  KernelProfile profile(const LoadedKernel& kernel);

  // From now on the kernel alone takes what was measured, where memory allows it; between the numbers of TPCs that were tried the pace goes
  // over from one to the other.
  void follow(LoadedKernel& kernel, const KernelCurve& curve);

 private:
  double vramShareAlone(const LoadedKernel& kernel) const {
    return cost_.vramShare(kernel, cost_.gpu().l2Bytes);
  }
  double planNs(const LoadedKernel& kernel, const Plan& plan);
  double paceFor(LoadedKernel& kernel, int tpcs, double measuredNs);

  const KernelCost& cost_;
  MemoryModel memory_;
};

}  // namespace missile::sim
