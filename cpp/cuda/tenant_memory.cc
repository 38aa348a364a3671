#include "tenant_memory.h"

#include <algorithm>
#include <bit>
#include <stdexcept>

#include "block_ranges.h"
#include "colour_pool.h"

namespace missile::cuda {

namespace {

// What one turn moves: 4 MiB take some 10 us of an idle GPU, so that copies and kernels of others hardly wait.
constexpr uint64_t kPieceBlocks = 4096;

constexpr uint32_t kNoBlock = UINT32_MAX;

uint64_t blocksFor(uint64_t sizeBytes) { return (sizeBytes + kColourBlockBytes - 1) / kColourBlockBytes; }

}  // namespace

struct TenantMemory::Region {
  Region(const Context& context, const Storage& storage, bool isColoured)
      : sizeBytes(storage.sizeBytes),
        use(storage.use),
        // At least a block, since the driver allocates nothing of no size; whole ones, since transfers move whole ones.
        slotBytes(std::max<uint64_t>(blocksFor(storage.sizeBytes), 1) * kColourBlockBytes),
        linear(context, slotBytes * storage.slots) {
    if (!isColoured) return;
    blocks.assign(blocksFor(sizeBytes), kNoBlock);
    table = std::make_unique<DeviceMemory>(context, std::max<uint64_t>(blocks.size(), 1) * sizeof(uint32_t));
    behind.add({0, blocks.size()});
  }

