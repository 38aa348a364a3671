#include "pool.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "element.h"
#include "references.h"

namespace missile::dnn {

namespace {

template <typename T>
void pool(const PoolArguments& a) {
  const auto* input = reinterpret_cast<const T*>(a.input.base) + a.inOffset;
  auto* output = reinterpret_cast<T*>(a.output.base) + a.outOffset;
  const bool isMax = static_cast<Pooling>(a.pooling) == Pooling::max;
  const uint32_t taps = a.kernelHeight * a.kernelWidth;
  std::vector<float> results(a.channels);
  for (size_t pixel = 0; pixel < size_t{a.batch} * a.outHeight * a.outWidth; pixel++) {
    const size_t x = pixel % a.outWidth, y = pixel / a.outWidth % a.outHeight, image = pixel / a.outWidth / a.outHeight;
    std::ranges::fill(results, isMax ? -std::numeric_limits<float>::infinity() : 0.0f);
    uint32_t inside = 0;
    for (uint32_t tap = 0; tap < taps; tap++) {
      const int64_t inY = static_cast<int64_t>(y * a.strideY + tap / a.kernelWidth * a.dilationY) - a.padTop;
      const int64_t inX = static_cast<int64_t>(x * a.strideX + tap % a.kernelWidth * a.dilationX) - a.padLeft;
      if (inY < 0 || inX < 0 || inY >= a.inHeight || inX >= a.inWidth) continue;
      inside++;
      const T* from = input + ((image * a.inHeight + inY) * a.inWidth + inX) * a.inPixelStride;
      for (size_t channel = 0; channel < a.channels; channel++) {
        const float value = asFloat(from[channel]);
        results[channel] = isMax ? std::max(results[channel], value) : results[channel] + value;
      }
    }
    const auto divisor = static_cast<float>(isMax ? 1 : a.countPadding != 0 ? taps : inside);
    for (size_t channel = 0; channel < a.channels; channel++) {
      output[pixel * a.outPixelStride + channel] = fromFloat<T>(results[channel] / divisor);
    }
  }
}

}  // namespace

void poolReference(const void* arguments) {
  const auto& a = *static_cast<const PoolArguments*>(arguments);
  withElement(a.type, [&]<typename T>(T) { pool<T>(a); });
}

}  // namespace missile::dnn
