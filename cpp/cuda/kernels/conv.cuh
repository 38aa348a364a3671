// Convolutions as products of matrices that are never made: see ../../dnn/conv.h. Stages of shared memory are filled ahead of the tensor
// cores; weights depend on no kernel, so the first of them are on their way before the kernel before has ended.
#pragma once

#include "conv_rows.cuh"
#include "epilogue.cuh"
#include "parts.cuh"
#include "prologue.cuh"
#include "warpgroup_tile.cuh"

namespace missile::cuda {

// Which part of a convolution a logical block is.
template <typename Type, typename Shape>
struct ConvTile {
  uint32_t pixels, firstPixel, firstChannel, group;
  uint32_t firstStep, steps;

  __device__ ConvTile(const ConvArguments& conv, uint32_t block) : pixels(conv.batch * conv.outHeight * conv.outWidth) {
    const uint32_t rowTiles = (pixels + Shape::kRows - 1) / Shape::kRows;
    const uint32_t columnTiles = (conv.outChannels + Shape::kColumns - 1) / Shape::kColumns;
    const uint32_t tile = block / conv.splits, split = block - tile * conv.splits, column = tile / rowTiles;
    firstPixel = (tile - column * rowTiles) * Shape::kRows;
    group = column / columnTiles;
    firstChannel = (column - group * columnTiles) * Shape::kColumns;
    const uint32_t depth = conv.kernelHeight * conv.kernelWidth * conv.inChannels;
    const uint32_t all = (depth + kStepElements<Type> - 1) / kStepElements<Type>;
    firstStep = split * all / conv.splits;
    steps = (split + 1) * all / conv.splits - firstStep;
  }
};

// What sums a tile: warpgroups where the GPU has them and the tile is high enough.
template <typename Type, typename Shape>
using TileOf = std::conditional_t<kHasWarpgroups && Shape::kRows % kGroupRows == 0, WarpgroupTile<Type, Shape>, WarpTile<Type, Shape>>;

template <bool kColoured, typename Type, typename Shape>
class ConvBlock {
  using Tile = TileOf<Type, Shape>;
  static constexpr unsigned kStages = Shape::kStages;
  static constexpr uint32_t kWeightsAt = Shape::kRows * kRowBytes;
  // Results that a thread finishes at once: 16 of them, in whole chunks.
  static constexpr unsigned kPer = Type::kPerChunk, kAtOnce = 16 / kPer;

 public:
  __device__ ConvBlock(const KernelLaunch& launch, const ConvArguments& conv, uint32_t block)
      : launch_(launch),
        conv_(conv),
        block_(block),
        tile_(conv, block),
        other_(conv.other, launch, block),
        output_(conv.output, launch, block),
        bias_(conv.bias, launch, block),
        gain_(conv.gain, launch, block),
        shift_(conv.shift, launch, block),
        prologue_(launch, conv, block, tile_.firstPixel),
        walk_(conv, tile_.firstStep),
        weights_({conv.weight, launch, block}, {conv, tile_.group, tile_.firstChannel}),
        image_({conv.input, launch, block}, {conv, tile_.group, tile_.firstPixel}),
        stages_(sharedAddress(gStages)) {
    image_.goTo(walk_);
    DepthWalk<Type> ahead = walk_;
#pragma unroll
    for (unsigned stage = 0; stage < kStages - 1; stage++) {
      if (stage >= tile_.steps) break;
      weights_.goTo(ahead);
      weights_.fetch(at(stage) + kWeightsAt);
      ahead.advance();
    }
  }

  __device__ void run() {
    Tile sums;
    sum(sums);
    __syncthreads();
    float* const shared = reinterpret_cast<float*>(gStages);
    sums.spread(shared);
    __syncthreads();
    if (conv_.splits > 1) {
      const Parts<kColoured, Shape> parts(launch_, conv_, block_);
      if (!parts.template join<Tile::kDeep>(shared, tile_.pixels - tile_.firstPixel, conv_.outChannels - tile_.firstChannel)) return;
    }
    store(shared);
  }

 private:
  __device__ uint32_t at(unsigned stage) const { return stages_ + stage * Shape::kStageBytes; }

  // Copies are counted in groups, one a step, empty ones beyond the last.
  __device__ void sum(Tile& sums) {
#pragma unroll
    for (unsigned stage = 0; stage < kStages - 1; stage++) {
      if (stage < tile_.steps) {
        image_.fetch(at(stage));
        walk_.advance();
        image_.goTo(walk_);
      }
      commitCopies();
    }
    weights_.goTo(walk_);
    await(0, 0);
    sums.begin(at(0));
    unsigned from = 0, to = kStages - 1;
    for (uint32_t step = 0; step < tile_.steps; step++) {
      if (step + kStages - 1 < tile_.steps) {
        image_.fetch(at(to));
        weights_.fetch(at(to) + kWeightsAt);
        walk_.advance();
        image_.goTo(walk_);
        weights_.goTo(walk_);
      }
      commitCopies();
      const unsigned next = from + 1 == kStages ? 0 : from + 1;
      sums.multiply(at(from), at(next), [&] { await(step + 1, next); });
      to = from;
      from = next;
    }
    waitForCopies<0>();
  }

  // Until a step of all threads lies in its stage, after the prologue.
  __device__ void await(uint32_t step, unsigned stage) const {
    if (conv_.hasPrologue) {
      const uint32_t channel = (tile_.firstStep + step) * kStepElements<Type> + chunkOfThread() * kPer;
      unsigned char* const chunks = gStages + stage * Shape::kStageBytes + chunkAt();
      prologue_.template apply<Shape::kRows / kRowsPerPass>(chunks, channel, waitForCopies<kStages - 2>);
    } else {
      waitForCopies<kStages - 2>();
    }
    Tile::share();
    __syncthreads();
  }

