// Going over tensors of any strides, for the references.
#pragma once

#include <cstddef>
#include <cstdint>

#include "element.h"
#include "tensor.h"

namespace missile::dnn {

// Calls body with each index into the axes [0, axes), the last one fastest; those of further axes are 0.
template <typename Body>
void forEachIndex(const uint32_t (&extents)[kMostAxes], uint32_t axes, Body body) {
  uint32_t index[kMostAxes] = {};
  size_t count = 1;
  for (uint32_t axis = 0; axis < axes; axis++) count *= extents[axis];
  for (size_t i = 0; i < count; i++) {
    body(index);
    for (uint32_t axis = axes; axis-- > 0 && ++index[axis] == extents[axis];) index[axis] = 0;
  }
}

// The element of an index, counted from the view's first byte. Strides that go backwards are below 0 modulo 2^32.
inline uint32_t placeOf(const Strided& at, const uint32_t (&index)[kMostAxes]) {
  uint32_t place = at.offset;
  for (uint32_t axis = 0; axis < kMostAxes; axis++) place += index[axis] * at.strides[axis];
  return place;
}

// to[i] = element `first + i * stride`.
inline void readRow(const MemoryView& view, uint32_t type, uint32_t first, uint32_t stride, size_t count, float* to) {
  withElement(type, [&]<typename T>(T) {
    const auto* from = reinterpret_cast<const T*>(view.base);
    for (uint32_t i = 0; i < count; i++) to[i] = asFloat(from[first + i * stride]);
  });
}

inline void writeRow(const MemoryView& view, uint32_t type, uint32_t first, uint32_t stride, size_t count, const float* from) {
  withElement(type, [&]<typename T>(T) {
    auto* to = reinterpret_cast<T*>(view.base);
    for (uint32_t i = 0; i < count; i++) to[first + i * stride] = fromFloat<T>(from[i]);
  });
}

inline float readAt(const MemoryView& view, uint32_t type, uint32_t place) {
  float value;
  readRow(view, type, place, 0, 1, &value);
  return value;
}

}  // namespace missile::dnn
