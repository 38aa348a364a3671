// Coloured memory on the fake driver: whose blocks are whose, what is in them, and what a new split does. `coloured_memory_check CASE`:
// exit code 0, or the line of the first expectation that failed.
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>

#include "coloured_stage.h"
#include "cuda/block_ranges.h"

using namespace missile;
using namespace missile::cuda;

namespace {

void ranges() {
  BlockRanges ranges;
  for (const BlockRange added : {BlockRange{10, 5}, {30, 5}, {0, 2}, {15, 3}, {29, 1}, {40, 0}}) ranges.add(added);
  EXPECT(ranges.count() == 16);
  ranges.add({12, 20});
  EXPECT(ranges.count() == 27);
  EXPECT(ranges.countWithin({0, 100}) == 27 && ranges.countWithin({1, 10}) == 2 && ranges.countWithin({2, 8}) == 0);
  EXPECT(ranges.takeFirst(100).count == 2);
  const BlockRange part = ranges.takeFirst(4);
  EXPECT(part.first == 10 && part.count == 4 && ranges.count() == 21);
  const BlockRange rest = ranges.takeFirst(100);
  EXPECT(rest.first == 14 && rest.count == 21 && ranges.empty());
}

void sides() {
  ColourLedger ledger(kBlocks, coloursOf(kBlocks));
  EXPECT(ledger.split(1));
  EXPECT(!ledger.split(1));
  // Of 8 blocks: partitions 0, 1, 2 have 5, partition 3 one; one straddles and one has no colour.
  EXPECT(ledger.stock(ColourSide::ls).blocks == 5 * kBlocks / 8);
  EXPECT(ledger.stock(ColourSide::be).blocks == kBlocks / 8);
  EXPECT(ledger.wasted() == 2 * kBlocks / 8);
  std::set<uint32_t> taken;
  const std::vector<uint32_t> first = ledger.take(ColourSide::be, 100), second = ledger.take(ColourSide::be, 28);
  for (const uint32_t block : first) EXPECT(block % 8 == 3 && taken.insert(block).second);
  EXPECT(ledger.bePartitions() == 0b1000 && ledger.partitionsOf(4) == 0b1001 && ledger.partitionsOf(5) == 0);
  for (const uint32_t block : second) EXPECT(block % 8 == 3 && taken.insert(block).second);
  EXPECT(taken.size() == 128 && ledger.stock(ColourSide::be).free == 0);
  EXPECT(ledger.take(ColourSide::be, 1).empty());
  ledger.giveBack(second[5]);
  EXPECT(ledger.take(ColourSide::be, 2).empty());
  EXPECT(ledger.take(ColourSide::be, 1) == std::vector<uint32_t>{second[5]});
  // With all but partition 0 BE has the straddlers no more than before, and what was taken stays taken.
  ledger.split(3);
  EXPECT(ledger.wasted() == 2 * kBlocks / 8);
  EXPECT(ledger.stock(ColourSide::be).blocks - ledger.stock(ColourSide::be).free == 128);
  EXPECT(ledger.belongs(3, ColourSide::be) && !ledger.belongs(0, ColourSide::be) && !ledger.belongs(4, ColourSide::ls));
}

void placing() {
  Gpu gpu;
  Tenant ls(gpu), be(gpu, 50 * kColourBlockBytes);
  EXPECT(!ls.offers());
  ls.memory.place(ChannelSet::firstOf(kChannels), kChannels);
  EXPECT(!ls.memory.busy() && !ls.offers());
  ls.memory.place(kLs, kChannels);
  be.memory.place(kBe, kChannels);
  // Until its copy is made a tenant runs on the linear one.
  EXPECT(ls.memory.busy() && !ls.offers());
  ls.settle();
  be.settle();
  EXPECT(ls.offers() && be.offers());
  for (const uint32_t storage : {0u, 1u}) {
    for (const uint32_t block : ls.blocks(storage)) EXPECT(gpu.pool.ledger().belongs(block, ColourSide::ls));
    for (const uint32_t block : be.blocks(storage)) EXPECT(gpu.pool.ledger().belongs(block, ColourSide::be));
    EXPECT(ls.blocks(storage).size() == 100 && be.blocks(storage).size() == 50);
  }
  EXPECT(gpu.pool.facts().ls.free == gpu.pool.facts().ls.blocks - 200);
  EXPECT(ls.memory.isColourable(1) && !ls.memory.isColourable(2));
  ls.memory.place(ChannelSet::firstOf(kChannels), kChannels);
  EXPECT(!ls.offers() && !ls.memory.busy());
  // Coming back costs nothing.
  ls.memory.place(kLs, kChannels);
  EXPECT(ls.offers() && !ls.memory.busy());
}

void contents() {
  Gpu gpu;
  Tenant tenant(gpu);
  tenant.copy(0, kStorageBytes, 1);
  tenant.memory.place(kLs, kChannels);
  tenant.settle();
  EXPECT(tenant.all(0, true) == tenant.all(0, false));
  // What the host wrote since is missing in the coloured copy until a turn has brought it; of a block that it only touches the rest stays.
  // Scratch is not the host's, and is offered all the while.
  EXPECT(tenant.offers());
  tenant.copy(5000, 3000, 99);
  EXPECT(!tenant.memory.offersColoured(0) && tenant.memory.offersColoured(1) && tenant.memory.busy());
  EXPECT(tenant.memory.turn(false) && tenant.offers());
  EXPECT(tenant.all(0, true) == tenant.all(0, false));
  // What kernels write stays in the copy that they wrote, whatever the mode.
  tenant.at(1, 1234, true) = 42;
  tenant.at(1, 1234, false) = 43;
  tenant.memory.place(ChannelSet::firstOf(kChannels), kChannels);
  tenant.settle();
  tenant.memory.place(kLs, kChannels);
  tenant.settle();
  EXPECT(tenant.at(1, 1234, true) == 42 && tenant.at(1, 1234, false) == 43);
}

void handedOverClean() {
  Gpu gpu;
  std::set<uint32_t> secret;
  {
    Tenant first(gpu, 64 * kColourBlockBytes);
    first.memory.place(kBe, kChannels);
    first.settle();
    for (const uint32_t storage : {0u, 1u}) {
      for (uint64_t i = 0; i < first.memory.sizeBytes(storage); i++) first.at(storage, i, true) = 0xab;
      secret.merge(first.blocks(storage));
    }
  }
  Tenant second(gpu, 64 * kColourBlockBytes);
  second.memory.place(kBe, kChannels);
  second.settle();
  EXPECT(second.offers());
  for (const uint32_t storage : {0u, 1u}) {
    for (const uint32_t block : second.blocks(storage)) EXPECT(secret.contains(block));
    EXPECT(second.all(storage, true) == std::vector<uint8_t>(64 * kColourBlockBytes, 0));
  }
}

void migration() {
  Gpu gpu;
  Tenant ls(gpu), be(gpu, 40 * kColourBlockBytes);
  ls.copy(0, kStorageBytes, 5);
  ls.memory.place(kLs, kChannels);
  be.memory.place(kBe, kChannels);
  ls.settle();
  be.settle();
  EXPECT(ls.offers() && be.offers());
  ls.at(1, 70000, true) = 9;
  const std::set<uint32_t> before = ls.blocks(0);
  EXPECT(gpu.pool.facts().migratedBytes == 0);
  ls.memory.place(kLsHalf, kChannels);
  be.memory.place(kBeHalf, kChannels);
  // Blocks move only when nobody needs what is in them; meanwhile whoever comes uses the linear copies.
  EXPECT(ls.memory.wantsToMove() && !ls.offers());
  while (ls.memory.turn(false)) {
  }
  EXPECT(!ls.memory.busy() && ls.blocks(0) == before && ls.at(1, 70000, true) == 9);
  EXPECT(ls.memory.turn(true) && !ls.offers());
  while (ls.memory.busy()) ls.memory.turn(false);
  EXPECT(ls.offers());
  uint64_t moved = 0;
  for (const uint32_t storage : {0u, 1u}) {
    for (const uint32_t block : ls.blocks(storage)) EXPECT(gpu.pool.ledger().belongs(block, ColourSide::ls));
  }
  for (const uint32_t block : before) moved += gpu.pool.ledger().belongs(block, ColourSide::ls) ? 0 : 1;
  EXPECT(moved > 0 && gpu.pool.facts().migratedBytes >= moved * kColourBlockBytes);
  EXPECT(gpu.pool.facts().migratedBytes < 200 * kColourBlockBytes);
  EXPECT(ls.all(0, true) == ls.all(0, false));
  be.settle();
  for (const uint32_t block : be.blocks(1)) EXPECT(gpu.pool.ledger().belongs(block, ColourSide::be));
  EXPECT(be.offers());
}

void shortage() {
  Gpu gpu;
  auto large = std::make_unique<Tenant>(gpu, 60 * kColourBlockBytes);
  Tenant small(gpu, 20 * kColourBlockBytes);
  large->memory.place(kBe, kChannels);
  large->settle();
  small.memory.place(kBe, kChannels);
  small.memory.turn(true);
  EXPECT(!small.memory.busy() && !small.offers());
  EXPECT(small.memory.problem() ==
         "needs 40 KiB of BE's channels, which have 8 KiB free of 128 KiB; it stays uncoloured: give BE a larger channel share "
         "or the pool more memory");
  // It tries again, and gets what another one gives back.
  large.reset();
  EXPECT(small.memory.turn(true));
  small.settle();
  EXPECT(small.memory.problem().empty() && small.offers());
}

void refusals() {
  Gpu gpu;
  Tenant tenant(gpu);
  const auto isBug = [](const std::function<void()>& body) {
    try {
      body();
      return false;
    } catch (const std::logic_error&) {
      return true;
    }
  };
  EXPECT(isBug([&] { tenant.memory.view(0, 512, 10, true); }));
  EXPECT(isBug([&] { tenant.memory.view(2, 0, 10, true); }));
  EXPECT(isBug([&] { tenant.memory.view(0, 0, kStorageBytes + 1, false); }));
  EXPECT(isBug([&] { gpu.pool.setColours(coloursOf(kBlocks)); }));
  EXPECT(isBug([&] { ColourLedger(kBlocks, coloursOf(kBlocks - 1)); }));
  EXPECT(isBug([&] { gpu.pool.ledger().giveBack(0); }));
}

void withoutPool() {
  Context context(0);
  TenantMemory memory(context, {{5000, true}}, nullptr);
  memory.place(kLs, kChannels);
  memory.wrote(0, 0, 5000);
  EXPECT(!memory.offersColoured(0) && !memory.isColourable(0) && !memory.wantsToMove() && !memory.busy() && !memory.turn(true));
}

const std::map<std::string, std::function<void()>> kCases = {
    {"ranges", ranges},       {"sides", sides},         {"placing", placing},   {"contents", contents},       {"clean", handedOverClean},
    {"migration", migration}, {"shortage", shortage},   {"refusals", refusals}, {"without-pool", withoutPool},
};

}  // namespace

int main(int count, char** arguments) {
  const auto found = count == 2 ? kCases.find(arguments[1]) : kCases.end();
  if (found == kCases.end()) return 2;
  found->second();
  return 0;
}
