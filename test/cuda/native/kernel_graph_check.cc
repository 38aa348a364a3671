// Launches that go to the GPU as a graph, on the fake driver. `kernel_graph_check CASE`: exit code 0, or the line of the first expectation
// that failed.
#include <dlfcn.h>

#include <cstring>
#include <functional>
#include <map>
#include <string>

#include "cuda/launcher.h"
#include "expect.h"
#include "fake-driver/driver/fake.h"
#include "native/tally_network.h"

using namespace missile;
using namespace missile::cuda;

namespace {

// A function of fake.h, in the driver that is loaded.
#define FAKE(function) (reinterpret_cast<decltype(&function)>(dlsym(dlopen("libcuda.so.1", RTLD_NOW), #function)))

size_t callsOf(const char* call) { return FAKE(fakeCallsOf)(call); }

struct Told final : EventSink {
  int kernelsDone = -1;
  bool full() const override { return false; }
  void tpcsYielded(int64_t, TpcSet) override {}
  void launchRetired(int64_t, int done, int64_t) override { kernelsDone = done; }
  void copyRetired(int64_t, double) override {}
  void deviceFailed(int) override {}
};

// One tenant, whose inferences are one launch each.
struct Gpu {
  explicit Gpu(double kernelNs = 1000) {
    std::vector<TallyStep> steps;
    while (steps.size() < 4) steps = anySteps(dice, TallyNetwork::kMostKernels, 8);
    tally = std::make_unique<TallyNetwork>(context, nullptr, steps);
    for (size_t i = 0; i < size(); i++) tally->network().setAloneNs(i, kernelNs);
    context.driver().cuMemcpyHtoD(tpcOfSm.address(), static_cast<const void*>(map.tpcOfSm().data()), map.tpcOfSm().size());
  }
  size_t size() const { return tally->network().size(); }
  void start(TpcSet tpcs, int priority = 1) {
    partitions.exact(tpcs);
    tally->give();
    launcher.launch({.id = ++last, .tenant = 0, .firstKernel = 0, .kernelCount = static_cast<int>(size()), .priority = priority}, tpcs);
  }
  // True: all was done.
  bool finish() {
    Told told;
    while (launcher.busy()) launcher.turn(told);
    return told.kernelsDone == static_cast<int>(size());
  }

  Context context{0};
  TpcMap map{context, 2};
  PartitionPool partitions{context, map};
  DeviceMemory busyNs{context, kMostSms * sizeof(unsigned long long)}, tpcOfSm{context, kMostSms};
  Dice dice{3};
  std::unique_ptr<TallyNetwork> tally;
  Launcher launcher{context, map, partitions,
                    {reinterpret_cast<unsigned long long*>(busyNs.address()), reinterpret_cast<const uint8_t*>(tpcOfSm.address())},
                    [this](int) -> Network& { return tally->network(); }};
  int64_t last = 0;
};

const TpcSet kTwo = TpcSet::firstOf(2), kThree = TpcSet::firstOf(3);

// Made once for each set of TPCs; all of its runs leave the counters as they found them.
void again() {
  Gpu gpu;
  for (uint32_t run = 1; run <= 6; run++) {
    gpu.start(run % 3 == 0 ? kThree : kTwo);
    EXPECT(gpu.finish() && gpu.tally->hasCounted(run) && gpu.tally->hasHandedOn());
  }
  EXPECT(callsOf("cuGraphInstantiate") == 2 && callsOf("cuGraphLaunch") == 6);
  // All kernels but the first may begin before the one before has ended.
  EXPECT(callsOf("cuLaunchKernelEx") == 2 * (gpu.size() - 1));
  EXPECT(gpu.launcher.slotsTaken() == 0);
}

// What is not urgent may be evicted at any block, and what is long between kernels. Elastic kernels wait for the one before by themselves, so all but
// the first may begin early; plain ones may not.
void notAlways() {
  Gpu gpu;
  gpu.start(kTwo, 0);
  EXPECT(gpu.finish() && gpu.tally->hasCounted(1));
  EXPECT(callsOf("cuLaunchKernelEx") == gpu.size() - 1);
  Gpu slow(2e6);
  slow.start(kTwo);
  EXPECT(slow.finish() && slow.tally->hasCounted(1));
  EXPECT(callsOf("cuGraphLaunch") == 0 && callsOf("cuLaunchKernelEx") == gpu.size() - 1);
}

// It is at its end soon.
void evicted() {
  Gpu gpu;
  gpu.start(kTwo);
  gpu.launcher.evict(gpu.last, kTwo);
  EXPECT(gpu.finish() && gpu.tally->hasCounted(1));
}

// Then kernels go one by one, and the driver is not asked again.
void refused() {
  for (const char* call : {"cuStreamBeginCapture", "cuGraphInstantiate"}) {
    FAKE(fakeFailCall)(call, 1, CUDA_ERROR_OUT_OF_MEMORY);
    Gpu gpu;
    for (uint32_t run = 1; run <= 2; run++) {
      gpu.start(kTwo);
      EXPECT(gpu.finish() && gpu.tally->hasCounted(run) && gpu.tally->hasHandedOn());
    }
  }
  EXPECT(callsOf("cuGraphLaunch") == 0);
}

// The oldest goes when there are too many, but none that is lent; its partition may go then.
void tooMany() {
  {
    Context context(0);
    TpcMap map(context, 2);
    PartitionPool partitions(context, map);
    Partition& partition = partitions.exact(kTwo);
    PartitionStream& stream = partition.take(true);
    GraphPool pool(context);
    const std::vector<std::byte> arguments(sizeof(TallyArguments));
    const auto take = [&](unsigned threads) {
      const KernelCall call{context.kernel("tally_plain_linear"), 1, threads, 0, {}, &arguments};
      return pool.take({call, call}, stream);
    };
    KernelGraph* const first = take(1);
    EXPECT(first != nullptr && take(1) == nullptr);
    for (unsigned threads = 2; threads <= GraphPool::kMostGraphs; threads++) EXPECT(take(threads) != nullptr);
    EXPECT(take(1000) == nullptr && callsOf("cuGraphExecDestroy") == 0);
    pool.giveBack(*first);
    EXPECT(take(1000) != nullptr && callsOf("cuGraphExecDestroy") == 1 && partition.isKept());
    partition.giveBack(stream);
  }
  EXPECT(callsOf("cuGraphInstantiate") == callsOf("cuGraphExecDestroy") && callsOf("cuGraphInstantiate") == callsOf("cuGraphDestroy"));
}

const std::map<std::string, std::function<void()>> kCases = {
    {"again", again}, {"not-always", notAlways}, {"evicted", evicted}, {"refused", refused}, {"too-many", tooMany}};

}  // namespace

int main(int count, char** words) {
  EXPECT(count == 2 && kCases.contains(words[1]));
  kCases.at(words[1])();
}