  // A thread has the same columns of several rows.
  __device__ void store(const float* shared) const {
    constexpr unsigned kAcross = Shape::kColumns / kPer, kApart = kTileThreads / kAcross;
    const unsigned column = threadIdx.x % kAcross * kPer;
    if (tile_.firstChannel + column >= conv_.outChannels) return;
    const uint32_t channel = tile_.group * conv_.outChannels + tile_.firstChannel + column;
    float bias[kPer] = {};
    if (conv_.hasBias) load(bias_, channel, bias);
    for (unsigned row = threadIdx.x / kAcross; row < Shape::kRows; row += kAtOnce * kApart) {
      storeRows<kApart>(shared, row, column, channel, bias);
    }
  }

  // Reads all chunks of `other` before it writes any.
  template <unsigned kApart>
  __device__ void storeRows(const float* shared, unsigned first, unsigned column, uint32_t channel, const float (&bias)[kPer]) const {
    float values[kAtOnce * kPer], others[kAtOnce * kPer] = {};
#pragma unroll
    for (unsigned i = 0; i < kAtOnce; i++) {
      const uint32_t pixel = tile_.firstPixel + first + i * kApart;
      if (conv_.join == 0 || pixel >= tile_.pixels) continue;
      const uint64_t element = conv_.otherOffset + uint64_t{pixel} * conv_.otherPixelStride + channel;
      Type::unpack(*other_.template at<const uint4>(element * Type::kBytes), others + i * kPer);
    }
#pragma unroll
    for (unsigned i = 0; i < kAtOnce; i++) {
#pragma unroll
      for (unsigned j = 0; j < kPer; j += 4) {
        const float4 sum = sumOf<Shape, Tile::kDeep>(shared, min(first + i * kApart, Shape::kRows - 1), column + j, conv_.splits > 1);
        values[i * kPer + j] = sum.x + bias[j];
        values[i * kPer + j + 1] = sum.y + bias[j + 1];
        values[i * kPer + j + 2] = sum.z + bias[j + 2];
        values[i * kPer + j + 3] = sum.w + bias[j + 3];
      }
    }
    joinAll(values, others, static_cast<Activation>(conv_.activation), static_cast<Join>(conv_.join));
    if (conv_.hasAffine) applyAffine(channel, values);
#pragma unroll
    for (unsigned i = 0; i < kAtOnce; i++) {
      const unsigned row = first + i * kApart;
      const uint32_t pixel = tile_.firstPixel + row;
      const uint64_t byte = (conv_.outOffset + uint64_t{pixel} * conv_.outPixelStride + channel) * Type::kBytes;
      if (row >= Shape::kRows || pixel >= tile_.pixels || !output_.holds(byte, kChunkBytes)) return;
      *output_.template at<uint4>(byte) = Type::pack(values + i * kPer);
    }
  }

  __device__ void applyAffine(uint32_t channel, float (&values)[kAtOnce * kPer]) const {
    float gain[kPer], shift[kPer];
    load(gain_, channel, gain);
    load(shift_, channel, shift);
#pragma unroll
    for (unsigned i = 0; i < kAtOnce * kPer; i++) values[i] = fmaf(values[i], gain[i % kPer], shift[i % kPer]);
  }

  __device__ static void load(const Memory<kColoured>& memory, uint32_t channel, float (&values)[kPer]) {
#pragma unroll
    for (unsigned i = 0; i < kPer; i += 4) Tf32::unpack(*memory.template at<const uint4>(uint64_t{channel + i} * sizeof(float)), values + i);
  }

  const KernelLaunch& launch_;
  const ConvArguments& conv_;
  const uint32_t block_;
  const ConvTile<Type, Shape> tile_;
  const Memory<kColoured> other_, output_, bias_, gain_, shift_;
  const Prologue<kColoured, Type> prologue_;
  DepthWalk<Type> walk_;
  RowLoader<kColoured, WeightRows<Type, Shape::kColumns>> weights_;
  RowLoader<kColoured, ImageRows<Type, Shape::kRows>> image_;
  const uint32_t stages_;
};

// Rows, columns, those of a warp, stages, and thread blocks that an SM is to hold at least: their registers and shared memory fill it.
using Shape128x128 = TileShape<128, 128, 64, 64, 3, 2>;
using Shape128x64 = TileShape<128, 64, 64, 32, 3, 3>;
using Shape64x64 = TileShape<64, 64, 32, 32, 4, 3>;
using Shape64x32 = TileShape<64, 32, 32, 32, 4, 4>;
using Shape32x64 = TileShape<32, 64, 32, 32, 4, 4>;
using Shape16x64 = TileShape<16, 64, 16, 32, 4, 4>;

#define MISSILE_CONV(type, Type, size)                                  \
  template <bool kColoured>                                             \
  using Conv##size = ConvBlock<kColoured, Type, Shape##size>;           \
  MISSILE_KERNEL_BOUNDS(conv_##type##_##size, ConvArguments, Conv##size, kTileThreads, Shape##size::kLeastPerSm)

// All sizes of tile for a type.
#define MISSILE_CONVS(type, Type)   \
  MISSILE_CONV(type, Type, 128x128) \
  MISSILE_CONV(type, Type, 128x64)  \
  MISSILE_CONV(type, Type, 64x64)   \
  MISSILE_CONV(type, Type, 64x32)   \
  MISSILE_CONV(type, Type, 32x64)   \
  MISSILE_CONV(type, Type, 16x64)

}  // namespace missile::cuda
