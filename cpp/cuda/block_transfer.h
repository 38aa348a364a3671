// Parameter of the kernel `transfer` (kernels/transfer.cu): blocks of a storage go from its linear to its coloured copy.
#pragma once

#include <cstdint>

#include "../memory_view.h"

namespace missile::cuda {

struct BlockTransfer {
  const unsigned char* linear;  // first byte of the storage
  unsigned char* pool;          // first byte of the pool
  const uint32_t* blocks;       // the pool's block that holds each 1 KiB of the storage
  uint64_t firstBlock;          // of the storage: what is brought
  uint64_t blockCount;
};

// One warp: finds room on an SM that is full of persistent thread blocks (partition_pool.h leaves that much).
constexpr unsigned kTransferThreads = 32;
// Blocks of which a warp reads all before it writes any.
constexpr unsigned kTransferBatch = 4;

}  // namespace missile::cuda
