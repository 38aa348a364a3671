// What kernels that go over rows share: the sum and the maximum over a warp, the same in every lane and in the same order each time.
#pragma once

#include "../../dnn/rows.h"
#include "tensor.cuh"

namespace missile::cuda {

constexpr unsigned kEveryLane = ~0u;

__device__ inline float warpSum(float x) {
#pragma unroll
  for (unsigned apart = kWarp / 2; apart > 0; apart /= 2) x += __shfl_xor_sync(kEveryLane, x, apart);
  return x;
}

__device__ inline float warpMax(float x) {
#pragma unroll
  for (unsigned apart = kWarp / 2; apart > 0; apart /= 2) x = fmaxf(x, __shfl_xor_sync(kEveryLane, x, apart));
  return x;
}

// Sums of exp(x - most), with the largest x so far: how a softmax and a logarithm of sums are found in one pass.
struct ExpSum {
  float most, sum;

  __device__ static ExpSum none() { return {-INFINITY, 0}; }
  __device__ static ExpSum of(float x) { return {x, 1}; }
  __device__ ExpSum with(ExpSum other) const {
    const float larger = fmaxf(most, other.most);
    // Where both are -inf the difference is not a number.
    if (larger == -INFINITY) return {larger, 0};
    return {larger, sum * __expf(most - larger) + other.sum * __expf(other.most - larger)};
  }
};

}  // namespace missile::cuda
