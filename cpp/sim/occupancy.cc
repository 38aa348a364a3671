#include "occupancy.h"

#include <algorithm>
#include <cmath>

namespace missile::sim {

int residentBlocks(const GpuSpec& gpu, const Kernel& kernel) {
  constexpr double kWarp = 32;  // registers and threads are handed out by the warp
  const double threads = std::ceil(kernel.threadsPerBlock / kWarp) * kWarp;
  double blocks = std::min<double>(gpu.blocksPerSm, std::floor(gpu.threadsPerSm / threads));
  const double registers = threads * kernel.registersPerThread;
  if (registers > 0) blocks = std::min(blocks, std::floor(gpu.registersPerSm / registers));
  if (kernel.sharedBytesPerBlock > 0) {
    blocks = std::min(blocks, std::floor(gpu.sharedBytesPerSm / kernel.sharedBytesPerBlock));
  }
  return static_cast<int>(blocks);
}

}  // namespace missile::sim
