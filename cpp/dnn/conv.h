// Convolutions of channels-last images, and linear layers, which are those of 1 x 1 images with `batch` rows.
#pragma once

#include "tensor.h"

namespace missile::dnn {

// Kernels that take these:
//   conv_<type>_<rows>x<columns>   implicit GEMM on tensor cores in tiles of rows (output pixels) x columns (output channels). inChannels,
//                                  strides and offsets are multiples of 16 bytes. A logical block is a split of a tile of a group:
//                                  block = tile * splits + split, tile = (group * column tiles + column tile) * row tiles + row tile.
//   depthwise_<type>               groups == channels of the image, padding included; inChannels and outChannels are 1.
//                                  A logical block is kDepthwiseOutputs elements of the output as it lies (channels fastest, then pixels).
//   conv_direct                    anything, transposed convolutions too; a thread an output, kDirectOutputs a logical block.
// On a GPU the f32 weights of conv_f32 are TF32: their last 13 bits are zero, and the kernel may or may not look at them.
// `weight` lies [groups][outChannels][kernelHeight][kernelWidth][inChannels], padded as the image's channels are, padding zero; depthwise:
// [kernelHeight][kernelWidth][channels]. `bias` is f32 [groups * outChannels].
//
// conv_<type>_<rows>x<columns> alone has a prologue, of 1 x 1 kernels without padding and groups: it takes
// activation(x * prologueScale[image * prologueScaleStride + channel] + prologueShift[channel]) for x of its input. With hasAffine, it multiplies
// the result after its join by gain[channel] and adds shift[channel], both f32.
struct ConvArguments {
  MemoryView input, weight, bias, other, output, prologueScale, prologueShift, gain, shift, partial, arrivals;
  uint32_t type;                                // of input, weight, other and output
  uint32_t batch, groups;
  uint32_t inHeight, inWidth, inChannels;       // channels of one group
  uint32_t inOffset, inPixelStride;             // elements from pixel to pixel; rows and images follow without gaps
  uint32_t outHeight, outWidth, outChannels;    // channels of one group, those that are padding included
  uint32_t outOffset, outPixelStride;
  uint32_t otherOffset, otherPixelStride;
  uint32_t kernelHeight, kernelWidth, strideY, strideX, padTop, padLeft, dilationY, dilationX;
  uint32_t isTransposed;                        // conv_direct alone
  uint32_t hasBias, activation, join;           // Activation, Join
  // Parts of K (kernelHeight * kernelWidth * inChannels, in whole steps of kDepthStepBytes and an order of the kernel's own) that blocks of
  // their own sum. More than 1: each block leaves its sums in `partial`, f32 [block][rows][columns] of tiles, and counts itself in `arrivals`, a word
  // a tile (../cuda/arrivals.h); whichever is the tile's last adds them up in the order of the splits and writes the output.
  uint32_t splits;
  uint32_t hasPrologue, hasPrologueShift, prologueActivation;  // none or relu; the shift is f32
  uint32_t prologueScaleType, prologueScaleStride;             // f32 or `type`; 0: the same for all images
  uint32_t hasAffine;
};

constexpr uint32_t kDepthStepBytes = 128;  // of K, which a tile takes at once; split i of n sums the steps from i * all / n on
constexpr uint32_t kMostTaps = 15;          // of a kernel in either direction: else conv_direct
constexpr uint32_t kMostSplits = 32;

// Tiles that there are of conv_<type>. Their thread blocks have kTileThreads, and `stages` steps of their rows and columns in shared memory.
struct ConvTile {
  uint32_t rows, columns, stages;
};
constexpr ConvTile kConvTiles[] = {{128, 128, 3}, {128, 64, 3}, {64, 64, 4}, {64, 32, 4}, {32, 64, 4}, {16, 64, 4}};
constexpr uint32_t kTileThreads = 128;
constexpr uint32_t kDepthwiseOutputs = 1024;
constexpr uint32_t kDirectOutputs = 256;

}  // namespace missile::dnn