  uint64_t sizeBytes;
  StorageUse use;
  uint64_t slotBytes;
  DeviceMemory linear;
  // The coloured copy; without a table there is none.
  std::unique_ptr<DeviceMemory> table;
  std::vector<uint32_t> blocks;
  bool isTableStale = false;
  // Blocks that do not have what they were to get from the linear copy: all where blocks are new, and what the host wrote since.
  BlockRanges behind;
};

TenantMemory::TenantMemory(Context& context, const std::vector<Storage>& storages, ColourPool* pool)
    : driver_(context.driver()), pool_(pool) {
  for (const Storage& storage : storages) {
    const bool isColoured = pool != nullptr && storage.coloured;
    isColourable_ |= isColoured;
    regions_.push_back(std::make_unique<Region>(context, storage, isColoured));
    missingBlocks_ += regions_.back()->blocks.size();
  }
  if (pool != nullptr) advanced_ = std::make_unique<Event>(context);
}

TenantMemory::~TenantMemory() {
  if (pool_ == nullptr) return;
  quietly([&] { driver_.cuStreamSynchronize(pool_->stream()); });
  for (const auto& region : regions_) {
    for (const uint32_t block : region->blocks) {
      if (block != kNoBlock) pool_->ledger().giveBack(block);
    }
  }
}

bool TenantMemory::isColourable(uint32_t storage) const { return regions_.at(storage)->table != nullptr; }

MemoryView TenantMemory::view(uint32_t storage, uint64_t firstByte, uint64_t sizeBytes, bool coloured) const {
  const Region& region = *regions_.at(storage);
  if (firstByte > region.sizeBytes || sizeBytes > region.sizeBytes - firstByte) {
    throw std::logic_error("a view reaches beyond its storage");
  }
  const auto at = [](CUdeviceptr address) { return reinterpret_cast<unsigned char*>(address); };
  if (!coloured) return {at(region.linear.address() + firstByte), nullptr, sizeBytes};
  if (region.table == nullptr) throw std::logic_error("a coloured view of a storage that is not coloured");
  if (firstByte % kColourBlockBytes != 0) throw std::logic_error("a coloured view begins inside a block");
  const auto* const table = reinterpret_cast<const uint32_t*>(region.table->address());
  return {at(pool_->address()), table + firstByte / kColourBlockBytes, sizeBytes};
}

CUdeviceptr TenantMemory::linear(uint32_t storage, uint32_t slot) const {
  const Region& region = *regions_.at(storage);
  return region.linear.address() + slot * region.slotBytes;
}

uint64_t TenantMemory::slotBytes(uint32_t storage) const { return regions_.at(storage)->slotBytes; }

uint64_t TenantMemory::sizeBytes(uint32_t storage) const { return regions_.at(storage)->sizeBytes; }

uint64_t TenantMemory::blocks(uint32_t storage) const { return blocksFor(regions_.at(storage)->sizeBytes); }

StorageUse TenantMemory::use(uint32_t storage) const { return regions_.at(storage)->use; }

void TenantMemory::place(ChannelSet channels, unsigned count) {
  const auto size = static_cast<unsigned>(channels.size());
  isWanted_ = isColourable_ && pool_->coloured() && size > 0 && size < count;
  if (!isWanted_) return;
  const bool isLs = channels.contains(ChannelSet::firstOf(1));
  const ColourSide side = isLs ? ColourSide::ls : ColourSide::be;
  if (side != side_) splitNumber_ = 0;
  side_ = side;
  pool_->setSplit(isLs ? size : count - size, count);
}

void TenantMemory::wrote(uint32_t storage, uint64_t firstByte, uint64_t sizeBytes) {
  Region& region = *regions_.at(storage);
  if (region.table == nullptr || sizeBytes == 0) return;
  const uint64_t first = firstByte / kColourBlockBytes;
  region.behind.add({first, blocksFor(firstByte + sizeBytes) - first});
}

bool TenantMemory::offersColoured(uint32_t storage) const {
  const Region& region = *regions_[storage];
  return isWanted_ && region.table != nullptr && isSettled() && region.behind.empty();
}

bool TenantMemory::await(CUstream stream) {
  if (advanced_->isDone()) return false;
  driver_.cuStreamWaitEvent(stream, advanced_->get(), 0u);
  return true;
}

bool TenantMemory::turn(bool mayMove) {
  mustWait_ = wantsToMove() && !mayMove;
  if (mustWait_ || !side_.has_value() || !advanced_->isDone()) return false;
  if (splitNumber_ != pool_->splitNumber()) surrender();
  if (missingBlocks_ > 0) return takeMissing();
  if (blocksBehind() == 0) return false;
  advance(kPieceBlocks);
  return true;
}

bool TenantMemory::busy() const {
  return side_.has_value() && problem_.empty() && !mustWait_ && (!isSettled() || blocksBehind() > 0 || !advanced_->isDone());
}

void TenantMemory::describe(BlockMap& map) const {
  if (side_.has_value()) map.side = static_cast<int>(*side_);
  if (pool_ == nullptr || !pool_->coloured()) return;
  const ColourLedger& ledger = pool_->ledger();
  map.partitions = ledger.partitions();
  map.bePartitions = ledger.bePartitions();
  map.poolBlocks = pool_->sizeBytes() / kColourBlockBytes;
  map.wastedBlocks = ledger.wasted();
}

void TenantMemory::tally(BlockRange blocks, BlockRow& row) const {
  const Region& region = *regions_[row.storage];
  if (region.table == nullptr) return;
  row.behind += region.behind.countWithin(blocks);
  for (uint64_t at = blocks.first; at < blocks.end(); at++) {
    const uint32_t block = region.blocks[at];
    if (block == kNoBlock) {
      row.missing++;
      continue;
    }
    const ColourLedger& ledger = pool_->ledger();
    if (!ledger.belongs(block, *side_)) row.misplaced++;
    for (uint64_t left = ledger.partitionsOf(block); left != 0; left &= left - 1) row.inPartition[std::countr_zero(left)]++;
  }
}

bool TenantMemory::isSettled() const { return splitNumber_ == pool_->splitNumber() && missingBlocks_ == 0; }

uint64_t TenantMemory::blocksBehind() const {
  uint64_t sum = 0;
  for (const auto& region : regions_) sum += region->behind.count();
  return sum;
}

void TenantMemory::surrender() {
  ColourLedger& ledger = pool_->ledger();
  for (const auto& region : regions_) {
    const uint64_t missing = missingBlocks_;
    for (uint32_t& block : region->blocks) {
      if (block == kNoBlock || ledger.belongs(block, *side_)) continue;
      ledger.giveBack(block);
      block = kNoBlock;
      missingBlocks_++;
    }
    movingBlocks_ += missingBlocks_ - missing;
    // All of it is copied again: the blocks that moved lie scattered, and whole runs take less time.
    if (missingBlocks_ > missing) region->behind.add({0, region->blocks.size()});
  }
  splitNumber_ = pool_->splitNumber();
  problem_.clear();
}

bool TenantMemory::takeMissing() {
  if (pool_->ledger().stock(*side_).free < missingBlocks_) {
    if (problem_.empty()) problem_ = pool_->shortage(*side_, missingBlocks_);
    return false;
  }
  problem_.clear();
  const std::vector<uint32_t> taken = pool_->ledger().take(*side_, missingBlocks_);
  auto next = taken.begin();
  for (const auto& region : regions_) {
    for (uint32_t& block : region->blocks) {
      if (block != kNoBlock) continue;
      block = *next++;
      region->isTableStale = true;
    }
  }
  missingBlocks_ = 0;
  return true;
}

void TenantMemory::advance(uint64_t most) {
  for (const auto& region : regions_) {
    if (region->behind.empty()) continue;
    if (region->isTableStale) {
      driver_.cuMemcpyHtoDAsync(region->table->address(), static_cast<const void*>(region->blocks.data()),
                                region->blocks.size() * sizeof(uint32_t), pool_->stream());
      region->isTableStale = false;
    }
    const BlockRange piece = region->behind.takeFirst(most);
    pool_->transfer({.linear = reinterpret_cast<const unsigned char*>(region->linear.address()),
                     .pool = nullptr,
                     .blocks = reinterpret_cast<const uint32_t*>(region->table->address()),
                     .firstBlock = piece.first,
                     .blockCount = piece.count});
    const uint64_t moved = std::min(movingBlocks_, piece.count);
    movingBlocks_ -= moved;
    pool_->countMigrated(moved * kColourBlockBytes);
    break;
  }
  advanced_->record(pool_->stream());
}

}  // namespace missile::cuda
