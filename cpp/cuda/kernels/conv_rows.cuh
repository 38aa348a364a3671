// What a tile of a convolution reads, as rows of K: output pixels see K as what lies under the kernel, tap by tap; output channels as their
// weights. A thread copies the same chunk of K of several rows, so that all that depends on K is worked out once for them.
#pragma once

#include "tile.cuh"

namespace missile::cuda {

using dnn::ConvArguments;

// The chunk of K within a step, and the row within a pass, that a thread copies.
__device__ inline unsigned chunkOfThread() { return threadIdx.x % kChunksPerRow; }
__device__ inline unsigned rowOfThread() { return threadIdx.x / kChunksPerRow; }
// Where in a stage its chunk of the first pass lies; the others follow kRowsPerPass rows apart.
__device__ inline uint32_t chunkAt() { return rowOfThread() * kRowBytes + (chunkOfThread() ^ rowOfThread() % kChunksPerRow) * kChunkBytes; }

template <typename Type>
constexpr uint32_t kStepElements = dnn::kDepthStepBytes / Type::kBytes;
static_assert(dnn::kDepthStepBytes == kRowBytes);

// Where a thread's chunk of K lies, step by step. Where a tap's channels are whole steps, all taps of the same channels follow one another, so that
// what they share of the image is still in L2; else the chunks are taken as the weights lie.
template <typename Type>
class DepthWalk {
 public:
  __device__ DepthWalk(const ConvArguments& conv, uint32_t firstStep) : conv_(conv) {
    const uint32_t chunk = chunkOfThread() * Type::kPerChunk, depth = firstStep * kStepElements<Type> + chunk;
    const uint32_t taps = conv.kernelWidth * conv.kernelHeight;
    const uint32_t turn = isWhole() ? firstStep / taps : depth / conv.inChannels;
    const uint32_t tap = isWhole() ? firstStep - turn * taps : turn;
    channel_ = isWhole() ? turn * kStepElements<Type> + chunk : depth - turn * conv.inChannels;
    y_ = tap / conv.kernelWidth;
    x_ = tap - y_ * conv.kernelWidth;
  }

  // False: it is beyond the last.
  __device__ bool isThere() const { return y_ < conv_.kernelHeight && channel_ < conv_.inChannels; }
  // Bits of its column and row, as ImageRows has them of a pixel's taps. Beyond the last tap there is one that no pixel has.
  __device__ uint32_t tap() const { return 1u << (isThere() ? y_ : dnn::kMostTaps) | 0x10000u << x_; }
  // Elements from the first tap's first channel on, of an image and of weights.
  __device__ uint32_t inImage() const {
    return (y_ * conv_.dilationY * conv_.inWidth + x_ * conv_.dilationX) * conv_.inPixelStride + channel_;
  }
  __device__ uint32_t inWeights() const { return (y_ * conv_.kernelWidth + x_) * conv_.inChannels + channel_; }

  __device__ void advance() {
    if (isWhole()) {
      nextTap();
      if (y_ < conv_.kernelHeight) return;
      y_ = 0;
      channel_ += kStepElements<Type>;
      return;
    }
    channel_ += kStepElements<Type>;
    while (channel_ >= conv_.inChannels) {
      channel_ -= conv_.inChannels;
      nextTap();
    }
  }

 private:
  __device__ bool isWhole() const { return conv_.inChannels % kStepElements<Type> == 0; }

  __device__ void nextTap() {
    if (++x_ < conv_.kernelWidth) return;
    x_ = 0;
    y_++;
  }

  const ConvArguments& conv_;
  uint32_t x_, y_, channel_;
};

// Rows that are output pixels.
template <typename Type, unsigned kRows>
class ImageRows {
 public:
  using Elements = Type;
  static constexpr unsigned kPasses = kRows / kRowsPerPass;

  __device__ ImageRows(const ConvArguments& conv, uint32_t group, uint32_t firstPixel) : conv_(conv) {
    const Divider width(conv.outWidth), height(conv.outHeight);
    const uint32_t pixels = conv.batch * conv.outHeight * conv.outWidth, offset = conv.inOffset + group * conv.inChannels;
#pragma unroll
    for (unsigned i = 0; i < kPasses; i++) {
      const uint32_t pixel = firstPixel + i * kRowsPerPass + rowOfThread();
      findRow(i, pixel, offset, width, height);
      if (pixel >= pixels) taps_[i] = 0;
    }
  }

  __device__ void goTo(const DepthWalk<Type>& walk) {
    tap_ = walk.tap();
    at_ = walk.inImage();
  }
  __device__ bool isThere(unsigned i) const { return (taps_[i] & tap_) == tap_; }
  __device__ uint32_t element(unsigned i) const { return first_[i] + at_; }

