#include "kernel_cost.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "occupancy.h"

namespace missile::sim {
namespace {

// A working set that exceeds its share of L2 by this much is gone before it is used again: reuse is cyclic, the worst
// case of least-recently-used replacement. (88 MB streamed over and over through the H200's 60 MB showed no hits.)
constexpr double kCliff = 0.4;

}  // namespace

std::vector<LoadedKernel> KernelCost::loadNetwork(const std::vector<Kernel>& kernels) const {
  double weights = 0, largestActivations = 0;
  for (const Kernel& kernel : kernels) {
    weights += kernel.weightBytes;
    largestActivations = std::max(largestActivations, kernel.footprintBytes - kernel.weightBytes);
  }
  const bool stays = weights + largestActivations <= gpu_.l2Bytes;
  std::vector<LoadedKernel> loaded;
  loaded.reserve(kernels.size());
  for (const Kernel& kernel : kernels) {
    const int residents = residentBlocks(gpu_, kernel);
    if (residents == 0) {
      throw std::runtime_error("a block of kernel " + std::to_string(loaded.size()) +
                               " needs more threads, registers or shared memory than an SM has");
    }
    const double requestedBytes = kernel.weightBytes + kernel.readBytes + kernel.writtenBytes;
    const double activationBytes = std::max(0.0, kernel.footprintBytes - kernel.weightBytes);
    loaded.push_back({.grid = static_cast<int64_t>(kernel.grid),
                      .residents = residents,
                      .threads = kernel.threadsPerBlock,
                      .flopsPerBlock = kernel.flops / kernel.grid,
                      .weightBytes = kernel.weightBytes,
                      .activationBytes = activationBytes,
                      .requestedBytes = requestedBytes,
                      .writeShare = requestedBytes > 0 ? kernel.writtenBytes / requestedBytes : 0,
                      .weightsStay = stays,
                      .l2WantBytes = activationBytes + (stays ? weights : 0),
                      .pace = {}});
  }
  return loaded;
}

Round KernelCost::round(const LoadedKernel& kernel, int64_t blocks, int sms) const {
  const auto busySms = static_cast<double>(std::min<int64_t>(sms, blocks));
  const auto fullest = static_cast<double>((blocks + sms - 1) / sms);
  const double issue = std::min(1.0, fullest * kernel.threads / gpu_.compute.fullRateThreads);
  const double flopsPerNs = gpu_.flopsPerSmNs * gpu_.compute.achievedShare * issue;
  const double bytes = kernel.requestedBytes / static_cast<double>(kernel.grid) * static_cast<double>(blocks);
  const double perSm = static_cast<double>(blocks) / busySms * kernel.threads * gpu_.memory.inFlightBytesPerThread;
  const double pace = kernel.paceOn(sms / gpu_.smsPerTpc);
  const double inFlightLoad = std::min(1.0, perSm / gpu_.memory.inFlightBytesPerSm) * busySms / sms;
  const double flopsNs = fullest * kernel.flopsPerBlock / flopsPerNs;
  Round round{.blocks = blocks,
              .computeNs = (flopsNs + gpu_.timing.blockClaimNs) * pace,
              .bytes = bytes,
              .writeShare = kernel.writeShare,
              // No more can be in flight than the round will ever ask for.
              .inFlightBytes = std::min(bytes, inFlightLoad * sms * gpu_.memory.inFlightBytesPerSm) / pace,
              .computeLoad = 0,
              .inFlightLoad = std::min(1.0, inFlightLoad / pace)};
  const double unhinderedNs = roundNs(round, {}, gpu_.memory.vramLatencyNs);
  round.computeLoad = unhinderedNs > 0 ? std::min(1.0, flopsNs / unhinderedNs * issue * busySms / sms) : 0;
  return round;
}

double KernelCost::vramShare(const LoadedKernel& kernel, double l2Bytes) const {
  if (kernel.requestedBytes <= 0) return 0;
  const double excess = kernel.l2WantBytes / l2Bytes - 1;
  const double hits = std::clamp(1 - excess / kCliff, 0.0, 1.0);
  const double weightHits = kernel.weightsStay ? hits : 0;
  const double vramBytes = kernel.weightBytes * (1 - weightHits) + kernel.activationBytes * (1 - hits);
  return std::min(1.0, vramBytes / kernel.requestedBytes);
}

double KernelCost::roundNs(const Round& round, SmSharing sharing, double roundTripNs) const {
  const double inFlightBytes = round.inFlightBytes * sharing.inFlightShare;
  const double memoryNs = round.bytes > 0 ? round.bytes / inFlightBytes * roundTripNs : 0;
  return std::max(round.computeNs * sharing.computeSlowdown, memoryNs);
}

MemoryFlow KernelCost::flow(const Plan& plan, SmSharing sharing, double vramShare, ChannelSet channels) const {
  constexpr double kUnlimited = 1e30;
  const double computeNs = plan.round.computeNs * sharing.computeSlowdown;
  return {.inFlightBytes = plan.round.inFlightBytes * sharing.inFlightShare,
          .demandBytesPerNs = computeNs > 0 ? plan.round.bytes / computeNs : kUnlimited,
          .isActive = true,
          .vramShare = vramShare,
          .writeShare = plan.round.writeShare,
          .channels = channels};
}

}  // namespace missile::sim
