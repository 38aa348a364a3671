// A set of block numbers as ranges, in ascending order, that neither meet nor overlap.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace missile::cuda {

struct BlockRange {
  uint64_t first, count;
  uint64_t end() const { return first + count; }
};

class BlockRanges {
 public:
  bool empty() const { return ranges_.empty(); }
  uint64_t count() const { return count_; }

  // Of those within a range.
  uint64_t countWithin(BlockRange within) const {
    uint64_t sum = 0;
    auto range = std::partition_point(ranges_.begin(), ranges_.end(),
                                      [&](const BlockRange& before) { return before.end() <= within.first; });
    for (; range != ranges_.end() && range->first < within.end(); ++range) {
      sum += std::min(range->end(), within.end()) - std::max(range->first, within.first);
    }
    return sum;
  }

  void add(BlockRange added) {
    if (added.count == 0) return;
    const auto from = std::partition_point(ranges_.begin(), ranges_.end(),
                                           [&](const BlockRange& range) { return range.end() < added.first; });
    auto to = from;
    uint64_t first = added.first, end = added.end();
    for (; to != ranges_.end() && to->first <= end; ++to) {
      first = std::min(first, to->first);
      end = std::max(end, to->end());
      count_ -= to->count;
    }
    ranges_.insert(ranges_.erase(from, to), {first, end - first});
    count_ += end - first;
  }

  // Removes the lowest range, at most `most` blocks of it. There must be one.
  BlockRange takeFirst(uint64_t most) {
    BlockRange& range = ranges_.front();
    const BlockRange taken{range.first, std::min(range.count, most)};
    range = {taken.end(), range.count - taken.count};
    if (range.count == 0) ranges_.erase(ranges_.begin());
    count_ -= taken.count;
    return taken;
  }

 private:
  std::vector<BlockRange> ranges_;
  uint64_t count_ = 0;
};

}  // namespace missile::cuda
