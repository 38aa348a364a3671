// Bids farewell for the TPCs of launches that were revoked and have no thread block of theirs. One thread block a launch, on a stream where the
// writes to `revocations` came before: see `enter` and `leave` of elastic.cuh. It does not wait for anybody, and may be run again.
#include "elastic.cuh"

using namespace missile::cuda;

extern "C" __global__ void __launch_bounds__(kMostTpcs) sweep(const __grid_constant__ Sweeps sweeps) {
  const auto [state, report] = sweeps.launches[blockIdx.x];
  for (uint32_t tpc = threadIdx.x; tpc < kMostTpcs; tpc += blockDim.x) {
    if (isRevoked(state, tpc)) bidFarewell(state, report, tpc);
  }
}
