// pool: the maximum or the mean under a window of channels-last images.
#pragma once

#include "tensor.h"

namespace missile::dnn {

enum class Pooling : uint32_t { max, mean };

constexpr uint32_t kPoolOutputs = 1024;

// A logical block is blockOutputs elements, a multiple of kPoolOutputs, of the output [pixel][channel].
struct PoolArguments {
  MemoryView input, output;
  uint32_t blockOutputs;
  uint32_t type, pooling;
  uint32_t batch, channels, inHeight, inWidth, outHeight, outWidth;
  uint32_t inOffset, inPixelStride, outOffset, outPixelStride;
  uint32_t kernelHeight, kernelWidth, strideY, strideX, padTop, padLeft, dilationY, dilationX;
  uint32_t countPadding;  // mean: divide by the whole window; else by what of it lies in the image
};

}  // namespace missile::dnn
