// How kernels reach memory: linear, or in coloured blocks through a shadow page table. Shared by kernels and executor.
#pragma once

#include <cstdint>

namespace missile {

// The colouring granule: a block of a pool that lies in one pair of memory partitions (measured on an H200, see docs/ARCHITECTURE.md).
constexpr uint32_t kColourBlockBytes = 1024;

// `sizeBytes` consecutive bytes as a kernel sees them.
struct MemoryView {
  unsigned char* base;      // linear: the first byte; coloured: the pool's first byte
  const uint32_t* blocks;   // coloured: the pool's block that holds each 1 KiB of the view; null: linear
  uint64_t sizeBytes;
};

}  // namespace missile
