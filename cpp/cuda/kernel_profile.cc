#include "kernel_profile.h"

#include <algorithm>

namespace missile::cuda {

namespace {

int tpcsNeeded(const KernelCurve& curve, int all) {
  int needed = all;
  for (int tpcs = all; tpcs > 0; tpcs--) {
    const double ns = curve.ns[tpcs - 1];
    if (ns > kTolerance * curve.onAll(all)) break;
    if (ns > 0) needed = tpcs;
  }
  return needed;
}

}  // namespace

KernelProfile profileOf(const Kernel& kernel, const KernelCurve& curve, const GpuSpec& gpu) {
  const double aloneNs = curve.onAll(gpu.tpcs());
  const double computeNs = kernel.flops / (gpu.flopsPerSmNs * gpu.compute.achievedShare * gpu.sms);
  const double vramNs = kernel.footprintBytes / gpu.memory.achievedGBs;
  const double requested = kernel.weightBytes + kernel.readBytes + kernel.writtenBytes;
  const double l2Ns = std::max(0.0, requested - kernel.footprintBytes) / gpu.memory.l2GBs;
  return {.aloneNs = aloneNs,
          .tpcsNeeded = static_cast<double>(tpcsNeeded(curve, gpu.tpcs())),
          .memoryBound = vramNs + l2Ns > computeNs ? 1.0 : 0.0,
          .computeShare = std::min(1.0, computeNs / aloneNs),
          .memoryShare = std::min(1.0, vramNs / aloneNs)};
}

}  // namespace missile::cuda
