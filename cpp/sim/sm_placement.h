// Where a launch's next blocks find room.
#pragma once

#include <array>
#include <vector>

#include "launch.h"

namespace missile::sim {

// Blocks that start together on TPCs with equal room.
struct Placement {
  TpcSet tpcs;
  int64_t blocks;
};

// Room for a kernel on a launch's TPCs. An SM offers what the waves on it leave of its threads, registers and shared
// memory, taken together as one share between 0 and 1. TPCs under the same waves offer the same: they are one region.
class SmRoom {
 public:
  // Measures the room that `waves` leave for blocks of which an SM holds `residents`.
  void measure(const Launch& launch, const std::vector<Wave>& waves, int residents, int smsPerTpc);

  // Spreads up to `blocks` over the regions in proportion to their room and returns the number of placements.
  int spread(int64_t blocks);
  const Placement& placement(int index) const { return placements_[index]; }

 private:
  struct Region {
    TpcSet tpcs;
    double use;     // share of each SM that is taken
    int64_t slots;  // blocks for which there is room
  };

  std::array<Region, 96> regions_;  // never more than TPCs
  std::array<Placement, 96> placements_;
  int regionCount_ = 0;
};

}  // namespace missile::sim
