#include "colour_ledger.h"

#include <bit>
#include <stdexcept>
#include <utility>

namespace missile::cuda {

ColourLedger::ColourLedger(size_t blocks, PoolColours colours)
    : colours_(std::move(colours)),
      isTaken_(blocks, 0),
      ownerOf_(colours_.partitionsOfColour.size(), Owner::nobody),
      blocksOf_(ownerOf_.size(), 0),
      takenOf_(ownerOf_.size(), 0) {
  if (colours_.colourOfBlock.size() != blocks) throw std::logic_error("colours of another number of blocks");
  if (colours_.bePartitions.empty() || partitions() > kMostPartitions) {
    throw std::logic_error("a pool of one partition, or of more than can be told apart");
  }
  for (const int16_t colour : colours_.colourOfBlock) {
    if (colour >= static_cast<int>(ownerOf_.size())) throw std::logic_error("a block of an unknown colour");
    if (colour >= 0) blocksOf_[static_cast<size_t>(colour)]++;
  }
  for (size_t n = 1; n < partitions(); n++) {
    if (std::popcount(colours_.bePartitions[n - 1]) != static_cast<int>(n)) {
      throw std::logic_error("a split with another number of partitions");
    }
  }
}

bool ColourLedger::split(size_t count) {
  if (count == 0 || count >= partitions()) throw std::logic_error("a side without partitions");
  if (count == beCount_) return false;
  beCount_ = count;
  const uint64_t be = colours_.bePartitions[count - 1];
  for (size_t colour = 0; colour < ownerOf_.size(); colour++) {
    const uint64_t touched = colours_.partitionsOfColour[colour];
    ownerOf_[colour] = (touched & ~be) == 0 ? Owner::be : (touched & be) == 0 ? Owner::ls : Owner::nobody;
  }
  return true;
}

ColourLedger::Stock ColourLedger::stock(ColourSide side) const {
  Stock stock{0, 0};
  for (size_t colour = 0; colour < ownerOf_.size(); colour++) {
    if (ownerOf_[colour] != static_cast<Owner>(side)) continue;
    stock.blocks += blocksOf_[colour];
    stock.free += blocksOf_[colour] - takenOf_[colour];
  }
  return stock;
}

uint64_t ColourLedger::wasted() const {
  return isTaken_.size() - stock(ColourSide::ls).blocks - stock(ColourSide::be).blocks;
}

bool ColourLedger::belongs(uint32_t block, ColourSide side) const {
  const int16_t colour = colours_.colourOfBlock[block];
  return colour >= 0 && ownerOf_[static_cast<size_t>(colour)] == static_cast<Owner>(side);
}

uint64_t ColourLedger::partitionsOf(uint32_t block) const {
  const int16_t colour = colours_.colourOfBlock[block];
  return colour < 0 ? 0 : colours_.partitionsOfColour[static_cast<size_t>(colour)];
}

std::vector<uint32_t> ColourLedger::take(ColourSide side, uint64_t count) {
  std::vector<uint32_t> taken;
  if (stock(side).free < count) return taken;
  taken.reserve(count);
  uint32_t& cursor = cursor_[static_cast<size_t>(side)];
  while (taken.size() < count) {
    const uint32_t block = cursor;
    cursor = cursor + 1 < isTaken_.size() ? cursor + 1 : 0;
    if (isTaken_[block] != 0 || !belongs(block, side)) continue;
    isTaken_[block] = 1;
    takenOf_[static_cast<size_t>(colours_.colourOfBlock[block])]++;
    taken.push_back(block);
  }
  return taken;
}

void ColourLedger::giveBack(uint32_t block) {
  if (isTaken_[block] == 0) throw std::logic_error("a block is given back that nobody has");
  isTaken_[block] = 0;
  takenOf_[static_cast<size_t>(colours_.colourOfBlock[block])]--;
}

}  // namespace missile::cuda
