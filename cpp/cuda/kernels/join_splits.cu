// joinSplits: see ../../dnn/conv.h. A thread sums four columns of a pixel.
#include "../../dnn/conv.h"
#include "epilogue.cuh"
#include "tensor.cuh"

using namespace missile::cuda;
using missile::dnn::JoinSplitsArguments;

namespace {

template <bool kColoured>
class JoinSplitsBlock {
 public:
  __device__ JoinSplitsBlock(const KernelLaunch& launch, const JoinSplitsArguments& arguments, uint32_t block)
      : a_(arguments),
        partial_(arguments.partial, launch, block),
        bias_(arguments.bias, launch, block),
        gain_(arguments.gain, launch, block),
        shift_(arguments.shift, launch, block),
        other_(arguments.other, arguments.type, launch, block),
        output_(arguments.output, arguments.type, launch, block),
        first_(block * missile::dnn::kJoinOutputs) {}

  __device__ void run() {
    const uint32_t columns = a_.groups * a_.outChannels;
    for (uint32_t i = threadIdx.x * kQuad; i < missile::dnn::kJoinOutputs; i += blockDim.x * kQuad) {
      const uint32_t pixel = (first_ + i) / columns;
      if (pixel < a_.pixels) join(pixel, first_ + i - pixel * columns);
    }
  }

 private:
  __device__ void join(uint32_t pixel, uint32_t column) const {
    const uint32_t group = column / a_.outChannels;
    uint64_t element = (uint64_t{group} * a_.pixels + pixel) * a_.outChannels + column - group * a_.outChannels;
    const uint64_t slab = uint64_t{a_.groups} * a_.pixels * a_.outChannels;
    float4 bias{}, other{}, sum{}, gain{1, 1, 1, 1}, shift{};
    const uint64_t byte = uint64_t{column} * sizeof(float);
    if (a_.hasBias) bias = *bias_.template at<const float4>(byte);
    if (a_.hasAffine) {
      gain = *gain_.template at<const float4>(byte);
      shift = *shift_.template at<const float4>(byte);
    }
    if (a_.join != 0) other = other_.loadQuad(a_.otherOffset + pixel * a_.otherPixelStride + column);
#pragma unroll 4
    for (uint32_t split = 0; split < a_.splits; split++, element += slab) {
      const float4 part = *partial_.template at<const float4>(element * sizeof(float));
      sum = {sum.x + part.x, sum.y + part.y, sum.z + part.z, sum.w + part.w};
    }
    float values[] = {sum.x + bias.x, sum.y + bias.y, sum.z + bias.z, sum.w + bias.w};
    joinAll(values, {other.x, other.y, other.z, other.w}, static_cast<Activation>(a_.activation), static_cast<Join>(a_.join));
    output_.storeQuad(a_.outOffset + pixel * a_.outPixelStride + column,
                      {fmaf(values[0], gain.x, shift.x), fmaf(values[1], gain.y, shift.y), fmaf(values[2], gain.z, shift.z),
                       fmaf(values[3], gain.w, shift.w)});
  }

  const JoinSplitsArguments& a_;
  const Memory<kColoured> partial_, bias_, gain_, shift_;
  const Elements<kColoured> other_, output_;
  const uint32_t first_;
};

}  // namespace

MISSILE_KERNEL(joinSplits, JoinSplitsArguments, JoinSplitsBlock)
