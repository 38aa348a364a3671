// What the scheduler is to know of a kernel whose times were measured.
#pragma once

#include "device.h"

namespace missile::cuda {

// A kernel needs the fewest TPCs with which, and with any more of which, it takes at most so much longer than with all.
constexpr double kTolerance = 1.05;

// `curve` has a time on all TPCs.
KernelProfile profileOf(const Kernel& kernel, const KernelCurve& curve, const GpuSpec& gpu);

}  // namespace missile::cuda
