// Which tenant's thread blocks were on which TPC for how long: fetched from the GPU at screen rate, so that neither kernels nor launches
// ever wait for it.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "context.h"
#include "device.h"
#include "elastic.h"
#include "tpc_map.h"
#include "tpc_times.h"

namespace missile::cuda {

class SmMeter {
 public:
  // Times are added to `times`, which outlives the context. Throws CallFailed.
  SmMeter(const Context& context, const TpcMap& map, TpcTimes& times);
  ~SmMeter();
  SmMeter(const SmMeter&) = delete;
  SmMeter& operator=(const SmMeter&) = delete;

  // What kernels write; valid while the meter lives.
  SmTable table() const;

  // Thread blocks of the tenant that one SM holds while it is full: kernels report the time of each block, and so many of them
  // side by side are one SM's time.
  void setBlocksPerSm(int tenant, double blocks) { blocksPerSm_[tenant] = blocks; }

  // Work was launched: there will be something to fetch.
  void expect() { expected_ = true; }
  // Begins a fetch when one is due, ends one that has arrived. Throws CallFailed.
  void turn(int64_t nowNs, bool gpuIsBusy);
  bool isFetching() const { return fetching_; }
  // When the next fetch is due; the largest number: never.
  int64_t nextTurnNs() const { return expected_ ? nextFetchNs_ : std::numeric_limits<int64_t>::max(); }

 private:
  void add();

  const Driver& driver_;
  TpcTimes& times_;
  const TpcMap& map_;
  size_t sms_;
  DeviceMemory busyNs_, tpcsOnGpu_;
  PinnedMemory fetched_;
  std::vector<uint64_t> before_;
  std::array<double, kMaxTenants> blocksPerSm_;
  CUstream stream_ = nullptr;
  CUevent arrived_ = nullptr;
  int64_t nextFetchNs_ = 0;
  bool expected_ = false;
  bool fetching_ = false;
};

}  // namespace missile::cuda
