// A small fake GPU with a coloured pool and a launcher, for checks that say what is launched, held and taken back, step by step.
#pragma once

#include <dlfcn.h>

#include <chrono>
#include <memory>
#include <set>
#include <vector>

#include "cuda/colour_pool.h"
#include "cuda/launcher.h"
#include "expect.h"
#include "fake-driver/driver/fake.h"
#include "tally_network.h"

// A function of fake.h, in the driver that is loaded: FAKE(fakeStreamsAlive)().
#define FAKE(function) (reinterpret_cast<decltype(&function)>(dlsym(dlopen("libcuda.so.1", RTLD_NOW), #function)))

namespace missile::cuda {

class LaunchStage final : public EventSink {
 public:
  static constexpr unsigned kChannels = 4, kPoolBlocks = 1024;
  // LS has all but the last of four partitions, or the first two.
  static constexpr ChannelSet kEverywhere{0xf, 0}, kLs{0x7, 0}, kLsHalf{0x3, 0};

  LaunchStage()
      : pool(context, kPoolBlocks * kColourBlockBytes),
        map_(context, 2),
        busyNs_(context, kMostTenants * kMostSms * sizeof(unsigned long long)),
        tpcOfSm_(context, kMostSms),
        partitions(context, map_),
        launcher(context, map_, partitions, table(), [this](int tenant) -> Network& { return tenants_[tenant]->network(); }) {
    PoolColours colours{{}, {1, 2, 4, 8}, {0b1000, 0b1100, 0b1110}};
    for (unsigned block = 0; block < kPoolBlocks; block++) colours.colourOfBlock.push_back(static_cast<int16_t>(block % 4));
    pool.setColours(std::move(colours));
  }

  // Tenants are numbered as they come.
  TallyNetwork& add(const std::vector<TallyStep>& steps) {
    tenants_.push_back(std::make_unique<TallyNetwork>(context, &pool, steps));
    return *tenants_.back();
  }
  TenantMemory& memory(int tenant) { return tenants_[tenant]->network().memory(); }
  void settle(int tenant) {
    while (memory(tenant).busy()) launcher.tendMemory(tenant);
  }

  // All kernels of the tenant from the first on.
  int64_t launch(int tenant, TpcSet tpcs, int priority = 0) {
    const auto kernels = static_cast<int>(tenants_[tenant]->network().size());
    launcher.launch({.id = ++lastId_, .tenant = tenant, .firstKernel = 0, .kernelCount = kernels, .blocksLeft = 0, .priority = priority}, tpcs);
    return lastId_;
  }
  // Turns until it is so; ends the program if it does not become so.
  template <typename Condition>
  void until(Condition isSo) {
    const auto giveUpAt = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!isSo()) {
      launcher.turn(*this);
      EXPECT(std::chrono::steady_clock::now() < giveUpAt);
    }
  }
  void finish(int64_t launch) {
    until([&] { return hasRetired(launch); });
  }
  bool hasRetired(int64_t launch) const { return retired_.contains(launch); }
  void drain() {
    until([&] { return !launcher.busy(); });
  }

  // ---- EventSink ----
  bool full() const override { return false; }
  void tpcsYielded(int64_t, TpcSet) override {}
  void launchRetired(int64_t launch, int, int64_t) override { retired_.insert(launch); }
  void copyRetired(int64_t, double) override {}
  void deviceFailed(int) override {}

  Context context{0};
  ColourPool pool;

 private:
  static constexpr int kMostTenants = 4;

  SmTable table() {
    context.driver().cuMemcpyHtoD(tpcOfSm_.address(), static_cast<const void*>(map_.tpcOfSm().data()), map_.tpcOfSm().size());
    return {reinterpret_cast<unsigned long long*>(busyNs_.address()), reinterpret_cast<const uint8_t*>(tpcOfSm_.address())};
  }

  TpcMap map_;
  DeviceMemory busyNs_, tpcOfSm_;
  std::vector<std::unique_ptr<TallyNetwork>> tenants_;
  std::set<int64_t> retired_;
  int64_t lastId_ = 0;

 public:
  PartitionPool partitions;
  Launcher launcher;
};

inline TpcSet tpcs(std::initializer_list<int> members) {
  TpcSet set;
  for (const int tpc : members) set.add(tpc);
  return set;
}

}  // namespace missile::cuda
