#include "sm_placement.h"

#include <algorithm>

namespace missile::sim {

void SmRoom::measure(const Launch& launch, const std::vector<Wave>& waves, int residents, int smsPerTpc) {
  regions_[0] = {launch.tpcs, 0, 0};
  regionCount_ = 1;
  for (const Wave& wave : waves) {
    if (!wave.tpcs.overlaps(launch.tpcs)) continue;
    const int before = regionCount_;
    for (int i = 0; i < before; i++) {
      Region& region = regions_[i];
      const TpcSet under = region.tpcs & wave.tpcs;
      if (under.empty()) continue;
      const TpcSet beside = region.tpcs - under;
      if (!beside.empty()) regions_[regionCount_++] = {beside, region.use, 0};
      region.tpcs = under;
      region.use += wave.smUse;
    }
  }
  for (int i = 0; i < regionCount_; i++) {
    Region& region = regions_[i];
    // The sum of shares may miss 1 by rounding; a thousandth of a block is no room for one.
    const double perTpc = (1 - region.use) * residents * smsPerTpc + 1e-3;
    region.slots = perTpc < 1 ? 0 : static_cast<int64_t>(perTpc) * region.tpcs.size();
  }
}

int SmRoom::spread(int64_t blocks) {
  int64_t room = 0;
  for (int i = 0; i < regionCount_; i++) room += regions_[i].slots;
  int64_t left = std::min(blocks, room);
  int count = 0;
  for (int i = 0; i < regionCount_ && left > 0; i++) {
    const Region& region = regions_[i];
    if (region.slots == 0) continue;
    // Rounded up: what remains always fits the room that remains, and the last region takes the rest.
    const int64_t share = (left * region.slots + room - 1) / room;
    placements_[count++] = {region.tpcs, share};
    left -= share;
    room -= region.slots;
  }
  return count;
}

}  // namespace missile::sim
