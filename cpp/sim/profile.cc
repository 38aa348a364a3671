#include "profile.h"

#include <algorithm>
#include <cmath>

namespace missile::sim {

double Profiler::planNs(const LoadedKernel& kernel, const Plan& plan) {
  const double vramShare = vramShareAlone(kernel);
  const MemoryFlow flow =
      cost_.flow(plan, {}, vramShare, memory_.unloadedNs(vramShare), cost_.gpu().allChannels());
  double roundTripNs;
  memory_.solve(&flow, 1, &roundTripNs);
  return static_cast<double>(std::llround(plan.startNs) + std::llround(cost_.workNs(plan, {}, roundTripNs)));
}

double Profiler::aloneNs(const LoadedKernel& kernel, int tpcs) {
  const int sms = tpcs * cost_.gpu().smsPerTpc;
  const int64_t slots = static_cast<int64_t>(kernel.residents) * sms;
  const int64_t full = kernel.grid / slots, rest = kernel.grid % slots;
  double ns = 0;
  if (full > 0) ns = planNs(kernel, {cost_.round(kernel, slots, sms), full, cost_.startNs()});
  if (rest > 0) ns += planNs(kernel, {cost_.round(kernel, rest, sms), 1, full > 0 ? 0 : cost_.startNs()});
  return ns;
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
