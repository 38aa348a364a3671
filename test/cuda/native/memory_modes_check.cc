// Which of its two copies a kernel uses, and when blocks may move: on the fake driver, with transfers and kernels held where it matters.
// `memory_modes_check CASE`: exit code 0, or the line of the first expectation that failed.
#include <functional>
#include <map>
#include <string>

#include "launch_stage.h"

using namespace missile;
using namespace missile::cuda;

namespace {

constexpr auto kEverywhere = LaunchStage::kEverywhere, kLs = LaunchStage::kLs, kLsHalf = LaunchStage::kLsHalf;
constexpr unsigned kChannels = LaunchStage::kChannels;
constexpr uint32_t kOne = kTallyScratch, kOther = kTallyScratch + 1;
const std::vector<TallyStep> kThreeSteps = {{kTallyGiven, kOne, 8}, {kOne, kOther, 8}, {kOther, kTallyResult, 8}};

// A tenant, number 0, whose coloured copies are in the side of kLs and complete.
struct Coloured {
  explicit Coloured(const std::vector<TallyStep>& steps) : tally(stage.add(steps)), network(tally.network()), memory(network.memory()) {
    tally.give();
    memory.place(kLs, kChannels);
    stage.settle(0);
    EXPECT(memory.offersColoured(kOne) && !stage.launcher.tendMemory(0));
  }
  // Turns that would move blocks, if they may. Whether all have moved.
  bool tendsToMove() {
    for (int turn = 0; turn < 4; turn++) stage.launcher.tendMemory(0);
    return !memory.wantsToMove();
  }

