// Bytes that each tenant has moved through each VRAM channel.
//
// The address hash spreads consecutive granules over a tenant's channels without favouring a stride, so its traffic
// falls on them evenly.
#pragma once

#include <cstddef>
#include <vector>

#include "index_set.h"

namespace missile::sim {

class Traffic {
 public:
  Traffic(int tenants, int channels) : channels_(channels), bytes_(static_cast<size_t>(tenants) * channels) {}

  void add(int tenant, ChannelSet channels, double bytes);
  void forget(int tenant);
  const std::vector<double>& bytes() const { return bytes_; }

 private:
  int channels_;
  std::vector<double> bytes_;
};

}  // namespace missile::sim
