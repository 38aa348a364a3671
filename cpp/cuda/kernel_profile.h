// What the scheduler is to know of a kernel whose times were measured.
#pragma once

#include "device.h"

namespace missile::cuda {

// A kernel needs the fewest TPCs with which it takes at most so much longer than the least that was measured: more TPCs take no longer, and what
// says otherwise is noise. Of 64 equal kernels measured on an H200, one on 27 TPCs took 60 % longer than on 24 and on 30.
constexpr double kTolerance = 1.05;

// `curve` has a time on all TPCs.
KernelProfile profileOf(const Kernel& kernel, const KernelCurve& curve, const GpuSpec& gpu);

}  // namespace missile::cuda
