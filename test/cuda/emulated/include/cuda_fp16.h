// In the place of CUDA's header of this name.
#pragma once

#include "cuda_runtime.h"
#include "dnn/element.h"

struct __half2 {
  missile::dnn::Half x, y;
};
inline float2 __half22float2(__half2 pair) { return {missile::dnn::asFloat(pair.x), missile::dnn::asFloat(pair.y)}; }
inline __half2 __floats2half2_rn(float low, float high) {
  return {missile::dnn::fromFloat<missile::dnn::Half>(low), missile::dnn::fromFloat<missile::dnn::Half>(high)};
}
