#include "traffic.h"

#include <algorithm>

namespace missile::sim {

void Traffic::add(int tenant, ChannelSet channels, double bytes) {
  if (bytes <= 0) return;
  const double each = bytes / channels.size();
  double* row = &bytes_[static_cast<size_t>(tenant) * channels_];
  channels.forEach([&](int channel) { row[channel] += each; });
}

void Traffic::forget(int tenant) {
  const auto row = bytes_.begin() + static_cast<std::ptrdiff_t>(tenant) * channels_;
  std::fill(row, row + channels_, 0.0);
}

}  // namespace missile::sim
