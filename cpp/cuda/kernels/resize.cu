// Images of another size: see ../../dnn/select.h. A thread takes four channels of a pixel where pixels lie in quads, else one.
#include "../../dnn/select.h"
#include "tensor.cuh"

using namespace missile::cuda;
using namespace missile::dnn;

namespace {

// Two pixels of a row or column, and the share of the second.
struct Between {
  uint32_t first, second;
  float share;
};

__device__ Between placeBetween(Resizing resizing, uint32_t out, float scale, float shift, uint32_t extent) {
  // Not fused: half a pixel must be half a pixel.
  const float place = __fadd_rn(__fmul_rn(static_cast<float>(out), scale), shift), last = static_cast<float>(extent - 1);
  const auto nearest = [last](float pixel) {
    const auto at = static_cast<uint32_t>(fminf(fmaxf(pixel, 0.0f), last));
    return Between{at, at, 0};
  };
  switch (resizing) {
    case Resizing::nearestFloor: return nearest(floorf(place));
    case Resizing::nearestCeil: return nearest(ceilf(place));
    case Resizing::nearestRoundDown: return nearest(ceilf(place - 0.5f));
    case Resizing::nearestRoundUp: return nearest(floorf(place + 0.5f));
    case Resizing::linear: break;
  }
  const float inside = fminf(fmaxf(place, 0.0f), last);
  const auto first = static_cast<uint32_t>(inside);
  return {first, min(first + 1, extent - 1), inside - static_cast<float>(first)};
}

__device__ float4 mixed(float4 a, float4 b, float share) {
  const auto mix = [share](float x, float y) { return x * (1 - share) + y * share; };
  return {mix(a.x, b.x), mix(a.y, b.y), mix(a.z, b.z), mix(a.w, b.w)};
}

template <bool kColoured>
class ResizeBlock {
 public:
  __device__ ResizeBlock(const KernelLaunch& launch, const ResizeArguments& arguments, uint32_t block)
      : arguments_(arguments),
        input_(arguments.input, arguments.type, launch, block),
        output_(arguments.output, arguments.type, launch, block),
        inQuads_((arguments.channels | arguments.inOffset | arguments.inPixelStride | arguments.outOffset | arguments.outPixelStride) % kQuad == 0),
        byChannels_(arguments.channels),
        byWidth_(arguments.outWidth),
        byHeight_(arguments.outHeight),
        first_(block * arguments.blockOutputs) {}

  __device__ void run() {
    const ResizeArguments& a = arguments_;
    const auto resizing = static_cast<Resizing>(a.resizing);
    const uint32_t each = inQuads_ ? kQuad : 1;
    const uint32_t end = min(first_ + a.blockOutputs, a.batch * a.outHeight * a.outWidth * a.channels);
    for (uint32_t output = first_ + each * threadIdx.x; output < end; output += each * blockDim.x) {
      uint32_t channel = output;
      const uint32_t pixel = byChannels_.divide(channel);
      uint32_t x = pixel;
      uint32_t y = byWidth_.divide(x);
      const uint32_t image = byHeight_.divide(y);
      const Between rows = placeBetween(resizing, y, a.scaleY, a.shiftY, a.inHeight);
      const Between columns = placeBetween(resizing, x, a.scaleX, a.shiftX, a.inWidth);
      const uint32_t from = a.inOffset + channel + image * a.inHeight * a.inWidth * a.inPixelStride;
      const float4 result = resizing == Resizing::linear ? between(from, rows, columns) : numbers(bits(from, rows.first, columns.first));
      const uint32_t to = a.outOffset + pixel * a.outPixelStride + channel;
      if (inQuads_) {
        output_.storeQuad(to, result);
      } else {
        output_.store(to, result.x);
      }
    }
  }

 private:
  __device__ uint4 bits(uint32_t from, uint32_t row, uint32_t column) const {
    unsigned char* const at = input_.at(from + (row * arguments_.inWidth + column) * arguments_.inPixelStride);
    return inQuads_ ? input_.quadBits(at) : uint4{input_.bits(at)};
  }

  __device__ float4 numbers(uint4 bits) const { return inQuads_ ? input_.numbers(bits) : float4{input_.number(bits.x)}; }

  __device__ float4 between(uint32_t from, Between rows, Between columns) const {
    const uint4 corners[] = {bits(from, rows.first, columns.first), bits(from, rows.first, columns.second),
                             bits(from, rows.second, columns.first), bits(from, rows.second, columns.second)};
    const float4 above = mixed(numbers(corners[0]), numbers(corners[1]), columns.share);
    const float4 below = mixed(numbers(corners[2]), numbers(corners[3]), columns.share);
    return mixed(above, below, rows.share);
  }

  const ResizeArguments& arguments_;
  const Elements<kColoured> input_, output_;
  const bool inQuads_;
  const Divider byChannels_, byWidth_, byHeight_;
  const uint32_t first_;
};

}  // namespace

MISSILE_KERNEL(resize, ResizeArguments, ResizeBlock)