  LaunchStage stage;
  TallyNetwork& tally;
  Network& network;
  TenantMemory& memory;
};

// What an inference has left in coloured blocks, kernels to come read: nothing else has it.
void keeps() {
  const auto blocksStayAfter = [](const std::function<void(Coloured&)>& begun) {
    Coloured tenant(kThreeSteps);
    begun(tenant);
    tenant.memory.place(kLsHalf, kChannels);
    return !tenant.tendsToMove();
  };
  const auto beginUpTo = [](Network& network, size_t end) {
    for (size_t kernel = 0; kernel < end; kernel++) network.begin(kernel);
  };
  for (const size_t begun : {0, 1, 2, 3}) {
    const bool isReadLater = begun == 1 || begun == 2;
    EXPECT(blocksStayAfter([&](Coloured& tenant) { beginUpTo(tenant.network, begun); }) == isReadLater);
  }
  // Interrupted in mid-kernel, it has left what some of its blocks have written; before the kernel, nothing of that kernel.
  for (const bool isPartlyDone : {true, false}) {
    const auto interrupted = [&](Coloured& tenant) {
      beginUpTo(tenant.network, 1);
      tenant.network.stopBefore(0, isPartlyDone);
    };
    EXPECT(blocksStayAfter(interrupted) == isPartlyDone);
  }
  // What lies in the linear copy is not in anybody's way.
  EXPECT(!blocksStayAfter([&](Coloured& tenant) {
    tenant.memory.place(kEverywhere, kChannels);
    beginUpTo(tenant.network, 2);
  }));
}

// Whoever counts what an attempt has done must not take up what is left of one that was given up.
void attempts() {
  Coloured tenant(kThreeSteps);
  const auto attemptOnceBegun = [&](size_t kernel) {
    tenant.network.begin(kernel);
    return tenant.network.kernel(kernel).attempt;
  };
  const uint32_t first = attemptOnceBegun(0), second = attemptOnceBegun(1);
  tenant.network.stopBefore(1, true);
  EXPECT(tenant.network.kernel(1).attempt == second);
  EXPECT(attemptOnceBegun(0) == first && attemptOnceBegun(1) != second);
  EXPECT(attemptOnceBegun(1) == tenant.network.kernel(1).attempt);
}

// The last kernel keeps nothing for others, and yet its own blocks must stay while it runs.
void inFlight() {
  Coloured tenant({{kTallyGiven, kTallyResult, 4}});
  FAKE(fakeHoldKernel)("tally", 1);
  const int64_t launch = tenant.stage.launch(0, tpcs({0}));
  tenant.stage.until([] { return FAKE(fakeHeld)() > 0; });
  tenant.memory.place(kLsHalf, kChannels);
  EXPECT(!tenant.network.keepsColoured() && !tenant.tendsToMove());
  FAKE(fakeLetGo)();
  tenant.stage.finish(launch);
  EXPECT(tenant.tally.hasCounted(1) && tenant.tally.hasHandedOn());
  EXPECT(tenant.tendsToMove());
  tenant.stage.drain();
}

// A coloured copy is offered while what belongs into it is still on its way: who uses it waits.
void awaits() {
  Coloured tenant(kThreeSteps);
  TallyNetwork& other = tenant.stage.add(kThreeSteps);
  other.give();
  FAKE(fakeHoldKernel)("transfer", 1);
  tenant.tally.give();
  EXPECT(!tenant.memory.offersColoured(kTallyGiven) && tenant.stage.launcher.tendMemory(0) && tenant.memory.offersColoured(kTallyGiven));
  // No further piece before this one is there.
  tenant.tally.give();
  EXPECT(!tenant.stage.launcher.tendMemory(0) && tenant.memory.busy());
  FAKE(fakeLetGo)();
  tenant.stage.settle(0);
  FAKE(fakeHoldKernel)("transfer", 1);
  tenant.tally.give();
  EXPECT(tenant.stage.launcher.tendMemory(0) && tenant.memory.offersColoured(kTallyGiven));
  const int64_t waiting = tenant.stage.launch(0, tpcs({0, 1}));
  // One that was launched later on the same TPCs and waits for nothing ends first.
  tenant.stage.finish(tenant.stage.launch(1, tpcs({0, 1})));
  EXPECT(tenant.tally.countedBlocks() == 0 && !tenant.stage.hasRetired(waiting));
  FAKE(fakeLetGo)();
  tenant.stage.finish(waiting);
  EXPECT(tenant.tally.hasCounted(1) && tenant.tally.hasHandedOn() && other.hasHandedOn());
  EXPECT(tenant.network.kernel(0).coloured);
  tenant.stage.drain();
}

// A kernel of which some blocks are done, and whose thread blocks were all on TPCs that are taken away, goes on in the copy that it has
// begun to write, though the other one is wanted by then.
void runsDry() {
  Coloured tenant({{kTallyGiven, kOne, 64}, {kOne, kTallyResult, 64}});
  LaunchStage& stage = tenant.stage;
  stage.add({{kTallyGiven, kTallyResult, 64}});
  // Somebody else fills TPC 1, so that all thread blocks of the launch are on TPC 0.
  FAKE(fakeHoldKernel)("tally", 1);
  const int64_t other = stage.launch(1, tpcs({1}));
  stage.until([] { return FAKE(fakeHeld)() == 2; });
  FAKE(fakeSetBlockNs)(50'000'000);
  const auto launches = [] { return FAKE(fakeCallsOf)("cuLaunchKernel") + FAKE(fakeCallsOf)("cuLaunchKernelEx"); };
  const size_t launchesBefore = launches();
  const int64_t launch = stage.launch(0, tpcs({0, 1}));
  stage.until([&] { return tenant.tally.countedBlocks() > 0 && launches() == launchesBefore + 2; });
  stage.launcher.evict(launch, tpcs({0}));
  FAKE(fakeSetBlockNs)(0);
  tenant.memory.place(kEverywhere, kChannels);
  // Launched again: in vain, while there is no room.
  const size_t launchesSoFar = launches();
  stage.until([&] { return launches() > launchesSoFar; });
  EXPECT(tenant.tally.countedBlocks() < 64);
  FAKE(fakeLetGo)();
  stage.finish(launch);
  stage.finish(other);
  EXPECT(tenant.tally.hasCounted(1) && tenant.tally.hasHandedOn());
  EXPECT(tenant.network.kernel(0).coloured && tenant.network.kernel(1).coloured);
  stage.drain();
}

// From a new split on until all blocks are in their new place and filled, nothing coloured is offered.
void settles() {
  Coloured tenant(kThreeSteps);
  tenant.memory.place(kLsHalf, kChannels);
  EXPECT(!tenant.memory.offersColoured(kTallyGiven) && !tenant.memory.offersColoured(kOne));
  // The blocks are taken, and not filled.
  EXPECT(tenant.stage.launcher.tendMemory(0) && !tenant.memory.offersColoured(kTallyGiven));
  tenant.stage.settle(0);
  EXPECT(tenant.memory.offersColoured(kTallyGiven));
  tenant.memory.place(kEverywhere, kChannels);
  EXPECT(!tenant.memory.offersColoured(kTallyGiven));
}

// Whoever has too few blocks since the split has changed uses none, not even where a storage has kept all of its own.
void lacks() {
  Coloured tenant(kThreeSteps);
  constexpr uint32_t kScratchBlocks = 251;  // of 1 KiB: a neighbour with three such scratches has all but a few of the pool's 768
  tenant.stage.add({{kTallyGiven, kOne, 4 * kScratchBlocks}, {kOne, kTallyResult, 4 * kScratchBlocks}});
  TenantMemory& neighbour = tenant.stage.memory(1);
  neighbour.place(kLs, kChannels);
  tenant.stage.settle(1);
  EXPECT(neighbour.offersColoured(kOne) && neighbour.problem().empty());
  tenant.memory.place(kLsHalf, kChannels);
  tenant.stage.settle(0);
  EXPECT(!tenant.memory.problem().empty());
  for (const uint32_t storage : {kTallyGiven + 0u, kOne, kOther, kOther + 1}) EXPECT(!tenant.memory.offersColoured(storage));
}

const std::map<std::string, std::function<void()>> kCases = {
    {"keeps", keeps}, {"attempts", attempts}, {"in-flight", inFlight}, {"awaits", awaits}, {"runs-dry", runsDry}, {"settles", settles}, {"lacks", lacks},
};

}  // namespace

int main(int count, char** arguments) {
  const auto found = count == 2 ? kCases.find(arguments[1]) : kCases.end();
  if (found == kCases.end()) return 2;
  found->second();
  return 0;
}
