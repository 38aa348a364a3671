// Whose kernels were not done when one of them faulted, as the launcher reads it from memory that outlives the context: exit code 0, or
// the line of the first expectation that failed.
#include <dlfcn.h>

#include <array>
#include <memory>
#include <vector>

#include "cuda/launcher.h"
#include "expect.h"
#include "fake-driver/driver/fake.h"
#include "native/tally_network.h"

using namespace missile;
using namespace missile::cuda;

namespace {

#define FAKE(function) (reinterpret_cast<decltype(&function)>(dlsym(dlopen("libcuda.so.1", RTLD_NOW), #function)))

constexpr int kTenants = 3;
constexpr uint32_t kFewBlocks = 4;

bool hasFailed(const Driver& driver) {
  try {
    driver.cuCtxSynchronize();
    return false;
  } catch (const CallFailed&) {
    return true;
  }
}

}  // namespace

int main() {
  Context context(0);
  const TpcMap map(context, 2);
  PartitionPool partitions(context, map, size_t{64} << 20);
  const DeviceMemory busyNs(context, kTenants * kMostSms * sizeof(unsigned long long)), tpcOfSm(context, kMostSms);
  const SmTable sms{reinterpret_cast<unsigned long long*>(busyNs.address()), reinterpret_cast<const uint8_t*>(tpcOfSm.address())};
  Dice dice(1);
  std::array<std::unique_ptr<TallyNetwork>, kTenants> networks;
  for (auto& network : networks) network = std::make_unique<TallyNetwork>(context, nullptr, anySteps(dice, TallyNetwork::kMostKernels, kFewBlocks));
  Launcher launcher(context, map, partitions, sms, [&](int tenant) -> Network& { return networks[tenant]->network(); });
  const auto launch = [&](int tenant) {
    launcher.launch({.id = tenant, .tenant = tenant, .firstKernel = 0, .kernelCount = 1, .blocksLeft = 0, .priority = 0}, map.all());
  };

  EXPECT(launcher.executing().empty());
  // Done, though nobody has looked at it yet.
  launch(2);
  context.driver().cuCtxSynchronize();
  EXPECT(launcher.executing().empty() && launcher.busy());
  // Would take a year.
  FAKE(fakeSetBlockNs)(uint64_t{30} << 50);
  launch(1);
  EXPECT(launcher.executing() == std::vector{1});
  FAKE(fakeFaultKernel)("tally", 1);
  launch(0);
  EXPECT(hasFailed(context.driver()));
  EXPECT((launcher.executing() == std::vector{0, 1}));
}
