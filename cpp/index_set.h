// A set of small indices (0..95): TPC masks and VRAM-channel sets. A set bit always means enabled.
#pragma once

#include <bit>
#include <cstdint>

namespace missile {

struct IndexSet {
  static constexpr int kCapacity = 96;

  uint64_t low = 0;
  uint64_t high = 0;

  static IndexSet firstOf(int count) {
    const auto below = [](int bits) { return bits <= 0 ? 0 : bits >= 64 ? ~0ull : (1ull << bits) - 1; };
    return {below(count), below(count - 64)};
  }

  int size() const { return std::popcount(low) + std::popcount(high); }
  bool empty() const { return (low | high) == 0; }
  bool overlaps(IndexSet other) const { return ((low & other.low) | (high & other.high)) != 0; }
  bool contains(IndexSet other) const { return ((other.low & ~low) | (other.high & ~high)) == 0; }
  void add(int index) { (index < 64 ? low : high) |= 1ull << (index & 63); }

  // Calls visit(index) for each member in rising order.
  template <typename Visit>
  void forEach(Visit visit) const {
    for (uint64_t word = low; word != 0; word &= word - 1) visit(std::countr_zero(word));
    for (uint64_t word = high; word != 0; word &= word - 1) visit(64 + std::countr_zero(word));
  }

  friend IndexSet operator|(IndexSet a, IndexSet b) { return {a.low | b.low, a.high | b.high}; }
  friend IndexSet operator&(IndexSet a, IndexSet b) { return {a.low & b.low, a.high & b.high}; }
  friend IndexSet operator-(IndexSet a, IndexSet b) { return {a.low & ~b.low, a.high & ~b.high}; }
  friend bool operator==(IndexSet a, IndexSet b) = default;
};

using TpcSet = IndexSet;
using ChannelSet = IndexSet;

}  // namespace missile
