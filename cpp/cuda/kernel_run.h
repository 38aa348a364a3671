// Consecutive kernels of a network, as one launch executes them. Kernels are counted from the launch's first.
#pragma once

#include <cstdint>

#include "network.h"

namespace missile::cuda {

struct KernelRun {
  Network* network = nullptr;
  uint32_t tenant = 0, firstKernel = 0, count = 0;
  uint32_t slot = 0;
  uint32_t blocksLeft = 0;  // of the first kernel, if an eviction interrupted it; 0: all

  const Network::Kernel& kernel(uint32_t index) const { return network->kernel(firstKernel + index); }
  uint32_t blocks(uint32_t index) const { return index == 0 && blocksLeft > 0 ? blocksLeft : kernel(index).blocks; }
  uint32_t firstBlock(uint32_t index) const { return kernel(index).blocks - blocks(index); }
};

}  // namespace missile::cuda
