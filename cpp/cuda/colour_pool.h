// Device memory in blocks of 1 KiB whose colours are known. Tenants' coloured copies (tenant_memory.h) are made of its blocks.
//
// Uncoloured until setColours; who finds the colours works on address() and sizeBytes() (contention_probe.h). Everything that changes
// blocks or page tables runs on one stream, so it happens in the order in which it was asked for.
//
// A block is handed over only by filling it from its new owner's linear storage, whole: nothing of its last owner is left in it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "block_transfer.h"
#include "colour_ledger.h"
#include "context.h"

namespace missile::cuda {

class ColourPool {
 public:
  // Throws CallFailed: CUDA_ERROR_OUT_OF_MEMORY where there is not so much.
  ColourPool(Context& context, uint64_t poolBytes);
  ~ColourPool();
  ColourPool(const ColourPool&) = delete;
  ColourPool& operator=(const ColourPool&) = delete;

  CUdeviceptr address() const { return memory_.address(); }
  uint64_t sizeBytes() const { return memory_.sizeBytes(); }

  // Once, before any block is taken.
  void setColours(PoolColours colours);
  bool coloured() const { return ledger_ != nullptr; }

  // The policy's ranges: LS has channels [0, firstBeChannel), BE the others. Only their sizes mean anything: BE gets as many of the
  // partitions in proportion, at least one and never all. What is misplaced then moves as TenantMemory::turn says.
  void setSplit(unsigned firstBeChannel, unsigned channels);
  // Rises with every change of the split.
  uint64_t splitNumber() const { return splitNumber_; }

  // Counters for whoever watches.
  struct Facts {
    uint64_t partitions, bePartitions;
    ColourLedger::Stock ls, be;  // in blocks
    uint64_t wastedBlocks;
    uint64_t migratedBytes;      // moved to other blocks since the pool was made, because the split had changed
  };
  Facts facts() const;
  // One line: how much a side lacks for so many blocks, how much it has, and what to do.
  std::string shortage(ColourSide side, uint64_t blocks) const;

  // For TenantMemory.
  ColourLedger& ledger() { return *ledger_; }
  Context& context() { return context_; }
  CUstream stream() const { return stream_; }
  // Fills blocks of a storage's coloured copy, on the pool's stream; the transfer need not name the pool. Throws CallFailed.
  void transfer(BlockTransfer transfer);
  void countMigrated(uint64_t sizeBytes) { migratedBytes_ += sizeBytes; }

 private:
  Context& context_;
  DeviceMemory memory_;
  CUstream stream_ = nullptr;
  CUfunction transfer_;
  std::unique_ptr<ColourLedger> ledger_;
  uint64_t splitNumber_ = 0;  // 0: not split yet
  uint64_t bePartitions_ = 0, migratedBytes_ = 0;
};

}  // namespace missile::cuda
