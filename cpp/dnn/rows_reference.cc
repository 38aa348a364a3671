#include <algorithm>
#include <cmath>
#include <vector>

#include "activation.h"
#include "references.h"
#include "rows.h"
#include "strided.h"

namespace missile::dnn {

namespace {


template <typename Term>
double sumOf(const std::vector<float>& values, Term term) {
  double sum = 0;
  for (const float value : values) sum += term(value);
  return sum;
}

double reduced(Reduction reduction, const std::vector<float>& values) {
  const auto count = static_cast<double>(values.size());
  switch (reduction) {
    case Reduction::sum: return sumOf(values, [](double x) { return x; });
    case Reduction::mean: return sumOf(values, [](double x) { return x; }) / count;
    case Reduction::max: return std::ranges::max(values);
    case Reduction::min: return std::ranges::min(values);
    case Reduction::product: {
      double product = 1;
      for (const float value : values) product *= value;
      return product;
    }
    case Reduction::sumOfSquares: return sumOf(values, [](double x) { return x * x; });
    case Reduction::l1: return sumOf(values, [](double x) { return std::abs(x); });
    case Reduction::l2: return std::sqrt(sumOf(values, [](double x) { return x * x; }));
    case Reduction::logSumExp: {
      const double most = std::ranges::max(values);
      return std::isinf(most) ? most : most + std::log(sumOf(values, [&](double x) { return std::exp(x - most); }));
    }
  }
  return 0;
}

// The elements under axes 4 and 5, one after the other.
void readPlane(const MemoryView& view, const Strided& at, const uint32_t (&extents)[kMostAxes], uint32_t place, std::vector<float>& values) {
  for (uint32_t row = 0; row < extents[4]; row++) {
    readRow(view, at.type, place + row * at.strides[4], at.strides[5], extents[5], values.data() + size_t{row} * extents[5]);
  }
}

}  // namespace

void reduceReference(const void* arguments) {
  const auto& a = *static_cast<const ReduceArguments*>(arguments);
  std::vector<float> values(size_t{a.extents[4]} * a.extents[5]);
  forEachIndex(a.extents, 4, [&](const uint32_t(&index)[kMostAxes]) {
    readPlane(a.input, a.inputAt, a.extents, placeOf(a.inputAt, index), values);
    const auto result = static_cast<float>(reduced(static_cast<Reduction>(a.reduction), values));
    writeRow(a.output, a.outputAt.type, placeOf(a.outputAt, index), 0, 1, &result);
  });
}

void softmaxReference(const void* arguments) {
  const auto& a = *static_cast<const SoftmaxArguments*>(arguments);
  std::vector<float> row(a.extents[5]);
  forEachIndex(a.extents, 5, [&](const uint32_t(&index)[kMostAxes]) {
    readRow(a.input, a.inputAt.type, placeOf(a.inputAt, index), a.inputAt.strides[5], row.size(), row.data());
    const float most = std::ranges::max(row);
    const double sum = sumOf(row, [&](float x) { return std::exp(x - most); });
    for (float& x : row) x = static_cast<float>(a.isLog != 0 ? x - most - std::log(sum) : std::exp(x - most) / sum);
    writeRow(a.output, a.outputAt.type, placeOf(a.outputAt, index), a.outputAt.strides[5], row.size(), row.data());
  });
}

void normReference(const void* arguments) {
  const auto& a = *static_cast<const NormArguments*>(arguments);
  const auto* gain = reinterpret_cast<const float*>(a.gain.base);
  const auto* shift = reinterpret_cast<const float*>(a.shift.base);
  std::vector<float> values(size_t{a.extents[4]} * a.extents[5]), other(values.size());
  const auto count = static_cast<double>(values.size());
  forEachIndex(a.extents, 4, [&](const uint32_t(&index)[kMostAxes]) {
    readPlane(a.input, a.inputAt, a.extents, placeOf(a.inputAt, index), values);
    if (a.join != 0) readPlane(a.other, a.otherAt, a.extents, placeOf(a.otherAt, index), other);
    const double mean = sumOf(values, [](double x) { return x; }) / count;
    const double variance = sumOf(values, [&](double x) { return (x - mean) * (x - mean); }) / count;
    const double scale = 1 / std::sqrt(variance + a.epsilon);
    for (size_t i = 0; i < values.size(); i++) {
      const size_t channel = size_t{index[3]} * a.channelsPerRow + i % a.extents[5];
      const auto x = static_cast<float>((values[i] - mean) * scale);
      values[i] = joined(a.join, a.activation, x * gain[channel] + shift[channel], other[i]);
    }
    for (uint32_t row = 0; row < a.extents[4]; row++) {
      const uint32_t place = placeOf(a.outputAt, index) + row * a.outputAt.strides[4];
      writeRow(a.output, a.outputAt.type, place, a.outputAt.strides[5], a.extents[5], values.data() + size_t{row} * a.extents[5]);
    }
  });
}

}  // namespace missile::dnn
