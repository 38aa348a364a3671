// One GPU as src/core/spec.ts describes it; units and meanings are there. Filled from one row of numbers (protocol.cc).
#pragma once

#include "index_set.h"

namespace missile {

struct GpuSpec {
  int sms, smsPerTpc;
  double flopsPerSmNs;
  int threadsPerSm, registersPerSm, sharedBytesPerSm, blocksPerSm;
  double l2Bytes;
  int channels;

  struct {
    double achievedShare, fullRateThreads, kernelFloorNs;
  } compute;

  struct {
    double achievedGBs, l2GBs, vramLatencyNs, l2LatencyNs;
    double inFlightBytesPerSm, inFlightBytesPerThread;
    double channelWaitNs, fewChannelsExponent, crossbarQueueBytes;
  } memory;

  struct {
    double h2dGBs, d2hGBs, chunkNs, idleStartNs;
  } pcie;

  struct {
    double launchNs, evictNs, kernelGapNs, blockClaimNs;
  } timing;

  struct {
    double answerNs, submitNs, arrivalNs, elasticKernelNs;
  } executor;

  int tpcs() const { return sms / smsPerTpc; }
  TpcSet allTpcs() const { return IndexSet::firstOf(tpcs()); }
  ChannelSet allChannels() const { return IndexSet::firstOf(channels); }
};

}  // namespace missile
