// How long something took, as counts of buckets that are at most 1/32 wide: quantiles without keeping every value. One thread records; others
// may read meanwhile, and find what was there a moment ago.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace missile::cuda {

class LatencyHistogram {
 public:
  void record(int64_t ns) {
    const auto value = static_cast<uint64_t>(std::max<int64_t>(ns, 0));
    raise(counts_[std::min(bucketOf(value), kBuckets - 1)], 1);
    raise(count_, 1);
    if (value > read(maxNs_)) maxNs_.store(value, std::memory_order_relaxed);
  }
  // What another has recorded as well.
  void add(const LatencyHistogram& other) {
    for (size_t bucket = 0; bucket < kBuckets; bucket++) raise(counts_[bucket], read(other.counts_[bucket]));
    raise(count_, other.count());
    maxNs_.store(std::max(read(maxNs_), read(other.maxNs_)), std::memory_order_relaxed);
  }

  uint64_t count() const { return read(count_); }
  double maxNs() const { return static_cast<double>(read(maxNs_)); }

  // The upper end of the bucket that holds the given share of all values, at most the largest of them; 0 when there are none.
  double quantileNs(double share) const {
    const auto wanted = static_cast<uint64_t>(share * static_cast<double>(count()));
    uint64_t seen = 0;
    for (size_t bucket = 0; bucket < kBuckets; bucket++) {
      seen += read(counts_[bucket]);
      if (seen > wanted) return static_cast<double>(std::min(endOf(bucket), read(maxNs_)));
    }
    return maxNs();
  }

 private:
  static constexpr unsigned kBitsBelow = 5;
  static constexpr size_t kSteps = size_t{1} << kBitsBelow;
  // Up to 2^40 ns, 18 minutes.
  static constexpr size_t kBuckets = (40 - kBitsBelow + 1) * kSteps;

  // Values below kSteps have a bucket each; every doubling above is cut into kSteps.
  static size_t bucketOf(uint64_t value) {
    if (value < kSteps) return value;
    const auto doubling = static_cast<unsigned>(std::bit_width(value)) - kBitsBelow - 1;
    return doubling * kSteps + (value >> doubling);
  }
  static uint64_t endOf(size_t bucket) {
    if (bucket < kSteps) return bucket;
    const size_t doubling = bucket / kSteps - 1;
    return ((bucket - doubling * kSteps + 1) << doubling) - 1;
  }

  using Count = std::atomic<uint64_t>;
  static uint64_t read(const Count& count) { return count.load(std::memory_order_relaxed); }
  static void raise(Count& count, uint64_t by) { count.store(read(count) + by, std::memory_order_relaxed); }

  std::array<Count, kBuckets> counts_{};
  Count count_{0}, maxNs_{0};
};

}  // namespace missile::cuda
