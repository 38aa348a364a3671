// Bids farewell for the TPCs of a launch that were revoked and have no thread block of it. One thread block, on a stream where the
// write to `revoked` came before: see `enter` and `leave` of elastic.cuh. It does not wait for anybody, and may be run again.
#include "elastic.cuh"

using namespace missile::cuda;

extern "C" __global__ void __launch_bounds__(kMostTpcs) sweep(LaunchState* state, LaunchReport* report) {
  for (uint32_t tpc = threadIdx.x; tpc < kMostTpcs; tpc += blockDim.x) {
    if (isRevoked(state, tpc)) bidFarewell(state, report, tpc);
  }
}
