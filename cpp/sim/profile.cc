#include "profile.h"

#include <algorithm>
#include <cmath>

namespace missile::sim {

namespace {

// How near to a measured time the model is brought. A kernel that is quicker than its memory accesses may be is not followed for ever.
constexpr double kCloseEnough = 0.002;
constexpr int kMostSteps = 24;
constexpr double kLeastPace = 0.1, kMostPace = 100;

}  // namespace

double Profiler::planNs(const LoadedKernel& kernel, const Plan& plan) {
  const double vramShare = vramShareAlone(kernel);
  const MemoryFlow flow = cost_.flow(plan, {}, vramShare, cost_.gpu().allChannels());
  double roundTripNs;
  memory_.solve(&flow, 1, &roundTripNs);
  return static_cast<double>(std::llround(plan.startNs) + std::llround(cost_.workNs(plan, {}, roundTripNs)));
}

double Profiler::aloneNs(const LoadedKernel& kernel, int tpcs) {
  const int sms = tpcs * cost_.gpu().smsPerTpc;
  const int64_t slots = static_cast<int64_t>(kernel.residents) * sms;
  const int64_t full = kernel.grid / slots, rest = kernel.grid % slots;
  const double startNs = cost_.startNs(kernel, sms, true);
  double ns = 0;
  if (full > 0) ns = planNs(kernel, {cost_.round(kernel, slots, sms), full, startNs});
  if (rest > 0) ns += planNs(kernel, {cost_.round(kernel, rest, sms), 1, full > 0 ? 0 : startNs});
  return ns;
}

double Profiler::paceFor(LoadedKernel& kernel, int tpcs, double measuredNs) {
  double& pace = kernel.pace[static_cast<size_t>(tpcs) - 1];
  pace = 1;
  for (int step = 0; step < kMostSteps; step++) {
    const double ns = aloneNs(kernel, tpcs);
    if (std::abs(ns / measuredNs - 1) < kCloseEnough) break;
    pace = std::clamp(pace * measuredNs / ns, kLeastPace, kMostPace);
  }
  return pace;
}

void Profiler::follow(LoadedKernel& kernel, const KernelCurve& curve) {
  const int tpcs = cost_.gpu().tpcs();
  kernel.pace.assign(static_cast<size_t>(tpcs), 1);
  int known = 0;
  for (int count = 1; count <= tpcs; count++) {
    if (curve.ns[count - 1] <= 0) continue;
    const double pace = paceFor(kernel, count, curve.ns[count - 1]);
    const double before = known > 0 ? kernel.paceOn(known) : pace;
    for (int between = known + 1; between < count; between++) {
      kernel.pace[static_cast<size_t>(between) - 1] = before + (pace - before) * (between - known) / (count - known);
    }
    known = count;
  }
  // Beyond the last that is known there is nothing to go by but it.
  for (int count = known + 1; known > 0 && count <= tpcs; count++) kernel.pace[static_cast<size_t>(count) - 1] = kernel.paceOn(known);
}

KernelProfile Profiler::profile(const LoadedKernel& kernel) {
  const GpuSpec& gpu = cost_.gpu();
  std::array<double, 97> ns;
  for (int tpcs = 1; tpcs <= gpu.tpcs(); tpcs++) ns[tpcs] = aloneNs(kernel, tpcs);
  const double fastest = *std::min_element(&ns[1], &ns[gpu.tpcs()] + 1);
  int needed = 1;
  while (ns[needed] > 1.05 * fastest) needed++;
  const double aloneNs = ns[gpu.tpcs()];
  const double flops = kernel.flopsPerBlock * static_cast<double>(kernel.grid);
  const double computeNs = flops / (gpu.flopsPerSmNs * gpu.compute.achievedShare * gpu.sms);
  const double vramBytes = kernel.requestedBytes * vramShareAlone(kernel);
  const double memoryNs = vramBytes / gpu.memory.achievedGBs + (kernel.requestedBytes - vramBytes) / gpu.memory.l2GBs;
  return {.aloneNs = aloneNs,
          .tpcsNeeded = static_cast<double>(needed),
          .memoryBound = memoryNs > computeNs ? 1.0 : 0.0,
          .computeShare = std::min(1.0, computeNs / aloneNs),
          .memoryShare = std::min(1.0, vramBytes / gpu.memory.achievedGBs / aloneNs)};
}

}  // namespace missile::sim
