// Kernels that choose what to read: gather, pad, resize. A logical block is blockOutputs elements of the output, a multiple of kSelectOutputs.
#pragma once

#include "tensor.h"

namespace missile::dnn {

// gather: output[axes 0, 1][index axes 2, 3][axes 4, 5] = table[axes 0, 1][indices[axes 2, 3]][axes 4, 5]. Indices are i32; one below 0 counts
// from the end, and one outside the table reads its nearest entry.
struct GatherArguments {
  MemoryView table, indices, output;
  uint32_t blockOutputs;
  uint32_t extents[kMostAxes];
  uint32_t entries, entryStride;  // of the table's axis
  Strided tableAt;                // strides of axes 0, 1, 4, 5
  Strided indicesAt;              // strides of axes 2, 3
  Strided outputAt;
};

enum class Padding : uint32_t { constant, edge, reflect };

// pad: output [extents], input at output index - before.
struct PadArguments {
  MemoryView input, output;
  uint32_t blockOutputs;
  uint32_t padding;
  float value;
  uint32_t extents[kMostAxes], inputExtents[kMostAxes];
  int32_t before[kMostAxes];
  Strided inputAt, outputAt;
};

enum class Resizing : uint32_t { nearestFloor, nearestCeil, nearestRoundDown, nearestRoundUp, linear };

// resize of channels-last images: the place in the input is output index * scale + shift, in pixels, then as `resizing` says.
struct ResizeArguments {
  MemoryView input, output;
  uint32_t blockOutputs;
  uint32_t type, resizing;
  uint32_t batch, channels, inHeight, inWidth, outHeight, outWidth;
  uint32_t inOffset, inPixelStride, outOffset, outPixelStride;
  float scaleY, shiftY, scaleX, shiftX;
};
constexpr uint32_t kSelectOutputs = 1024;

}  // namespace missile::dnn
