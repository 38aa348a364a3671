// Time as the programs of this folder take it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace rig {

using Clock = std::chrono::steady_clock;
inline double usSince(Clock::time_point from) {
  return std::chrono::duration<double, std::micro>(Clock::now() - from).count();
}
inline void spinUs(double us) {
  for (const auto from = Clock::now(); usSince(from) < us;) {
  }
}

inline double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<size_t>(share * static_cast<double>(values.size())))];
}

}  // namespace rig
