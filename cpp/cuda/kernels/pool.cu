// Pooling of channels-last images: see ../../dnn/pool.h. A thread takes four channels of a pixel where pixels lie in quads, else one.
#include "../../dnn/pool.h"
#include "tensor.cuh"

using namespace missile::cuda;
using namespace missile::dnn;

namespace {

// A window of 3 x 3.
constexpr uint32_t kAtOnce = 9;

// Rows or columns under the window that lie in the image.
struct Span {
  uint32_t first, count;
  int32_t at;  // place in the image of the first one
};

__device__ Span spanOf(uint32_t out, uint32_t stride, uint32_t padding, uint32_t kernel, uint32_t dilation, uint32_t extent) {
  const int32_t start = static_cast<int32_t>(out * stride) - static_cast<int32_t>(padding);
  const uint32_t first = start >= 0 ? 0 : (static_cast<uint32_t>(-start) + dilation - 1) / dilation;
  const int32_t at = start + static_cast<int32_t>(first * dilation);
  if (first >= kernel || at >= static_cast<int32_t>(extent)) return {0, 0, 0};
  const uint32_t fitting = (extent - 1 - static_cast<uint32_t>(at)) / dilation + 1;
  return {first, min(fitting, kernel - first), at};
}

template <bool kColoured>
class PoolBlock {
 public:
  __device__ PoolBlock(const KernelLaunch& launch, const PoolArguments& arguments, uint32_t block)
      : arguments_(arguments),
        input_(arguments.input, arguments.type, launch, block),
        output_(arguments.output, arguments.type, launch, block),
        inQuads_((arguments.channels | arguments.inOffset | arguments.inPixelStride | arguments.outOffset | arguments.outPixelStride) % kQuad == 0),
        byChannels_(arguments.channels),
        byWidth_(arguments.outWidth),
        byHeight_(arguments.outHeight),
        first_(block * arguments.blockOutputs) {}

  __device__ void run() {
    const PoolArguments& a = arguments_;
    const uint32_t each = inQuads_ ? kQuad : 1;
    const uint32_t end = min(first_ + a.blockOutputs, a.batch * a.outHeight * a.outWidth * a.channels);
    for (uint32_t output = first_ + each * threadIdx.x; output < end; output += each * blockDim.x) {
      uint32_t channel = output;
      const uint32_t pixel = byChannels_.divide(channel);
      uint32_t x = pixel;
      uint32_t y = byWidth_.divide(x);
      const uint32_t image = byHeight_.divide(y);
      const Span rows = spanOf(y, a.strideY, a.padTop, a.kernelHeight, a.dilationY, a.inHeight);
      const Span columns = spanOf(x, a.strideX, a.padLeft, a.kernelWidth, a.dilationX, a.inWidth);
      const uint32_t to = a.outOffset + pixel * a.outPixelStride + channel;
      const uint32_t from = a.inOffset + channel + ((image * a.inHeight + rows.at) * a.inWidth + columns.at) * a.inPixelStride;
      if (inQuads_) {
        output_.storeQuad(to, pooled<true>(from, rows.count, columns.count));
      } else {
        output_.store(to, pooled<false>(from, rows.count, columns.count).x);
      }
    }
  }

 private:
  // Of the elements from `from` on, four where kIsQuad; kAtOnce loads are under way together.
  template <bool kIsQuad>
  __device__ float4 pooled(uint32_t from, uint32_t rows, uint32_t columns) const {
    const PoolArguments& a = arguments_;
    const bool isMax = static_cast<Pooling>(a.pooling) == Pooling::max;
    const uint32_t apart = a.dilationX * a.inPixelStride;
    const uint32_t nextRow = a.dilationY * a.inWidth * a.inPixelStride - columns * apart;
    const float start = isMax ? -INFINITY : 0.0f;
    float4 sum{start, start, start, start};
    uint32_t column = 0;
    for (uint32_t done = 0; done < rows * columns; done += kAtOnce) {
      const uint32_t left = rows * columns - done;
      uint4 bits[kAtOnce];
#pragma unroll
      for (uint32_t i = 0; i < kAtOnce; i++) {
        if (i < left) bits[i] = kIsQuad ? input_.quadBits(input_.at(from)) : uint4{input_.bits(input_.at(from))};
        from += apart;
        if (++column == columns) {
          column = 0;
          from += nextRow;
        }
      }
#pragma unroll
      for (uint32_t i = 0; i < kAtOnce; i++) {
        if (i >= left) break;
        const float4 next = kIsQuad ? input_.numbers(bits[i]) : float4{input_.number(bits[i].x)};
        sum = isMax ? float4{fmaxf(sum.x, next.x), fmaxf(sum.y, next.y), fmaxf(sum.z, next.z), fmaxf(sum.w, next.w)}
                    : float4{sum.x + next.x, sum.y + next.y, sum.z + next.z, sum.w + next.w};
      }
    }
    if (isMax) return sum;
    const float share = 1.0f / static_cast<float>(a.countPadding ? a.kernelHeight * a.kernelWidth : max(1u, rows * columns));
    return {sum.x * share, sum.y * share, sum.z * share, sum.w * share};
  }

  const PoolArguments& arguments_;
  const Elements<kColoured> input_, output_;
  const bool inQuads_;
  const Divider byChannels_, byWidth_, byHeight_;
  const uint32_t first_;
};

}  // namespace

MISSILE_KERNEL(pool, PoolArguments, PoolBlock)
