#include <algorithm>
#include <cmath>

#include "references.h"
#include "select.h"
#include "strided.h"

namespace missile::dnn {

namespace {

// A value as it is, where both have the same type; integers that a float cannot hold stay what they are.
void copyElement(const MemoryView& from, uint32_t fromType, uint32_t fromPlace, const MemoryView& to, uint32_t toType, uint32_t toPlace) {
  withElement(toType, [&]<typename T>(T) {
    auto& target = reinterpret_cast<T*>(to.base)[toPlace];
    if (fromType == toType) target = reinterpret_cast<const T*>(from.base)[fromPlace];
    else target = fromFloat<T>(readAt(from, fromType, fromPlace));
  });
}

int64_t entryOf(int64_t index, uint32_t entries) { return std::clamp<int64_t>(index < 0 ? index + entries : index, 0, entries - 1); }

// Where a place outside of the axis takes its value from; below 0: from nowhere.
int64_t padded(Padding padding, int64_t place, uint32_t extent) {
  if (place >= 0 && place < extent) return place;
  switch (padding) {
    case Padding::constant: return -1;
    case Padding::edge: return std::clamp<int64_t>(place, 0, extent - 1);
    case Padding::reflect: {
      const int64_t period = std::max<int64_t>(1, 2 * (int64_t{extent} - 1)), phase = ((place % period) + period) % period;
      return std::min(phase, period - phase);
    }
  }
  return -1;
}

// Two pixels of an axis, and the share of the second.
struct Between {
  size_t first, second;
  float share;
};

Between placeBetween(Resizing resizing, uint32_t out, float scale, float shift, uint32_t extent) {
  const float place = static_cast<float>(out) * scale + shift, last = static_cast<float>(extent - 1);
  const auto nearest = [&](float pixel) {
    const auto at = static_cast<size_t>(std::clamp(pixel, 0.0f, last));
    return Between{at, at, 0};
  };
  switch (resizing) {
    case Resizing::nearestFloor: return nearest(std::floor(place));
    case Resizing::nearestCeil: return nearest(std::ceil(place));
    case Resizing::nearestRoundDown: return nearest(std::ceil(place - 0.5f));
    case Resizing::nearestRoundUp: return nearest(std::floor(place + 0.5f));
    case Resizing::linear: break;
  }
  const float inside = std::clamp(place, 0.0f, last);
  const auto first = static_cast<size_t>(inside);
  return {first, std::min<size_t>(first + 1, extent - 1), inside - static_cast<float>(first)};
}

template <typename T>
void resize(const ResizeArguments& a) {
  const auto* input = reinterpret_cast<const T*>(a.input.base) + a.inOffset;
  auto* output = reinterpret_cast<T*>(a.output.base) + a.outOffset;
  const auto resizing = static_cast<Resizing>(a.resizing);
  for (size_t image = 0; image < a.batch; image++) {
    for (uint32_t y = 0; y < a.outHeight; y++) {
      const Between rows = placeBetween(resizing, y, a.scaleY, a.shiftY, a.inHeight);
      for (uint32_t x = 0; x < a.outWidth; x++, output += a.outPixelStride) {
        const Between columns = placeBetween(resizing, x, a.scaleX, a.shiftX, a.inWidth);
        const auto value = [&](size_t row, size_t column, size_t channel) {
          return asFloat(input[((image * a.inHeight + row) * a.inWidth + column) * a.inPixelStride + channel]);
        };
        for (size_t channel = 0; channel < a.channels; channel++) {
          const auto inRow = [&](size_t row) {
            return value(row, columns.first, channel) * (1 - columns.share) + value(row, columns.second, channel) * columns.share;
          };
          output[channel] = fromFloat<T>(inRow(rows.first) * (1 - rows.share) + inRow(rows.second) * rows.share);
        }
      }
    }
  }
}

}  // namespace

void gatherReference(const void* arguments) {
  const auto& a = *static_cast<const GatherArguments*>(arguments);
  const auto* indices = reinterpret_cast<const int32_t*>(a.indices.base);
  forEachIndex(a.extents, kMostAxes, [&](const uint32_t(&index)[kMostAxes]) {
    const int64_t entry = entryOf(indices[a.indicesAt.offset + index[2] * a.indicesAt.strides[2] + index[3] * a.indicesAt.strides[3]], a.entries);
    uint32_t place = a.tableAt.offset + static_cast<uint32_t>(entry) * a.entryStride;
    for (const uint32_t axis : {0, 1, 4, 5}) place += index[axis] * a.tableAt.strides[axis];
    copyElement(a.table, a.tableAt.type, place, a.output, a.outputAt.type, placeOf(a.outputAt, index));
  });
}

void padReference(const void* arguments) {
  const auto& a = *static_cast<const PadArguments*>(arguments);
  forEachIndex(a.extents, kMostAxes, [&](const uint32_t(&index)[kMostAxes]) {
    uint32_t source[kMostAxes];
    bool isThere = true;
    for (uint32_t axis = 0; axis < kMostAxes; axis++) {
      const int64_t at = padded(static_cast<Padding>(a.padding), int64_t{index[axis]} - a.before[axis], a.inputExtents[axis]);
      isThere = isThere && at >= 0;
      source[axis] = static_cast<uint32_t>(at);
    }
    const uint32_t to = placeOf(a.outputAt, index);
    if (isThere) copyElement(a.input, a.inputAt.type, placeOf(a.inputAt, source), a.output, a.outputAt.type, to);
    else writeRow(a.output, a.outputAt.type, to, 0, 1, &a.value);
  });
}

void resizeReference(const void* arguments) {
  const auto& a = *static_cast<const ResizeArguments*>(arguments);
  withElement(a.type, [&]<typename T>(T) { resize<T>(a); });
}

}  // namespace missile::dnn
