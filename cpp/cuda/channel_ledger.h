// An estimate of the bytes that each tenant moved through each VRAM channel: those of its finished blocks, spread evenly over the
// channels it was placed in when they were told.
#pragma once

#include <unordered_map>
#include <vector>

#include "device.h"

namespace missile::cuda {

class ChannelLedger {
 public:
  explicit ChannelLedger(int channels);

  void load(int tenant, const std::vector<Kernel>& kernels);
  void place(int tenant, ChannelSet channels) { tenants_[tenant].channels = channels; }
  // Forgets the tenant and what it has moved.
  void release(int tenant);

  void launched(const LaunchOrder& order) { launches_[order.id] = order; }
  void retired(int64_t launch, int kernelsDone, int64_t blocksLeft);
  // Launches that are lost with the GPU.
  void forgetLaunches() { launches_.clear(); }

  bool anyInFlight() const { return !launches_.empty(); }
  // Writes kMaxTenants x channels cumulative byte counts.
  void write(double* out) const;

 private:
  struct KernelBytes {
    double blocks, bytes;
  };
  struct Tenant {
    std::vector<KernelBytes> kernels;
    ChannelSet channels;
  };

  int channels_;
  std::vector<Tenant> tenants_;
  std::vector<double> bytes_;
  std::unordered_map<int64_t, LaunchOrder> launches_;
};

}  // namespace missile::cuda
