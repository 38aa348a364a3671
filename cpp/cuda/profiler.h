// How long each kernel of a network takes alone on this GPU, measured by number of TPCs. Kernels are timed in chains, one right behind the other and
// short ones as one graph, as a launch of LS runs them; of a long kernel a part of its blocks.
#pragma once

#include <cstdint>

#include "context.h"
#include "device.h"
#include "elastic.h"
#include "gpu_spec.h"
#include "kernel_graph.h"
#include "network.h"
#include "partition_pool.h"

namespace missile::cuda {

class Profiler {
 public:
  Profiler(const Context& context, const GpuSpec& spec, const TpcMap& map, PartitionPool& partitions, SmTable sms);
  ~Profiler();
  Profiler(const Profiler&) = delete;
  Profiler& operator=(const Profiler&) = delete;

  // Nothing else may run while a kernel is measured. Throws CallFailed.
  // On all TPCs and, by halving, on the fewest with which it takes no more than kTolerance longer.
  KernelCurve briefly(const Network::Kernel& kernel, int tenant);
  // On every number of TPCs that is tried.
  KernelCurve thoroughly(const Network::Kernel& kernel, int tenant);

 private:
  // `length` times the kernel's first `blocks`.
  struct Chain {
    unsigned length;
    uint32_t blocks;
  };

  double roundBlocks(const Network::Kernel& kernel, unsigned tpcs) const;
  uint32_t blocksFor(const Network::Kernel& kernel, unsigned tpcs, double wholeNs) const;
  double aloneNs(const Network::Kernel& kernel, int tenant, unsigned tpcs);
  double chainNs(const Network::Kernel& kernel, int tenant, PartitionStream& stream, Chain chain);
  KernelCall callOf(const Network::Kernel& kernel, int tenant, uint32_t blocks) const;

  const Context& context_;
  const GpuSpec& spec_;
  const TpcMap& map_;
  PartitionPool& partitions_;
  SmTable sms_;
  GraphPool graphs_;
  DeviceMemory state_;
  PinnedMemory report_;
  CUevent from_ = nullptr, to_ = nullptr;
};

}  // namespace missile::cuda
