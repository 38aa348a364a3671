#include <vector>

#include "activation.h"
#include "dense.h"
#include "element.h"
#include "matmul.h"
#include "references.h"
#include "strided.h"

namespace missile::dnn {

namespace {

uint32_t offsetOf(uint32_t offset, const uint32_t (&strides)[4], const uint32_t (&index)[kMostAxes]) {
  for (uint32_t axis = 0; axis < 4; axis++) offset += index[axis] * strides[axis];
  return offset;
}

template <typename T>
void matmul(const MatmulArguments& a) {
  const auto *left = reinterpret_cast<const T*>(a.a.base), *right = reinterpret_cast<const T*>(a.b.base);
  const auto* other = reinterpret_cast<const T*>(a.other.base);
  auto* output = reinterpret_cast<T*>(a.output.base);
  const uint32_t batches[kMostAxes] = {a.extents[0], a.extents[1], a.extents[2], a.extents[3], 1, 1};
  std::vector<float> rows(size_t{a.rows} * a.depth);
  forEachIndex(batches, 4, [&](const uint32_t(&index)[kMostAxes]) {
    const uint32_t aAt = offsetOf(a.aOffset, a.aStrides, index), bAt = offsetOf(a.bOffset, a.bStrides, index);
    const uint32_t outAt = offsetOf(a.outOffset, a.outStrides, index), otherAt = offsetOf(a.otherOffset, a.otherStrides, index);
    for (uint32_t row = 0; row < a.rows; row++) {
      for (uint32_t k = 0; k < a.depth; k++) rows[size_t{row} * a.depth + k] = asFloat(left[aAt + row * a.aRowStride + k * a.aDepthStride]);
    }
    const Panels panels(a.depth, a.columns, [&](size_t k, size_t column) {
      return asFloat(right[bAt + static_cast<uint32_t>(k) * a.bDepthStride + static_cast<uint32_t>(column) * a.bColumnStride]);
    });
    multiply(rows, a.rows, panels, a.columns, a.depth, [&](size_t i, size_t j, float sum) {
      const auto row = static_cast<uint32_t>(i), column = static_cast<uint32_t>(j);
      const uint32_t joining = otherAt + row * a.otherRowStride + column * a.otherColumnStride;
      const float result = joined(a.join, a.activation, a.alpha * sum, a.join != 0 ? asFloat(other[joining]) : 0);
      output[outAt + row * a.outRowStride + column * a.outColumnStride] = fromFloat<T>(result);
    });
  });
}

}  // namespace

void matmulReference(const void* arguments) {
  const auto& a = *static_cast<const MatmulArguments*>(arguments);
  withElement(a.type, [&]<typename T>(T) { matmul<T>(a); });
}

}  // namespace missile::dnn
