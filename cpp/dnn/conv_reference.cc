#include <algorithm>
#include <vector>

#include "activation.h"
#include "conv.h"
#include "dense.h"
#include "element.h"
#include "references.h"

namespace missile::dnn {

namespace {

// Which row of the input the kernel's row `tap` meets at a row of the output; below 0: none. Of columns alike.
int64_t sourceOf(uint32_t out, uint32_t tap, uint32_t stride, uint32_t pad, uint32_t dilation, uint32_t extent, bool isTransposed) {
  int64_t source = isTransposed ? int64_t{out} + pad - int64_t{tap} * dilation : int64_t{out} * stride - pad + int64_t{tap} * dilation;
  if (isTransposed) {
    if (source % stride != 0) return -1;
    source /= stride;
  }
  return source < extent ? source : -1;
}

// What an epilogue does after its join.
template <typename Arguments>
float affine(const Arguments& a, size_t channel, float x) {
  if (a.hasAffine == 0) return x;
  return x * reinterpret_cast<const float*>(a.gain.base)[channel] + reinterpret_cast<const float*>(a.shift.base)[channel];
}

template <typename T>
class Conv {
 public:
  explicit Conv(const ConvArguments& arguments)
      : a_(arguments),
        weight_(reinterpret_cast<const T*>(a_.weight.base)),
        bias_(reinterpret_cast<const float*>(a_.bias.base)),
        other_(reinterpret_cast<const T*>(a_.other.base) + a_.otherOffset),
        depth_(size_t{a_.kernelHeight} * a_.kernelWidth * a_.inChannels),
        pixels_(size_t{a_.batch} * a_.outHeight * a_.outWidth),
        image_(pixelsAsFloats()),
        nothing_(a_.inChannels) {}

  void run() {
    for (uint32_t group = 0; group < a_.groups; group++) {
      const T* weight = weight_ + group * a_.outChannels * depth_;
      const Panels panels(depth_, a_.outChannels, [&](size_t k, size_t column) { return asFloat(weight[column * depth_ + k]); });
      for (size_t panel = 0; panel < Panels::panelsOf(a_.outChannels); panel++) {
        for (size_t first = 0; first < pixels_; first += kTileRows) {
          store(group, panel, first, sumsOf(group, panels, panel, first));
        }
      }
    }
  }

 private:
  // What of the input the convolution reads: [pixel][group][channel].
  std::vector<float> pixelsAsFloats() const {
    const auto* input = reinterpret_cast<const T*>(a_.input.base) + a_.inOffset;
    const size_t channels = size_t{a_.groups} * a_.inChannels;
    std::vector<float> floats(size_t{a_.batch} * a_.inHeight * a_.inWidth * channels);
    for (size_t pixel = 0; pixel < floats.size() / channels; pixel++, input += a_.inPixelStride) {
      for (size_t channel = 0; channel < channels; channel++) floats[pixel * channels + channel] = asFloat(input[channel]);
    }
    if (a_.hasPrologue != 0) applyPrologue(floats, channels);
    return floats;
  }

  void applyPrologue(std::vector<float>& floats, size_t channels) const {
    const size_t each = size_t{a_.inHeight} * a_.inWidth * channels;
    const auto* shift = reinterpret_cast<const float*>(a_.prologueShift.base);
    withElement(a_.prologueScaleType, [&]<typename S>(S) {
      const auto* scale = reinterpret_cast<const S*>(a_.prologueScale.base);
      for (size_t i = 0; i < floats.size(); i++) {
        const size_t channel = i % channels;
        const float scaled = floats[i] * asFloat(scale[i / each * a_.prologueScaleStride + channel]);
        floats[i] = activated(a_.prologueActivation, a_.hasPrologueShift != 0 ? scaled + shift[channel] : scaled);
      }
    });
  }

  // The input's channels under a tap for an output pixel; zeros outside of the image.
  const float* under(size_t pixel, uint32_t tapY, uint32_t tapX, uint32_t group) const {
    const auto x = static_cast<uint32_t>(pixel % a_.outWidth), y = static_cast<uint32_t>(pixel / a_.outWidth % a_.outHeight);
    const size_t image = pixel / a_.outWidth / a_.outHeight;
    const bool isTransposed = a_.isTransposed != 0;
    const int64_t inY = sourceOf(y, tapY, a_.strideY, a_.padTop, a_.dilationY, a_.inHeight, isTransposed);
    const int64_t inX = sourceOf(x, tapX, a_.strideX, a_.padLeft, a_.dilationX, a_.inWidth, isTransposed);
    if (inY < 0 || inX < 0) return nothing_.data();
    return image_.data() + (((image * a_.inHeight + inY) * a_.inWidth + inX) * a_.groups + group) * a_.inChannels;
  }

  // Of all splits, in their order.
  TileSums sumsOf(uint32_t group, const Panels& panels, size_t panel, size_t first) const {
    TileSums sums = partOf(0, group, panels, panel, first);
    for (uint32_t split = 1; split < a_.splits; split++) {
      const TileSums part = partOf(split, group, panels, panel, first);
      for (size_t row = 0; row < kTileRows; row++) {
        for (size_t column = 0; column < kTileColumns; column++) sums.at[row][column] += part.at[row][column];
      }
    }
    return sums;
  }

