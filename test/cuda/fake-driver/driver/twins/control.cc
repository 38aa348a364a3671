// The kernels by which the executor steers are their own twins.
#include "cuda/kernels/sweep.cu"
#include "cuda/kernels/whereabouts.cu"

namespace missile::fake {

namespace {

void checkedSweep(const Cta& cta, cuda::Sweeps sweeps) {
  const auto [state, report] = sweeps.launches[cta.index];
  cta.mustHold(state, sizeof *state);
  cta.mustHold(report, sizeof *report);
  sweep(sweeps);
}

void checkedWhereabouts(const Cta& cta, uint32_t* seen, uint32_t mark) {
  cta.mustHold(&seen[cta.sm], sizeof *seen);
  whereabouts(seen, mark);
}

const TwinEntry sweepEntry("sweep", &checkedSweep);
const TwinEntry whereaboutsEntry("whereabouts", &checkedWhereabouts);

}  // namespace

}  // namespace missile::fake
