// Twin of transfer.cu.
#include <cstring>

#include "../twins.h"
#include "cuda/block_transfer.h"

namespace missile::fake {

namespace {

using cuda::BlockTransfer;

void transfer(const Cta& cta, BlockTransfer transfer) {
  cta.stayWhileHeld();
  for (uint64_t i = cta.index; i < transfer.blockCount; i += cta.grid) {
    const uint64_t block = transfer.firstBlock + i;
    cta.mustHold(transfer.blocks + block, sizeof *transfer.blocks);
    auto* const coloured = transfer.pool + uint64_t{transfer.blocks[block]} * kColourBlockBytes;
    const unsigned char* const linear = transfer.linear + block * kColourBlockBytes;
    cta.mustHold(coloured, kColourBlockBytes);
    cta.mustHold(linear, kColourBlockBytes);
    std::memcpy(coloured, linear, kColourBlockBytes);
  }
}

const TwinEntry transferEntry("transfer", &transfer);

}  // namespace

}  // namespace missile::fake
