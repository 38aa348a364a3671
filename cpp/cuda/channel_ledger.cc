#include "channel_ledger.h"

#include <algorithm>

namespace missile::cuda {

ChannelLedger::ChannelLedger(int channels)
    : channels_(channels), tenants_(kMaxTenants), bytes_(static_cast<size_t>(kMaxTenants) * channels) {
  for (Tenant& tenant : tenants_) tenant.channels = IndexSet::firstOf(channels);
}

// What fits in L2 passes through the channels once, and that is about the footprint: inputs re-read by neighbours do not count.
void ChannelLedger::load(int tenant, const std::vector<Kernel>& kernels) {
  std::vector<KernelBytes>& bytes = tenants_[tenant].kernels;
  bytes.clear();
  for (const Kernel& kernel : kernels) bytes.push_back({kernel.grid, kernel.footprintBytes});
}

void ChannelLedger::release(int tenant) {
  tenants_[tenant] = {{}, IndexSet::firstOf(channels_)};
  std::fill_n(bytes_.begin() + static_cast<long>(tenant) * channels_, channels_, 0.0);
}

void ChannelLedger::retired(int64_t launch, int kernelsDone, int64_t blocksLeft) {
  const auto found = launches_.find(launch);
  if (found == launches_.end()) return;
  const LaunchOrder order = found->second;
  launches_.erase(found);
  const Tenant& tenant = tenants_[order.tenant];
  const auto bytesOf = [&](int kernel, double blocks) {
    const KernelBytes& whole = tenant.kernels.at(kernel);
    return whole.bytes * blocks / whole.blocks;
  };
  // The first kernel may have been begun by an earlier launch, the last one may have been left unfinished.
  const auto blocksAtStart = [&](int kernel) {
    const bool resumed = kernel == order.firstKernel && order.blocksLeft > 0;
    return resumed ? static_cast<double>(order.blocksLeft) : tenant.kernels.at(kernel).blocks;
  };
  double bytes = 0;
  const int next = order.firstKernel + kernelsDone;
  for (int kernel = order.firstKernel; kernel < next; kernel++) bytes += bytesOf(kernel, blocksAtStart(kernel));
  if (kernelsDone < order.kernelCount) bytes += bytesOf(next, blocksAtStart(next) - static_cast<double>(blocksLeft));
  const double each = bytes / std::max(1, tenant.channels.size());
  tenant.channels.forEach([&](int channel) { bytes_[static_cast<size_t>(order.tenant) * channels_ + channel] += each; });
}

void ChannelLedger::write(double* out) const { std::copy(bytes_.begin(), bytes_.end(), out); }

}  // namespace missile::cuda
