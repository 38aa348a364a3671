#include <algorithm>
#include <cmath>
#include <vector>

#include "activation.h"
#include "map.h"
#include "references.h"
#include "strided.h"

namespace missile::dnn {

namespace {

float softplus(float x) { return std::max(x, 0.0f) + std::log1p(std::exp(-std::abs(x))); }

float computed(const MapStep& step, float a, float b, float c) {
  const float k = step.constant;
  switch (static_cast<MapOp>(step.op)) {
    case MapOp::add: return a + b;
    case MapOp::sub: return a - b;
    case MapOp::mul: return a * b;
    case MapOp::div: return a / b;
    case MapOp::pow: return std::pow(a, b);
    case MapOp::min: return std::min(a, b);
    case MapOp::max: return std::max(a, b);
    case MapOp::equal: return a == b;
    case MapOp::less: return a < b;
    case MapOp::lessEqual: return a <= b;
    case MapOp::greater: return a > b;
    case MapOp::greaterEqual: return a >= b;
    case MapOp::both: return a != 0 && b != 0;
    case MapOp::either: return a != 0 || b != 0;
    case MapOp::differ: return (a != 0) != (b != 0);
    case MapOp::select: return a != 0 ? b : c;
    case MapOp::fma: return a * b + c;
    case MapOp::addConstant: return a + k;
    case MapOp::mulConstant: return a * k;
    case MapOp::powConstant: return std::pow(a, k);
    case MapOp::minConstant: return std::min(a, k);
    case MapOp::maxConstant: return std::max(a, k);
    case MapOp::subFromConstant: return k - a;
    case MapOp::divConstant: return k / a;
    case MapOp::relu: return std::max(a, 0.0f);
    case MapOp::relu6: return std::clamp(a, 0.0f, 6.0f);
    case MapOp::hardswish: return a * hardsigmoid(a);
    case MapOp::hardsigmoid: return hardsigmoid(a);
    case MapOp::silu: return a * sigmoid(a);
    case MapOp::gelu: return gelu(a);
    case MapOp::geluTanh: return geluTanh(a);
    case MapOp::sigmoid: return sigmoid(a);
    case MapOp::tanh: return std::tanh(a);
    case MapOp::erf: return std::erf(a);
    case MapOp::exp: return std::exp(a);
    case MapOp::log: return std::log(a);
    case MapOp::sqrt: return std::sqrt(a);
    case MapOp::reciprocal: return 1 / a;
    case MapOp::negate: return -a;
    case MapOp::abs: return std::abs(a);
    case MapOp::floor: return std::floor(a);
    case MapOp::ceil: return std::ceil(a);
    case MapOp::round: return std::nearbyint(a);  // half way: to the even one
    case MapOp::sign: return static_cast<float>((a > 0) - (a < 0));
    case MapOp::sin: return std::sin(a);
    case MapOp::cos: return std::cos(a);
    case MapOp::softplus: return softplus(a);
    case MapOp::mish: return a * std::tanh(softplus(a));
    case MapOp::isNot: return a == 0;
    case MapOp::leakyRelu: return a < 0 ? k * a : a;
    case MapOp::elu: return a < 0 ? k * std::expm1(a) : a;
    case MapOp::celu: return a < 0 ? k * std::expm1(a / k) : a;
  }
  return a;
}

// Copies bits: integers that a float cannot hold stay what they are.
template <typename T>
void copyRow(const MapArguments& a, uint32_t from, uint32_t to) {
  const auto* source = reinterpret_cast<const T*>(a.operands[0].base);
  auto* target = reinterpret_cast<T*>(a.output.base);
  for (uint32_t i = 0; i < a.extents[kMostAxes - 1]; i++) {
    target[to + i * a.outputAt.strides[kMostAxes - 1]] = source[from + i * a.operandAt[0].strides[kMostAxes - 1]];
  }
}

}  // namespace

// A row of axis 5 at a time.
void mapReference(const void* arguments) {
  const auto& a = *static_cast<const MapArguments*>(arguments);
  constexpr uint32_t kLast = kMostAxes - 1;
  const uint32_t count = a.extents[kLast];
  std::vector<float> values[kMostOperands + kMostSteps];
  for (auto& row : values) row.resize(count);
  const bool isCopy = a.stepCount == 0 && a.operandAt[0].type == a.outputAt.type;
  forEachIndex(a.extents, kLast, [&](const uint32_t(&index)[kMostAxes]) {
    const uint32_t to = placeOf(a.outputAt, index);
    if (isCopy) {
      withElement(a.outputAt.type, [&]<typename T>(T) { copyRow<T>(a, placeOf(a.operandAt[0], index), to); });
      return;
    }
    for (uint32_t i = 0; i < a.operandCount; i++) {
      const Strided& at = a.operandAt[i];
      readRow(a.operands[i], at.type, placeOf(at, index), at.strides[kLast], count, values[i].data());
    }
    for (uint32_t s = 0; s < a.stepCount; s++) {
      const MapStep& step = a.steps[s];
      const float *x = values[step.a].data(), *y = values[step.b].data(), *z = values[step.c].data();
      for (uint32_t i = 0; i < count; i++) values[kMostOperands + s][i] = computed(step, x[i], y[i], z[i]);
    }
    const auto& result = values[a.stepCount == 0 ? 0 : kMostOperands + a.stepCount - 1];
    writeRow(a.output, a.outputAt.type, to, a.outputAt.strides[kLast], count, result.data());
  });
}

}  // namespace missile::dnn
