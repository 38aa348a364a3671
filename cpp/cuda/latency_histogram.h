// How long something took, as counts of buckets that are at most 1/32 wide: quantiles without keeping every value.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace missile::cuda {

class LatencyHistogram {
 public:
  void record(int64_t ns) {
    const auto value = static_cast<uint64_t>(std::max<int64_t>(ns, 0));
    counts_[std::min(bucketOf(value), kBuckets - 1)]++;
    count_++;
    maxNs_ = std::max(maxNs_, value);
  }

  uint64_t count() const { return count_; }
  double maxNs() const { return static_cast<double>(maxNs_); }

  // The upper end of the bucket that holds the given share of all values, at most the largest of them; 0 when there are none.
  double quantileNs(double share) const {
    const auto wanted = static_cast<uint64_t>(share * static_cast<double>(count_));
    uint64_t seen = 0;
    for (size_t bucket = 0; bucket < kBuckets; bucket++) {
      seen += counts_[bucket];
      if (seen > wanted) return static_cast<double>(std::min(endOf(bucket), maxNs_));
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

  std::array<uint64_t, kBuckets> counts_{};
  uint64_t count_ = 0;
  uint64_t maxNs_ = 0;
};

}  // namespace missile::cuda
