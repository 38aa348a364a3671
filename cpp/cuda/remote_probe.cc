#include "remote_probe.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace missile::cuda {

namespace {

std::shared_ptr<GpuHost> hostOfPool(int ordinal, uint64_t poolBytes) {
  auto host = std::make_shared<GpuHost>(nullptr);
  host->ask(OpenPoolRequest{ordinal, poolBytes});
  return host;
}

}  // namespace

RemoteProbe::RemoteProbe(int ordinal, uint64_t poolBytes) : RemoteProbe(hostOfPool(ordinal, poolBytes)) {}

RemoteProbe::RemoteProbe(std::shared_ptr<GpuHost> host) : host_(std::move(host)), sms_(host_->ask(OpenProbeRequest{})) {}

RemoteProbe::~RemoteProbe() {
  try {
    host_->ask(CloseProbeRequest{});
  } catch (const std::runtime_error&) {
    // The host is no more, and with it the probe.
  }
}

void RemoteProbe::begin(const uint32_t* first, const uint32_t* second, size_t count, const uint32_t* smPairs, size_t pairs) {
  host_->ask(BeginTestsRequest{{first, first + count}, {second, second + count}, {smPairs, smPairs + 2 * pairs}});
}

void RemoteProbe::finish(uint32_t* cycles, size_t count) {
  const std::vector<uint32_t> told = host_->ask(FinishTestsRequest{count});
  std::ranges::copy(told, cycles);
}

}  // namespace missile::cuda
