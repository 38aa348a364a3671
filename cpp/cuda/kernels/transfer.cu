// Brings blocks of a storage from its linear to its coloured copy. Warps take batches of blocks in turn.
#include "../block_transfer.h"

using missile::cuda::BlockTransfer;
using missile::kColourBlockBytes;
using missile::cuda::kTransferBatch;
using missile::cuda::kTransferThreads;

namespace {

constexpr unsigned kVectors = kColourBlockBytes / sizeof(uint4) / kTransferThreads;  // of each thread, in one block

__device__ uint4* colouredBlock(const BlockTransfer& transfer, uint64_t block) {
  return reinterpret_cast<uint4*>(transfer.pool + uint64_t{transfer.blocks[block]} * kColourBlockBytes);
}

__device__ const uint4* linearBlock(const BlockTransfer& transfer, uint64_t block) {
  return reinterpret_cast<const uint4*>(transfer.linear + block * kColourBlockBytes);
}

}  // namespace

extern "C" __global__ void __launch_bounds__(kTransferThreads) transfer(BlockTransfer transfer) {
  const uint64_t last = transfer.firstBlock + transfer.blockCount;
  const uint64_t stride = uint64_t{gridDim.x} * kTransferBatch;
  for (uint64_t first = transfer.firstBlock + uint64_t{blockIdx.x} * kTransferBatch; first < last; first += stride) {
    uint4* to[kTransferBatch];
    uint4 values[kTransferBatch][kVectors];
#pragma unroll
    for (unsigned i = 0; i < kTransferBatch; i++) {
      if (first + i >= last) break;
      to[i] = colouredBlock(transfer, first + i);
      const uint4* const from = linearBlock(transfer, first + i);
#pragma unroll
      for (unsigned v = 0; v < kVectors; v++) values[i][v] = from[v * kTransferThreads + threadIdx.x];
    }
#pragma unroll
    for (unsigned i = 0; i < kTransferBatch; i++) {
      if (first + i >= last) break;
#pragma unroll
      for (unsigned v = 0; v < kVectors; v++) to[i][v * kTransferThreads + threadIdx.x] = values[i][v];
    }
  }
}
