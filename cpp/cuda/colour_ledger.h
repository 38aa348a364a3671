// Whose the blocks of a coloured pool are: colours, the split of the partitions between LS and BE, and what is taken.
//
// A block whose partitions all lie in one side belongs to it; one that straddles the split serves nobody. Blocks are handed out in
// the order of their addresses from a cursor on: neighbours share pages, and the address hash mixes the partitions evenly.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace missile::cuda {

enum class ColourSide { ls = 0, be = 1 };

// What a probe found, as src/channels hands it over.
struct PoolColours {
  // Colour of each 1 KiB block, -1 where it fits none.
  std::vector<int16_t> colourOfBlock;
  // For each colour, a bit for every partition that its blocks touch.
  std::vector<uint64_t> partitionsOfColour;
  // BE's partitions, a bit each, for every number of them that BE may have: element n - 1 has n bits.
  std::vector<uint64_t> bePartitions;
};

class ColourLedger {
 public:
  static constexpr size_t kMostPartitions = 64;

  struct Stock {
    uint64_t blocks, free;
  };

  // No block may be taken yet. Throws std::logic_error where the lengths do not fit together.
  ColourLedger(size_t blocks, PoolColours colours);

  size_t partitions() const { return colours_.bePartitions.size() + 1; }
  // BE has `count` of the partitions, chosen by whoever made the colours; 1 ... partitions - 1. Blocks that are taken stay taken.
  // False where it was so already.
  bool split(size_t count);
  // Those of BE, a bit each; none before the first split.
  uint64_t bePartitions() const { return beCount_ == 0 ? 0 : colours_.bePartitions[beCount_ - 1]; }
  // Those that a block touches, a bit each; none where it fits no colour.
  uint64_t partitionsOf(uint32_t block) const;
  // Blocks of a side, and how many of them are free.
  Stock stock(ColourSide side) const;
  // Blocks that straddle the split or have no colour.
  uint64_t wasted() const;

  bool belongs(uint32_t block, ColourSide side) const;
  // Takes `count` free blocks of the side; none where there are fewer.
  std::vector<uint32_t> take(ColourSide side, uint64_t count);
  void giveBack(uint32_t block);

 private:
  enum class Owner : uint8_t { ls = 0, be = 1, nobody = 2 };

  PoolColours colours_;
  size_t beCount_ = 0;
  std::vector<uint8_t> isTaken_;
  std::vector<Owner> ownerOf_;                // by colour
  std::vector<uint64_t> blocksOf_, takenOf_;  // by colour
  std::array<uint32_t, 2> cursor_{};
};

}  // namespace missile::cuda
