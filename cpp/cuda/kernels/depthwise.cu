// depthwise_<type>: see ../../dnn/conv.h. A thread has 16 bytes of a pixel's channels. What neighbours under the kernel share comes from L1.
#include "../../dnn/conv.h"
#include "activation.cuh"
#include "tensor_cores.cuh"

using namespace missile::cuda;
using missile::dnn::ConvArguments;

namespace {

template <bool kColoured, typename Type>
class DepthwiseBlock {
  static constexpr unsigned kPer = Type::kPerChunk;

 public:
  __device__ DepthwiseBlock(const KernelLaunch& launch, const ConvArguments& arguments, uint32_t block)
      : a_(arguments),
        input_(arguments.input, launch, block),
        weight_(arguments.weight, launch, block),
        bias_(arguments.bias, launch, block),
        other_(arguments.other, launch, block),
        output_(arguments.output, launch, block),
        first_(block * missile::dnn::kDepthwiseOutputs) {}

  __device__ void run() {
    for (uint32_t i = threadIdx.x * kPer; i < missile::dnn::kDepthwiseOutputs; i += blockDim.x * kPer) {
      const uint32_t pixel = (first_ + i) / a_.groups;
      if (pixel >= a_.batch * a_.outHeight * a_.outWidth) return;
      const uint32_t channel = first_ + i - pixel * a_.groups;
      float sums[kPer] = {};
      startWithBias(channel, sums);
      sum(pixel, channel, sums);
      store(pixel, channel, sums);
    }
  }

 private:
  __device__ void startWithBias(uint32_t channel, float (&sums)[kPer]) const {
    if (!a_.hasBias) return;
#pragma unroll
    for (unsigned i = 0; i < kPer; i += 4) {
      const float4 bias = *bias_.template at<const float4>(uint64_t{channel + i} * sizeof(float));
      sums[i] = bias.x;
      sums[i + 1] = bias.y;
      sums[i + 2] = bias.z;
      sums[i + 3] = bias.w;
    }
  }

  __device__ void sum(uint32_t pixel, uint32_t channel, float (&sums)[kPer]) const {
    const uint32_t line = pixel / a_.outWidth, image = line / a_.outHeight;
    const uint32_t x = (pixel - line * a_.outWidth) * a_.strideX - a_.padLeft;
    uint32_t y = (line - image * a_.outHeight) * a_.strideY - a_.padTop;
#pragma unroll 3
    for (uint32_t tapY = 0; tapY < a_.kernelHeight; tapY++, y += a_.dilationY) {
      if (y >= a_.inHeight) continue;
      const uint32_t first = a_.inOffset + channel + (image * a_.inHeight + y) * a_.inWidth * a_.inPixelStride;
      const uint32_t weight = tapY * a_.kernelWidth * a_.groups + channel;
      switch (a_.kernelWidth) {
        case 3: addLine<3>(first, x, weight, sums); break;
        case 5: addLine<5>(first, x, weight, sums); break;
        default: addLine(first, x, weight, sums);
      }
    }
  }

  template <unsigned kTaps>
  __device__ void addLine(uint32_t first, uint32_t x, uint32_t weight, float (&sums)[kPer]) const {
    uint4 values[kTaps], weights[kTaps];
#pragma unroll
    for (unsigned tap = 0; tap < kTaps; tap++) {
      const uint32_t at = x + tap * a_.dilationX;
      values[tap] = at < a_.inWidth ? load(input_, first + at * a_.inPixelStride) : uint4{};
      weights[tap] = load(weight_, weight + tap * a_.groups);
    }
#pragma unroll
    for (unsigned tap = 0; tap < kTaps; tap++) add(values[tap], weights[tap], sums);
  }

  __device__ void addLine(uint32_t first, uint32_t x, uint32_t weight, float (&sums)[kPer]) const {
    for (uint32_t tap = 0; tap < a_.kernelWidth; tap++, x += a_.dilationX, weight += a_.groups) {
      if (x < a_.inWidth) add(load(input_, first + x * a_.inPixelStride), load(weight_, weight), sums);
    }
  }

  __device__ static uint4 load(const Memory<kColoured>& memory, uint32_t element) {
    return *memory.template at<const uint4>(uint64_t{element} * Type::kBytes);
  }

  __device__ static void add(const uint4& values, const uint4& weights, float (&sums)[kPer]) {
    float a[kPer], b[kPer];
    Type::unpack(values, a);
    Type::unpack(weights, b);
#pragma unroll
    for (unsigned i = 0; i < kPer; i++) sums[i] = fmaf(a[i], b[i], sums[i]);
  }

  __device__ void store(uint32_t pixel, uint32_t channel, float (&values)[kPer]) const {
    float others[kPer] = {};
    if (a_.join != 0) Type::unpack(load(other_, a_.otherOffset + pixel * a_.otherPixelStride + channel), others);
#pragma unroll
    for (unsigned i = 0; i < kPer; i++) {
      values[i] = joined(values[i], others[i], static_cast<Activation>(a_.activation), static_cast<Join>(a_.join));
    }
    const uint64_t byte = (a_.outOffset + uint64_t{pixel} * a_.outPixelStride + channel) * Type::kBytes;
    if (output_.holds(byte, kChunkBytes)) *output_.template at<uint4>(byte) = Type::pack(values);
  }

  const ConvArguments& a_;
  const Memory<kColoured> input_, weight_, bias_, other_, output_;
  const uint32_t first_;
};

template <bool kColoured>
using DepthwiseF32 = DepthwiseBlock<kColoured, Tf32>;
template <bool kColoured>
using DepthwiseF16 = DepthwiseBlock<kColoured, Half>;
template <bool kColoured>
using DepthwiseBf16 = DepthwiseBlock<kColoured, Brain>;

}  // namespace

MISSILE_KERNEL(depthwise_f32, ConvArguments, DepthwiseF32)
MISSILE_KERNEL(depthwise_f16, ConvArguments, DepthwiseF16)
MISSILE_KERNEL(depthwise_bf16, ConvArguments, DepthwiseBf16)
