// What launches do while partitions and memory are slow to come: `partitions_check CASE`: exit code 0, or the line of the first expectation
// that failed.
#include <functional>
#include <map>
#include <string>

#include "cuda/state_arena.h"
#include "launch_stage.h"

using namespace missile;
using namespace missile::cuda;

namespace {

constexpr uint32_t kOne = kTallyScratch, kOther = kTallyScratch + 1;
constexpr double kLongNs = 1e6;

size_t launches() { return FAKE(fakeCallsOf)("cuLaunchKernel") + FAKE(fakeCallsOf)("cuLaunchKernelEx"); }

TallyNetwork& addLong(LaunchStage& stage, const std::vector<TallyStep>& steps) {
  TallyNetwork& tally = stage.add(steps);
  for (size_t kernel = 0; kernel < steps.size(); kernel++) tally.network().setAloneNs(kernel, kLongNs);
  tally.give();
  return tally;
}

// A launch that began masked goes on in its own partition: with the kernels that follow, and with those that are under way.
void moves() {
  LaunchStage stage;
  const TpcSet own = tpcs({0, 1});
  TallyNetwork& tally = addLong(stage, {{kTallyGiven, kOne, 8}, {kOne, kOther, 8}, {kOther, kOne, 8}, {kOne, kTallyResult, 8}});
  FAKE(fakeHoldKernel)("tally", 1);
  FAKE(fakeHoldGreenContexts)();
  const int64_t launch = stage.launch(0, own);
  EXPECT(stage.launcher.fallbacks() == 1 && !stage.partitions.isReady(own));
  stage.until([] { return FAKE(fakeHeld)() > 0; });
  const size_t fed = launches();
  FAKE(fakeMakeGreenContexts)();
  stage.until([&] { return stage.partitions.isReady(own); });
  // The two that were fed are launched there too, though the first of them has not ended.
  stage.until([&] { return launches() >= fed + 2; });
  EXPECT(stage.partitions.exact(own).inUse() && !stage.hasRetired(launch));
  FAKE(fakeLetGo)();
  stage.finish(launch);
  EXPECT(tally.hasCounted(1) && tally.hasHandedOn());
  stage.drain();
  EXPECT(!stage.partitions.inUse());
}

// Where a TPC was occupied when the masked thread blocks were dealt out, the launch has none on it: its own partition brings them.
void helps() {
  LaunchStage stage;
  TallyNetwork& tally = addLong(stage, {{kTallyGiven, kTallyResult, 64}});
  TallyNetwork& other = addLong(stage, {{kTallyGiven, kTallyResult, 2}});
  FAKE(fakeSetBlockNs)(500'000'000);
  FAKE(fakeHoldGreenContexts)();
  const int64_t before = stage.launch(1, tpcs({1}));
  stage.until([&] { return other.countedBlocks() == 2; });
  FAKE(fakeSetBlockNs)(0);
  FAKE(fakeHoldKernel)("tally", 1);
  const int64_t launch = stage.launch(0, tpcs({0, 1}));
  stage.until([] { return FAKE(fakeHeld)() > 0; });
  FAKE(fakeMakeGreenContexts)();
  stage.finish(before);
  // The first thread blocks are held all the while.
  stage.until([&] { return tally.countedBlocks() == 64; });
  EXPECT(FAKE(fakeHeld)() > 0 && !stage.hasRetired(launch));
  FAKE(fakeLetGo)();
  stage.finish(launch);
  EXPECT(tally.hasCounted(1) && tally.hasHandedOn());
  stage.drain();
}

// Many short kernels are not launched a second time: those that follow move, and that is soon.
void leavesShortOnes() {
  LaunchStage stage;
  const TpcSet own = tpcs({2});
  std::vector<TallyStep> steps;
  for (int kernel = 0; kernel < 20; kernel++) steps.push_back({kernel == 0 ? kTallyGiven + 0u : kOne, kernel == 19 ? kTallyResult + 0u : kOne, 4});
  TallyNetwork& tally = stage.add(steps);
  tally.give();
  FAKE(fakeHoldKernel)("tally", 1);
  FAKE(fakeHoldGreenContexts)();
  const int64_t launch = stage.launch(0, own);
  for (size_t turn = 0; turn < steps.size(); turn++) stage.launcher.turn(stage);
  const size_t fed = launches();
  FAKE(fakeMakeGreenContexts)();
  stage.until([&] { return stage.partitions.isReady(own); });
  for (int turn = 0; turn < 10; turn++) stage.launcher.turn(stage);
  EXPECT(launches() == fed);
  FAKE(fakeLetGo)();
  stage.finish(launch);
  EXPECT(tally.hasCounted(1) && tally.hasHandedOn());
  stage.drain();
}

// A set for which there was too little memory is made once some has come back, and not asked for all the while; one that the driver
// refuses for another reason never is.
void retries() {
  LaunchStage stage;
  const auto asked = [] { return FAKE(fakeCallsOf)("cuGreenCtxCreate"); };
  const auto refuse = [&](TpcSet set, int error) {
    FAKE(fakeFailCall)("cuGreenCtxCreate", 1, error);
    const size_t before = asked();
    stage.partitions.nearest(set);
    stage.until([&] { return asked() > before; });
    stage.until([&] { return !stage.partitions.isReady(set) && stage.partitions.isRefused(set); });
  };
  constexpr int kOutOfMemory = 2, kInvalidResource = 914;
  const TpcSet poor = tpcs({0}), bad = tpcs({1});
  refuse(poor, kOutOfMemory);
  refuse(bad, kInvalidResource);
  const size_t before = asked();
  for (const TpcSet set : {poor, bad}) stage.partitions.nearest(set);
  EXPECT(asked() == before && stage.partitions.isRefused(poor));
  stage.partitions.memoryFreed();
  for (const TpcSet set : {poor, bad}) stage.partitions.nearest(set);
  stage.until([&] { return stage.partitions.isReady(poor); });
  EXPECT(asked() == before + 1 && stage.partitions.isRefused(bad));
}

// However many tenants have a long launch each, no memory is taken for the launches that come meanwhile.
void takesNothing() {
  Context context(0);
  StateArena states(context);
  ReportSlots reports(context);
  const auto allocations = [] { return FAKE(fakeCallsOf)("cuMemAlloc") + FAKE(fakeCallsOf)("cuMemHostAlloc"); };
  const size_t before = allocations();
  std::vector<StateArena::Slot> states_;
  std::vector<ReportSlot> reports_;
  const auto fillChunk = [&] {
    const StateArena::Slot first = states.take(1000);
    for (StateArena::Slot next = first;;) {
      next = states.take(1000);
      states.giveBack(next);
      if (next.chunk != first.chunk) break;
    }
    return first;
  };
  for (int tenant = 0; tenant < kMaxTenants; tenant++) {
    states_.push_back(fillChunk());
    reports_.push_back(reports.take());
  }
  for (int round = 0; round < 20; round++) {
    states.giveBack(fillChunk());
    context.driver().cuCtxSynchronize();
  }
  EXPECT(allocations() == before);
  for (const StateArena::Slot& slot : states_) states.giveBack(slot);
  for (const ReportSlot& slot : reports_) reports.giveBack(slot);
  context.driver().cuCtxSynchronize();
}

const std::map<std::string, std::function<void()>> kCases = {
    {"moves", moves}, {"helps", helps}, {"short", leavesShortOnes}, {"retries", retries}, {"memory", takesNothing},
};

}  // namespace

int main(int count, char** arguments) {
  const auto found = count == 2 ? kCases.find(arguments[1]) : kCases.end();
  if (found == kCases.end()) return 2;
  found->second();
  return 0;
}
