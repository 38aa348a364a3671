#include "kernel_profile.h"

#include <algorithm>

namespace missile::cuda {

namespace {

int tpcsNeeded(const KernelCurve& curve, int all) {
  double least = curve.onAll(all);
  for (const double ns : curve.ns) {
    if (ns > 0) least = std::min(least, ns);
  }
  const auto isEnough = [&](double ns) { return ns > 0 && ns <= kTolerance * least; };
  const auto found = std::find_if(curve.ns, curve.ns + all, isEnough);
  return std::min(all, static_cast<int>(found - curve.ns) + 1);
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
