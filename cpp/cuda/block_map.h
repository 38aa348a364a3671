// Where the blocks of one tenant's memory lie, for whoever looks at it: a row for each run of consecutive blocks of a storage. It lies in
// memory that two processes map, so it is plain and of one size.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "colour_ledger.h"
#include "executable.h"

namespace missile::cuda {

struct BlockRow {
  uint32_t storage;
  StorageUse use;
  // Of the storage. One that has no coloured copy is a row of its own, of which nothing else is known: it lies in all partitions.
  uint64_t firstBlock, blocks;
  bool isColourable;
  // Of the coloured blocks: those that have no place in the pool; whose place is not, or not any more, the tenant's side's; and that
  // lack what the linear storage has.
  uint64_t missing, misplaced, behind;
  // Those that lie in a partition, whole or in part: one that lies in two counts in both.
  std::array<uint32_t, ColourLedger::kMostPartitions> inPartition;
};

struct BlockMap {
  static constexpr size_t kMostRows = 128;

  int tenant = -1;
  bool isLoaded = false;  // the tenant has memory
  int side = -1;          // a ColourSide; -1: it was never placed in one
  // All 0 where the pool has no colours.
  uint64_t partitions = 0, bePartitions = 0;  // how many; a bit for each that is BE's
  uint64_t poolBlocks = 0, wastedBlocks = 0;  // that straddle the split or fit no colour
  size_t rowCount = 0;
  std::array<BlockRow, kMostRows> rows{};
};

class TenantMemory;

// Makes a map a piece at a time, on the thread that everything else waits for. Each piece is as it was at its moment.
class BlockSurvey {
 public:
  // One turn on the map of its tenant, which has this memory; null: none. True once the map is whole; the next turn begins another.
  bool turn(const TenantMemory* memory, BlockMap& map);
  // What was begun is of memory that goes.
  void abandon() { isUnderWay_ = false; }

 private:
  static void begin(const TenantMemory* memory, BlockMap& map);

  bool isUnderWay_ = false;
  size_t row_ = 0;
  uint64_t block_ = 0;  // of the row
};

}  // namespace missile::cuda
