// What a convolution does to its input before it multiplies it: see ../../dnn/conv.h. A thread does it to the chunks in shared memory that it copied
// itself, so that it need not wait for others in between.
#pragma once

#include "conv_rows.cuh"

namespace missile::cuda {

template <bool kColoured, typename Type>
class Prologue {
  static constexpr unsigned kPer = Type::kPerChunk;

 public:
  __device__ Prologue(const KernelLaunch& launch, const ConvArguments& conv, uint32_t block, uint32_t firstPixel)
      : conv_(conv), scale_(conv.prologueScale, launch, block), shift_(conv.prologueShift, launch, block), firstPixel_(firstPixel) {}

  // To the chunks of a step, one a pass, `channel` being their first; `await` returns once they have arrived.
  template <unsigned kPasses, typename Await>
  __device__ void apply(unsigned char* chunks, uint32_t channel, Await await) const {
    const bool isThere = channel < conv_.inChannels;
    float scale[kPer] = {}, shift[kPer] = {};
    if (isThere && conv_.prologueScaleStride == 0) loadScale(channel, scale);
    if (isThere && conv_.hasPrologueShift) loadFloats(shift_, channel, shift);
    const float least = conv_.prologueActivation == static_cast<uint32_t>(Activation::relu) ? 0.0f : -INFINITY;
    await();
    if (!isThere) return;
#pragma unroll
    for (unsigned i = 0; i < kPasses; i++) {
      if (conv_.prologueScaleStride != 0) loadScale(imageOf(i) * conv_.prologueScaleStride + channel, scale);
      uint4* const chunk = reinterpret_cast<uint4*>(chunks + i * kRowsPerPass * kRowBytes);
      float values[kPer];
      Type::unpack(*chunk, values);
#pragma unroll
      for (unsigned j = 0; j < kPer; j++) values[j] = fmaxf(fmaf(values[j], scale[j], shift[j]), least);
      *chunk = Type::pack(values);
    }
  }

 private:
  __device__ uint32_t imageOf(unsigned pass) const {
    const uint32_t pixels = conv_.outHeight * conv_.outWidth;
    return min((firstPixel_ + pass * kRowsPerPass + rowOfThread()) / pixels, conv_.batch - 1);
  }

  __device__ void loadScale(uint32_t element, float (&scale)[kPer]) const {
    if (conv_.prologueScaleType == static_cast<uint32_t>(ElementType::f32)) return loadFloats(scale_, element, scale);
    Type::unpack(*scale_.template at<const uint4>(uint64_t{element} * Type::kBytes), scale);
  }

  __device__ static void loadFloats(const Memory<kColoured>& memory, uint32_t element, float (&values)[kPer]) {
#pragma unroll
    for (unsigned i = 0; i < kPer; i += 4) Tf32::unpack(*memory.template at<const uint4>(uint64_t{element + i} * sizeof(float)), values + i);
  }

  const ConvArguments& conv_;
  const Memory<kColoured> scale_, shift_;
  const uint32_t firstPixel_;
};

}  // namespace missile::cuda
