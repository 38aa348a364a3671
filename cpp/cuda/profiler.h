// What each kernel of a network costs alone on this GPU, measured: how long it takes on all TPCs, and with how few of them it takes
// no longer. Kernels are timed in chains, one right behind the other, as a launch runs them; of a long kernel a part of its blocks.
#pragma once

#include <cstdint>
#include <vector>

#include "context.h"
#include "device.h"
#include "elastic.h"
#include "gpu_spec.h"
#include "network.h"
#include "partition_pool.h"

namespace missile::cuda {

class Profiler {
 public:
  Profiler(const Context& context, const GpuSpec& spec, const TpcMap& map, PartitionPool& partitions, SmTable sms);
  ~Profiler();
  Profiler(const Profiler&) = delete;
  Profiler& operator=(const Profiler&) = delete;

  // One profile a kernel; `kernels` are what the network was made from. Nothing else may run meanwhile. Throws CallFailed.
  std::vector<KernelProfile> profile(const Network& network, int tenant, const std::vector<missile::Kernel>& kernels);

 private:
  // `length` times the kernel's first `blocks`.
  struct Chain {
    unsigned length;
    uint32_t blocks;
  };

  double roundBlocks(const Network::Kernel& kernel, unsigned tpcs) const;
  uint32_t blocksFor(const Network::Kernel& kernel, unsigned tpcs, double wholeNs) const;
  double aloneNs(const Network::Kernel& kernel, int tenant, unsigned tpcs);
  unsigned tpcsNeeded(const Network::Kernel& kernel, int tenant, double aloneNs);
  double chainNs(const Network::Kernel& kernel, int tenant, CUstream stream, Chain chain);

  const Context& context_;
  const GpuSpec& spec_;
  const TpcMap& map_;
  PartitionPool& partitions_;
  SmTable sms_;
  DeviceMemory state_;
  PinnedMemory report_;
  CUevent from_ = nullptr, to_ = nullptr;
};

}  // namespace missile::cuda