  // K is cut at multiples of kDepthStepBytes, wherever in a tap that is.
  TileSums partOf(uint32_t split, uint32_t group, const Panels& panels, size_t panel, size_t first) const {
    constexpr size_t kStep = kDepthStepBytes / sizeof(T);
    const size_t steps = (depth_ + kStep - 1) / kStep;
    const size_t begin = split * steps / a_.splits * kStep, end = std::min((split + 1) * steps / a_.splits * kStep, depth_);
    TileSums sums;
    for (size_t k = begin; k < end;) {
      const size_t tap = k / a_.inChannels, channel = k % a_.inChannels, count = std::min(a_.inChannels - channel, end - k);
      const float* rows[kTileRows];
      for (size_t i = 0; i < kTileRows; i++) {
        const size_t pixel = std::min(first + i, pixels_ - 1);
        rows[i] = under(pixel, static_cast<uint32_t>(tap / a_.kernelWidth), static_cast<uint32_t>(tap % a_.kernelWidth), group) + channel;
      }
      addProducts(rows, panels.at(panel, k), count, sums);
      k += count;
    }
    return sums;
  }

  void store(uint32_t group, size_t panel, size_t first, const TileSums& sums) const {
    const size_t firstColumn = panel * kTileColumns, columns = std::min<size_t>(kTileColumns, a_.outChannels - firstColumn);
    for (size_t pixel = first; pixel < std::min(first + kTileRows, pixels_); pixel++) {
      const float* row = sums.at[pixel - first];
      const size_t channel = size_t{group} * a_.outChannels + firstColumn;
      T* to = reinterpret_cast<T*>(a_.output.base) + a_.outOffset + pixel * a_.outPixelStride + channel;
      const T* other = other_ + pixel * a_.otherPixelStride + channel;
      for (size_t i = 0; i < columns; i++) {
        const float sum = a_.hasBias != 0 ? row[i] + bias_[channel + i] : row[i];
        to[i] = fromFloat<T>(affine(a_, channel + i, joined(a_.join, a_.activation, sum, a_.join != 0 ? asFloat(other[i]) : 0)));
      }
    }
  }

  const ConvArguments& a_;
  const T* const weight_;
  const float* const bias_;
  const T* const other_;
  const size_t depth_, pixels_;
  const std::vector<float> image_, nothing_;
};

// Channels side by side, a row of the output at a time.
template <typename T>
void depthwise(const ConvArguments& a) {
  const size_t channels = a.groups;
  const auto* bias = reinterpret_cast<const float*>(a.bias.base);
  const auto* input = reinterpret_cast<const T*>(a.input.base) + a.inOffset;
  const auto* other = reinterpret_cast<const T*>(a.other.base) + a.otherOffset;
  auto* output = reinterpret_cast<T*>(a.output.base) + a.outOffset;
  std::vector<float> weight(size_t{a.kernelHeight} * a.kernelWidth * channels), sums(channels);
  for (size_t i = 0; i < weight.size(); i++) weight[i] = asFloat(reinterpret_cast<const T*>(a.weight.base)[i]);
  for (size_t pixel = 0; pixel < size_t{a.batch} * a.outHeight * a.outWidth; pixel++) {
    const auto x = static_cast<uint32_t>(pixel % a.outWidth), y = static_cast<uint32_t>(pixel / a.outWidth % a.outHeight);
    const size_t image = pixel / a.outWidth / a.outHeight;
    std::ranges::fill(sums, 0.0f);
    for (uint32_t tap = 0; tap < a.kernelHeight * a.kernelWidth; tap++) {
      const int64_t inY = sourceOf(y, tap / a.kernelWidth, a.strideY, a.padTop, a.dilationY, a.inHeight, false);
      const int64_t inX = sourceOf(x, tap % a.kernelWidth, a.strideX, a.padLeft, a.dilationX, a.inWidth, false);
      if (inY < 0 || inX < 0) continue;
      const T* from = input + ((image * a.inHeight + inY) * a.inWidth + inX) * a.inPixelStride;
      for (size_t channel = 0; channel < channels; channel++) sums[channel] += asFloat(from[channel]) * weight[tap * channels + channel];
    }
    for (size_t channel = 0; channel < channels; channel++) {
      const float sum = a.hasBias != 0 ? sums[channel] + bias[channel] : sums[channel];
      const float joining = a.join != 0 ? asFloat(other[pixel * a.otherPixelStride + channel]) : 0;
      output[pixel * a.outPixelStride + channel] = fromFloat<T>(joined(a.join, a.activation, sum, joining));
    }
  }
}

}  // namespace

void convReference(const void* arguments) {
  const auto& a = *static_cast<const ConvArguments*>(arguments);
  withElement(a.type, [&]<typename T>(T) { Conv<T>(a).run(); });
}

void depthwiseReference(const void* arguments) {
  const auto& a = *static_cast<const ConvArguments*>(arguments);
  withElement(a.type, [&]<typename T>(T) { depthwise<T>(a); });
}

}  // namespace missile::dnn
