// Twins of the kernels by which the executor steers: sweep.cu and whereabouts.cu.
#include "stay.h"

namespace missile::fake {

namespace {

constexpr uint64_t kStayNs = 10'000;

void sweep(const Cta& cta, LaunchState* state, LaunchReport* report) {
  cta.mustHold(state, sizeof *state);
  cta.mustHold(report, sizeof *report);
  for (unsigned tpc = 0; tpc < cuda::kMostTpcs; tpc++) {
    bidFarewell(*state, *report, tpc);
  }
}

void whereabouts(const Cta& cta, uint32_t* seen, uint32_t mark) {
  cta.mustHold(&seen[cta.sm], sizeof *seen);
  shared(seen[cta.sm]) |= mark;
  cta.work(kStayNs);
}

const TwinEntry sweepEntry("sweep", &sweep);
const TwinEntry whereaboutsEntry("whereabouts", &whereabouts);

}  // namespace

}  // namespace missile::fake
