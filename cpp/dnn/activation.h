// What follows a sum before it is stored.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tensor.h"

namespace missile::dnn {

inline float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }
inline float hardsigmoid(float x) { return std::clamp(x / 6 + 0.5f, 0.0f, 1.0f); }
inline float gelu(float x) { return 0.5f * x * (1 + std::erf(x * std::numbers::sqrt2_v<float> / 2)); }

// The approximation of Hendrycks and Gimpel, "Gaussian Error Linear Units", section 2.
inline float geluTanh(float x) {
  constexpr float kRoot = 0.7978845608f;  // sqrt(2 / pi)
  return 0.5f * x * (1 + std::tanh(kRoot * (x + 0.044715f * x * x * x)));
}

inline float activated(uint32_t activation, float x) {
  switch (static_cast<Activation>(activation)) {
    case Activation::none: return x;
    case Activation::relu: return std::max(x, 0.0f);
    case Activation::relu6: return std::clamp(x, 0.0f, 6.0f);
    case Activation::hardswish: return x * hardsigmoid(x);
    case Activation::hardsigmoid: return hardsigmoid(x);
    case Activation::silu: return x * sigmoid(x);
    case Activation::gelu: return gelu(x);
    case Activation::geluTanh: return geluTanh(x);
    case Activation::sigmoid: return sigmoid(x);
    case Activation::tanh: return std::tanh(x);
  }
  return x;
}

inline float joined(uint32_t join, uint32_t activation, float x, float other) {
  switch (static_cast<Join>(join)) {
    case Join::none: return activated(activation, x);
    case Join::addBefore: return activated(activation, x + other);
    case Join::addAfter: return activated(activation, x) + other;
    case Join::multiplyAfter: return activated(activation, x) * other;
  }
  return x;
}

}  // namespace missile::dnn
