// What the scheduler is to know of a kernel whose times were measured.
#pragma once

#include "device.h"

namespace missile::cuda {

// A kernel needs the fewest TPCs with which it takes at most so much longer than the least that was measured: more TPCs take no longer, and what
// says otherwise is noise. Of 64 equal kernels measured on an H200, one on 27 TPCs took 60 % longer than on 24 and on 30.
// A simulated GPU has 5 % here. On a real one BE disturbs whoever has few TPCs more than a profile, made alone, can say: LS of h200-micro on 44 of 66 TPCs
// had p99 0.64, 0.72 and 1.01 ms, on all of them 0.56, 0.59 and 0.84, and BE did no less (medians of three runs of 5 s on an H200).
constexpr double kTolerance = 1.02;

// `curve` has a time on all TPCs.
KernelProfile profileOf(const Kernel& kernel, const KernelCurve& curve, const GpuSpec& gpu);

}  // namespace missile::cuda