 private:
  __device__ void findRow(unsigned i, uint32_t pixel, uint32_t offset, const Divider& width, const Divider& height) {
    uint32_t x = pixel;
    uint32_t y = width.divide(x);
    const uint32_t image = height.divide(y);
    x = x * conv_.strideX - conv_.padLeft;
    y = y * conv_.strideY - conv_.padTop;
    first_[i] = offset + ((image * conv_.inHeight + y) * conv_.inWidth + x) * conv_.inPixelStride;
    taps_[i] = tapsWithin(y, conv_.kernelHeight, conv_.dilationY, conv_.inHeight) |
               tapsWithin(x, conv_.kernelWidth, conv_.dilationX, conv_.inWidth) << 16;
  }

  // Bits of the taps that lie in the image. Undilated, they follow one another.
  __device__ static uint32_t tapsWithin(uint32_t first, uint32_t taps, uint32_t dilation, uint32_t extent) {
    if (dilation == 1) {
      const int32_t from = static_cast<int32_t>(first), begin = max(-from, 0);
      const int32_t end = min(static_cast<int32_t>(taps), static_cast<int32_t>(extent) - from);
      return begin < end ? (1u << end) - (1u << begin) : 0;
    }
    uint32_t within = 0;
    for (uint32_t tap = 0; tap < taps; tap++, first += dilation) within |= (first < extent) << tap;
    return within;
  }

  const ConvArguments& conv_;
  uint32_t first_[kPasses];  // element at the first tap, which may lie outside
  uint32_t taps_[kPasses];   // bits: the taps' rows that lie in the image, and from 16 on their columns
  uint32_t tap_, at_;
};

// Rows that are output channels.
template <typename Type, unsigned kRows>
class WeightRows {
 public:
  using Elements = Type;
  static constexpr unsigned kPasses = kRows / kRowsPerPass;

  __device__ WeightRows(const ConvArguments& conv, uint32_t group, uint32_t firstChannel)
      : apart_(conv.kernelHeight * conv.kernelWidth * conv.inChannels * kRowsPerPass) {
    const uint32_t channel = firstChannel + rowOfThread();
    first_ = (group * conv.outChannels + channel) * (apart_ / kRowsPerPass);
    rows_ = channel < conv.outChannels ? (conv.outChannels - channel - 1) / kRowsPerPass + 1 : 0;
  }

  __device__ void goTo(const DepthWalk<Type>& walk) {
    at_ = first_ + walk.inWeights();
    there_ = walk.isThere() ? rows_ : 0;
  }
  __device__ bool isThere(unsigned i) const { return i < there_; }
  __device__ uint32_t element(unsigned i) const { return at_ + i * apart_; }

 private:
  const uint32_t apart_;
  uint32_t first_, rows_, at_, there_;
};

// Copies rows into stages, each time what a walk has come to. The places of coloured chunks are looked up as soon as it has, where a row has come to
// another granule: a row along K stays in one for eight steps.
template <bool kColoured, typename Rows>
class RowLoader {
 public:
  __device__ RowLoader(const Memory<kColoured>& memory, const Rows& rows) : memory_(memory), rows_(rows), to_(chunkAt()) {
    if constexpr (kColoured) {
#pragma unroll
      for (uint32_t& granule : granules_) granule = ~0u;
    }
  }

  template <typename Walk>
  __device__ void goTo(const Walk& walk) {
    rows_.goTo(walk);
    if constexpr (kColoured) lookUp();
  }

  __device__ void fetch(uint32_t stage) {
#pragma unroll
    for (unsigned i = 0; i < Rows::kPasses; i++) {
      const bool isThere = rows_.isThere(i);
      copyAsync(stage + to_ + i * kRowsPerPass * kRowBytes, isThere ? address(i) : memory_.unit(0, 0), isThere);
    }
  }

 private:
  static constexpr uint32_t kPerGranule = kColourBlockBytes / Rows::Elements::kBytes;

  __device__ const uint4* address(unsigned i) const {
    const uint32_t element = rows_.element(i);
    if constexpr (!kColoured) return memory_.template at<const uint4>(uint64_t{element} * Rows::Elements::kBytes);
    return memory_.unit(places_[i], element % kPerGranule / Rows::Elements::kPerChunk);
  }

  __device__ void lookUp() {
#pragma unroll
    for (unsigned i = 0; i < Rows::kPasses; i++) {
      const uint32_t granule = rows_.element(i) / kPerGranule;
      if (!rows_.isThere(i) || granule == granules_[i]) continue;
      granules_[i] = granule;
      places_[i] = memory_.place(granule);
    }
  }

  const Memory<kColoured> memory_;
  Rows rows_;
  const uint32_t to_;
  // Of each row: the granule that was looked up last, and its place. There is none at the beginning.
  uint32_t granules_[kColoured ? Rows::kPasses : 1], places_[kColoured ? Rows::kPasses : 1];
};

}  // namespace missile::cuda
