// Maps of a tenant's blocks beside its page tables and the ledger, on the fake driver. `block_map_check CASE`: exit code 0, or the line of
// the first expectation that failed.
#include <functional>
#include <map>
#include <string>

#include "coloured_stage.h"

using namespace missile;
using namespace missile::cuda;

namespace {

BlockMap surveyOf(const TenantMemory* memory) {
  BlockSurvey survey;
  BlockMap map{.tenant = 7};
  while (!survey.turn(memory, map)) {
  }
  EXPECT(map.tenant == 7 && map.isLoaded == (memory != nullptr));
  return map;
}

// Whether the rows cover every storage, and say of its coloured blocks what the page table and the ledger say.
void expectTrue(Tenant& tenant, const BlockMap& map) {
  const PoolColours colours = coloursOf(kBlocks);
  const ColourLedger& ledger = tenant.gpu.pool.ledger();
  size_t at = 0;
  for (uint32_t storage = 0; storage < 3; storage++) {
    const uint64_t blocks = tenant.memory.blocks(storage);
    const bool isColourable = tenant.memory.isColourable(storage);
    const MemoryView view = tenant.memory.view(storage, 0, tenant.memory.sizeBytes(storage), isColourable);
    for (uint64_t next = 0; next < blocks; at++) {
      EXPECT(at < map.rowCount);
      const BlockRow& row = map.rows[at];
      EXPECT(row.storage == storage && row.firstBlock == next && row.isColourable == isColourable);
      BlockRow counted{};
      for (; next < row.firstBlock + row.blocks && isColourable; next++) {
        const auto colour = static_cast<size_t>(colours.colourOfBlock[view.blocks[next]]);
        for (size_t i = 0; i < kPartitions; i++) counted.inPartition[i] += colours.partitionsOfColour[colour] >> i & 1;
        counted.misplaced += ledger.belongs(view.blocks[next], static_cast<ColourSide>(map.side)) ? 0 : 1;
      }
      next = row.firstBlock + row.blocks;
      EXPECT(row.inPartition == counted.inPartition && row.misplaced == counted.misplaced && row.missing == 0);
    }
  }
  EXPECT(at == map.rowCount);
}

void blockMap() {
  Gpu gpu;
  Tenant tenant(gpu);
  BlockMap map = surveyOf(&tenant.memory);
  // Before it is placed nothing of it is coloured.
  EXPECT(map.side == -1 && map.partitions == kPartitions && map.bePartitions == 0 && map.rowCount == 5);
  EXPECT(map.rows[1].firstBlock == 64 && map.rows[1].blocks == 36 && map.rows[1].missing == 36 && map.rows[1].behind == 36);
  EXPECT(!map.rows[4].isColourable && map.rows[4].blocks == 1 && map.rows[4].missing == 0);
  tenant.memory.place(kLs, kChannels);
  tenant.settle();
  map = surveyOf(&tenant.memory);
  EXPECT(map.side == 0 && map.bePartitions == 0b1000 && map.poolBlocks == kBlocks && map.wastedBlocks == gpu.pool.ledger().wasted());
  expectTrue(tenant, map);
  EXPECT(map.rows[0].behind == 0 && map.rows[0].misplaced == 0);
  tenant.copy(70 * kColourBlockBytes, 3 * kColourBlockBytes, 1);
  map = surveyOf(&tenant.memory);
  EXPECT(map.rows[0].behind == 0 && map.rows[1].behind == 3 && map.rows[2].behind == 0);
  // A new split has misplaced some until they move.
  tenant.memory.place(kLsHalf, kChannels);
  map = surveyOf(&tenant.memory);
  expectTrue(tenant, map);
  EXPECT(map.bePartitions == 0b1100 && map.rows[0].misplaced > 0);
  EXPECT(!surveyOf(nullptr).isLoaded);
}

// However its blocks have come and gone, and whatever its size: in the rows there are.
void blockMapAlways() {
  uint32_t random = 12345;
  const auto next = [&](uint32_t below) {
    random = random * 1664525 + 1013904223;  // Numerical Recipes
    return (random >> 8) % below;
  };
  for (int round = 0; round < 20; round++) {
    Gpu gpu;
    Tenant tenant(gpu, (1 + next(200)) * kColourBlockBytes - next(kColourBlockBytes)), other(gpu, (1 + next(40)) * kColourBlockBytes);
    for (int step = 0; step < 6; step++) {
      tenant.memory.place(next(2) == 0 ? kLs : kLsHalf, kChannels);
      other.memory.place(next(2) == 0 ? kBe : kBeHalf, kChannels);
      for (uint32_t turns = next(3); turns > 0; turns--) tenant.memory.turn(next(2) == 0);
      other.settle();
      const BlockMap map = surveyOf(&tenant.memory);
      uint64_t blocks = 0;
      for (size_t i = 0; i < map.rowCount; i++) {
        const BlockRow& row = map.rows[i];
        blocks += row.blocks;
        uint64_t placed = 0;
        for (const uint32_t count : row.inPartition) placed += count;
        EXPECT(!row.isColourable || placed >= row.blocks - row.missing);
        EXPECT(row.misplaced <= row.blocks - row.missing && row.behind <= row.blocks);
      }
      EXPECT(blocks == tenant.memory.blocks(0) + tenant.memory.blocks(1) + tenant.memory.blocks(2));
      tenant.memory.turn(true);
      tenant.settle();
      if (tenant.memory.problem().empty()) expectTrue(tenant, surveyOf(&tenant.memory));
    }
  }
}

// A storage of which a row must stand for more than 64 blocks.
void blockMapOfMuch() {
  Context context(0);
  const uint64_t blocks = BlockMap::kMostRows * 64 + 1;
  ColourPool pool(context, kBlocks * kColourBlockBytes);
  const TenantMemory memory(context, {{blocks * kColourBlockBytes, true}, {5000, false, StorageUse::output}}, &pool);
  const BlockMap map = surveyOf(&memory);
  // The pool has no colours yet.
  EXPECT(map.partitions == 0 && map.rowCount == 66 && map.rows[65].use == StorageUse::output);
  EXPECT(map.rows[64].firstBlock == 64 * 128 && map.rows[64].blocks == 1 && map.rows[0].missing == 128);
}

const std::map<std::string, std::function<void()>> kCases = {
    {"map", blockMap}, {"always", blockMapAlways}, {"of-much", blockMapOfMuch},
};

}  // namespace

int main(int count, char** arguments) {
  const auto found = count == 2 ? kCases.find(arguments[1]) : kCases.end();
  if (found == kCases.end()) return 2;
  found->second();
  return 0;
}
