#include "colour_pool.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace missile::cuda {

namespace {

// Thread blocks of a transfer on each SM at most: with so many warps a copy on an empty GPU is bound by memory.
constexpr unsigned kTransferBlocksPerSm = 16;

}  // namespace

ColourPool::ColourPool(Context& context, uint64_t poolBytes)
    : context_(context), memory_(context, poolBytes), transfer_(context.kernel("transfer")) {
  int least = 0, greatest = 0;
  context.driver().cuCtxGetStreamPriorityRange(&least, &greatest);
  // Kernels may wait for what happens here.
  context.driver().cuStreamCreateWithPriority(&stream_, CU_STREAM_NON_BLOCKING, greatest);
}

ColourPool::~ColourPool() {
  quietly([&] { context_.driver().cuStreamDestroy(stream_); });
}

void ColourPool::setColours(PoolColours colours) {
  if (coloured()) throw std::logic_error("the pool has its colours already");
  ledger_ = std::make_unique<ColourLedger>(sizeBytes() / kColourBlockBytes, std::move(colours));
}

void ColourPool::setSplit(unsigned firstBeChannel, unsigned channels) {
  const uint64_t partitions = ledger_->partitions();
  const uint64_t ls = (uint64_t{firstBeChannel} * partitions + channels / 2) / channels;
  const uint64_t be = partitions - std::clamp<uint64_t>(ls, 1, partitions - 1);
  if (!ledger_->split(be)) return;
  bePartitions_ = be;
  splitNumber_++;
}

ColourPool::Facts ColourPool::facts() const {
  if (!coloured()) return {0, 0, {0, 0}, {0, 0}, 0, 0};
  return {ledger_->partitions(), bePartitions_, ledger_->stock(ColourSide::ls), ledger_->stock(ColourSide::be),
          ledger_->wasted(), migratedBytes_};
}

std::string ColourPool::shortage(ColourSide side, uint64_t blocks) const {
  // Blocks are of 1 KiB.
  const auto text = [](uint64_t kib) {
    return kib < 10240 ? std::to_string(kib) + " KiB" : std::to_string((kib + 512) / 1024) + " MiB";
  };
  const ColourLedger::Stock stock = ledger_->stock(side);
  const std::string name = side == ColourSide::ls ? "LS" : "BE";
  return "needs " + text(blocks) + " of " + name + "'s channels, which have " + text(stock.free) + " free of " +
         text(stock.blocks) + "; it stays uncoloured: give " + name + " a larger channel share or the pool more memory";
}

void ColourPool::transfer(BlockTransfer transfer) {
  transfer.pool = reinterpret_cast<unsigned char*>(address());
  const uint64_t batches = (transfer.blockCount + kTransferBatch - 1) / kTransferBatch;
  const auto grid = static_cast<unsigned>(std::min<uint64_t>(batches, uint64_t{context_.sms()} * kTransferBlocksPerSm));
  void* parameters[] = {&transfer};
  context_.driver().cuLaunchKernel(transfer_, grid, 1u, 1u, kTransferThreads, 1u, 1u, 0u, stream_,
                                   static_cast<void**>(parameters), static_cast<void**>(nullptr));
}

}  // namespace missile::cuda
