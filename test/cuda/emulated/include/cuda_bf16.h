// In the place of CUDA's header of this name.
#pragma once

#include "cuda_runtime.h"
#include "dnn/element.h"

struct __nv_bfloat162 {
  missile::dnn::BFloat16 x, y;
};
inline float2 __bfloat1622float2(__nv_bfloat162 pair) { return {missile::dnn::asFloat(pair.x), missile::dnn::asFloat(pair.y)}; }
inline __nv_bfloat162 __floats2bfloat162_rn(float low, float high) {
  return {missile::dnn::fromFloat<missile::dnn::BFloat16>(low), missile::dnn::fromFloat<missile::dnn::BFloat16>(high)};
}
