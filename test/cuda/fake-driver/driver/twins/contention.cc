// Twin of contention.cu on a made-up memory system, the same as that of test/channels/synthetic-memory.ts: two sides, partitions of four
// slices, an address hash that differs from page to page.
#include <atomic>
#include <bit>

#include "../gpu.h"
#include "../twins.h"

namespace missile::fake {

namespace {

constexpr unsigned kPartitions = 12;
constexpr unsigned kSectorBytes = 32, kInterleaveBytes = 256, kBlockBytes = 1024;
constexpr uint64_t kPageBlocks = Memory::kPageBytes / kBlockBytes;
constexpr unsigned kQuickCycles = 2850, kConflictCycles = 5000, kNoiseCycles = 150;
// Words from one pair's barrier to the next, as in contention.cu.
constexpr unsigned kBarrierWords = 64;

// Bit i of a hash is the parity of the number under mask i.
template <size_t Bits>
unsigned hashOf(uint64_t value, const unsigned (&masks)[Bits]) {
  unsigned hash = 0;
  for (size_t bit = 0; bit < Bits; bit++) hash |= static_cast<unsigned>(std::popcount(value & masks[bit]) & 1) << bit;
  return hash;
}
constexpr unsigned kColourMasks[] = {0x0193, 0x0465, 0x072a, 0x01fc, 0x0538};
constexpr unsigned kSliceMasks[] = {0x02d1, 0x0416};
// Order in which the other side sees the four slices of a partition.
constexpr int kOtherSide[] = {1, 3, 0, 2};

struct Place {
  unsigned partition;
  int slice;
};

// Lanes alternate every 256 bytes: a block lies in two partitions.
Place placeOf(uint64_t physical) {
  const uint64_t block = physical / kBlockBytes;
  const uint64_t page = block / kPageBlocks;
  const unsigned hash = hashOf(block % kPageBlocks, kColourMasks) ^ (page * 0x9d & 0x1f);
  const unsigned low = hash % kPartitions, high = (low + 1 + (hash >> 4)) % kPartitions;
  const bool isHigh = (physical / kInterleaveBytes & 1) != 0;
  return {isHigh ? high : low, static_cast<int>(hashOf(block, kSliceMasks))};
}

// TPCs belong to the sides in turn.
unsigned sideOf(unsigned sm) { return sm / 2 % 2; }

bool isConflict(uint64_t first, uint64_t second, unsigned side) {
  const Place a = placeOf(first), b = placeOf(second);
  const int apart = side == 0 ? a.slice - b.slice : kOtherSide[a.slice] - kOtherSide[b.slice];
  return a.partition == b.partition && std::abs(apart) <= 1;
}

using Word = unsigned*;

void contention(const Cta& cta, Word pool, const unsigned* first, const unsigned* second, unsigned count, Word roles,
                unsigned pairs, Word barriers, Word cycles) {
  const unsigned role = std::atomic_ref(roles[cta.sm]).exchange(0);
  if (role == 0) return;
  const unsigned pair = (role - 1) / 2;
  // The pair's barrier holds 1 + the SM of whoever comes first; the other does the tests of both.
  const unsigned partner = std::atomic_ref(barriers[pair * kBarrierWords]).exchange(cta.sm + 1);
  if (partner == 0) return;
  const Gpu& gpu = Gpu::get();
  const std::optional<uint64_t> base = gpu.memory.physicalOf(reinterpret_cast<Address>(pool));
  if (!base) throw DeviceFault{CUDA_ERROR_ILLEGAL_ADDRESS};
  const bool canMeet = sideOf(partner - 1) == sideOf(cta.sm) && !gpu.settings.isFlat;
  uint32_t noise = cta.sm + 1;
  for (unsigned test = pair; test < count; test += pairs) {
    const uint64_t a = *base + uint64_t{first[test]} * kSectorBytes, b = *base + uint64_t{second[test]} * kSectorBytes;
    const bool meets = canMeet && isConflict(a, b, sideOf(cta.sm));
    noise = noise * 1664525 + 1013904223;
    cycles[test] = (meets ? kConflictCycles : kQuickCycles) + (noise >> 16) % kNoiseCycles;
  }
}

const TwinEntry contentionEntry("contention", &contention, Appetite::small, Pace::brief);

}  // namespace

}  // namespace missile::fake
