#include "block_map.h"

#include <algorithm>
#include <utility>

#include "tenant_memory.h"

namespace missile::cuda {

namespace {

// Looked at in one turn: a few us. Too many: whoever waits for the native thread waits so much longer; too few: a map takes many turns.
constexpr uint64_t kTurnBlocks = 1024;
// The shortest run: of so few blocks a row tells one from two.
constexpr uint64_t kLeastRun = 64;

uint64_t runsOf(uint64_t blocks, uint64_t run) { return (blocks + run - 1) / run; }

// The shortest run, a power of two, by which all rows have room.
uint64_t runFor(const TenantMemory& memory) {
  for (uint64_t run = kLeastRun;; run *= 2) {
    uint64_t rows = 0;
    for (uint32_t storage = 0; storage < memory.storages(); storage++) {
      rows += memory.isColourable(storage) ? runsOf(memory.blocks(storage), run) : 1;
    }
    if (rows <= std::max<uint64_t>(BlockMap::kMostRows, memory.storages())) return run;
  }
}

}  // namespace

void BlockSurvey::begin(const TenantMemory* memory, BlockMap& map) {
  map = BlockMap{.tenant = map.tenant, .isLoaded = memory != nullptr};
  if (memory == nullptr) return;
  memory->describe(map);
  const uint64_t run = runFor(*memory);
  for (uint32_t storage = 0; storage < memory->storages(); storage++) {
    const bool isColourable = memory->isColourable(storage);
    const uint64_t blocks = memory->blocks(storage);
    const uint64_t step = isColourable ? run : std::max<uint64_t>(blocks, 1);
    for (uint64_t first = 0; first < blocks && map.rowCount < BlockMap::kMostRows; first += step) {
      map.rows[map.rowCount++] = {.storage = storage,
                                  .use = memory->use(storage),
                                  .firstBlock = first,
                                  .blocks = std::min(step, blocks - first),
                                  .isColourable = isColourable,
                                  .missing = 0,
                                  .misplaced = 0,
                                  .behind = 0,
                                  .inPartition = {}};
    }
  }
}

bool BlockSurvey::turn(const TenantMemory* memory, BlockMap& map) {
  if (!std::exchange(isUnderWay_, true)) {
    begin(memory, map);
    row_ = block_ = 0;
  }
  for (uint64_t left = kTurnBlocks; row_ < map.rowCount;) {
    BlockRow& row = map.rows[row_];
    const uint64_t count = row.isColourable ? std::min(left, row.blocks - block_) : 0;
    memory->tally({row.firstBlock + block_, count}, row);
    block_ += count;
    left -= count;
    if (row.isColourable && block_ < row.blocks) return false;
    row_++;
    block_ = 0;
  }
  isUnderWay_ = false;
  return true;
}

}  // namespace missile::cuda
