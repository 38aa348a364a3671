// Kernels that go over rows: reduce, softmax, norm.
#pragma once

#include "tensor.h"

namespace missile::dnn {

enum class Reduction : uint32_t { sum, mean, max, min, product, sumOfSquares, l1, l2, logSumExp };

// reduce: axes 0 to 3 are kept, 4 and 5 are reduced. Where the last kept axis lies densest, its elements are taken side by side.
// A logical block is kReduceOutputs results, the last kept axis fastest.
struct ReduceArguments {
  MemoryView input, output;
  uint32_t reduction;
  uint32_t extents[kMostAxes];
  Strided inputAt, outputAt;  // outputAt has strides of the kept axes alone
};
constexpr uint32_t kReduceOutputs = 32;

// softmax over axis 5; a logical block is kSoftmaxRows rows.
struct SoftmaxArguments {
  MemoryView input, output;
  uint32_t isLog;
  uint32_t extents[kMostAxes];
  Strided inputAt, outputAt;
};
constexpr uint32_t kSoftmaxRows = 8;

// norm: less the mean, over the deviation, times gain, plus shift; each row is axes 4 and 5. gain and shift are f32, indexed by
// (axis 3 * channelsPerRow + axis 5) where channelsPerRow is not 0 (group norm: axis 3 the group), else by axis 5 (layer norm).
// A logical block is one row where isRowByBlock is set (few rows reach more SMs so) or a row has more than kLongRow elements, else kNormRows rows.
struct NormArguments {
  MemoryView input, gain, shift, other, output;
  uint32_t extents[kMostAxes];
  uint32_t channelsPerRow;
  uint32_t isRowByBlock;
  Strided inputAt, otherAt, outputAt;
  float epsilon;
  uint32_t activation, join;  // of the result with `other`
};
constexpr uint32_t kNormRows = 8;
constexpr uint32_t kLongRow = 1024;

}  // namespace missile::dnn
