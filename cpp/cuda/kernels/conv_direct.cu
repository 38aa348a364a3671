// conv_direct: any convolution, as it is written down; see ../../dnn/conv.h. For what tensor cores have no tiles for.
#include "../../dnn/conv.h"
#include "activation.cuh"
#include "tensor.cuh"

using namespace missile::cuda;
using missile::dnn::ConvArguments;

namespace {

template <bool kColoured>
class DirectBlock {
 public:
  __device__ DirectBlock(const KernelLaunch& launch, const ConvArguments& arguments, uint32_t block)
      : a_(arguments),
        input_(arguments.input, arguments.type, launch, block),
        weight_(arguments.weight, arguments.type, launch, block),
        other_(arguments.other, arguments.type, launch, block),
        output_(arguments.output, arguments.type, launch, block),
        bias_(arguments.bias, launch, block),
        first_(block * missile::dnn::kDirectOutputs),
        hasQuads_((arguments.inChannels | arguments.inOffset | arguments.inPixelStride) % kQuad == 0) {}

  __device__ void run() {
    const uint32_t channels = a_.groups * a_.outChannels;
    for (uint32_t i = threadIdx.x; i < missile::dnn::kDirectOutputs; i += blockDim.x) {
      const uint32_t pixel = (first_ + i) / channels, channel = first_ + i - pixel * channels;
      if (pixel >= a_.batch * a_.outHeight * a_.outWidth) return;
      float value = sum(pixel, channel), other = 0;
      if (a_.hasBias) value += *bias_.template at<const float>(uint64_t{channel} * sizeof(float));
      if (a_.join != 0) other = other_.load(a_.otherOffset + pixel * a_.otherPixelStride + channel);
      output_.store(a_.outOffset + pixel * a_.outPixelStride + channel,
                    joined(value, other, static_cast<Activation>(a_.activation), static_cast<Join>(a_.join)));
    }
  }

 private:
  // The row of the input that the kernel's row `tap` meets at a row of the output; none: beyond the last. Of columns alike.
  __device__ uint32_t sourceOf(uint32_t out, uint32_t tap, uint32_t stride, uint32_t pad, uint32_t dilation) const {
    if (!a_.isTransposed) return out * stride - pad + tap * dilation;
    const uint32_t spread = out + pad - tap * dilation;
    return static_cast<int32_t>(spread) >= 0 && spread % stride == 0 ? spread / stride : ~0u;
  }

  __device__ float sum(uint32_t pixel, uint32_t channel) const {
    const uint32_t line = pixel / a_.outWidth, x = pixel - line * a_.outWidth;
    const uint32_t image = line / a_.outHeight, y = line - image * a_.outHeight;
    const uint32_t offset = a_.inOffset + channel / a_.outChannels * a_.inChannels;
    uint32_t weight = channel * a_.kernelHeight * a_.kernelWidth * a_.inChannels;
    float sum = 0;
    for (uint32_t tapY = 0; tapY < a_.kernelHeight; tapY++) {
      const uint32_t inY = sourceOf(y, tapY, a_.strideY, a_.padTop, a_.dilationY);
      for (uint32_t tapX = 0; tapX < a_.kernelWidth; tapX++, weight += a_.inChannels) {
        const uint32_t inX = sourceOf(x, tapX, a_.strideX, a_.padLeft, a_.dilationX);
        if (inY >= a_.inHeight || inX >= a_.inWidth) continue;
        addTap(offset + ((image * a_.inHeight + inY) * a_.inWidth + inX) * a_.inPixelStride, weight, sum);
      }
    }
    return sum;
  }

  __device__ void addTap(uint32_t input, uint32_t weight, float& sum) const {
    if (!hasQuads_) {
      for (uint32_t i = 0; i < a_.inChannels; i++) sum = fmaf(input_.load(input + i), weight_.load(weight + i), sum);
      return;
    }
#pragma unroll 4
    for (uint32_t i = 0; i < a_.inChannels; i += kQuad) {
      const float4 values = input_.loadQuad(input + i), weights = weight_.loadQuad(weight + i);
      sum = fmaf(values.x, weights.x, fmaf(values.y, weights.y, fmaf(values.z, weights.z, fmaf(values.w, weights.w, sum))));
    }
  }

  const ConvArguments& a_;
  const Elements<kColoured> input_, weight_, other_, output_;
  const Memory<kColoured> bias_;
  const uint32_t first_;
  const bool hasQuads_;
};

}  // namespace

MISSILE_KERNEL(conv_direct, ConvArguments, DirectBlock)
