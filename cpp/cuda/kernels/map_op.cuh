// The operations of map on several elements at once: which operation is the same for all threads, so it is chosen once a step.
#pragma once

#include "../../dnn/map.h"
#include "activation.cuh"

namespace missile::cuda {

using dnn::MapOp;
using dnn::MapStep;

template <unsigned kCount>
struct Floats {
  float of[kCount];
};

namespace map_op {

// Rounds halves to even, as ONNX does.
__device__ inline float roundEven(float x) { return rintf(x); }
__device__ inline float sign(float x) { return x > 0 ? 1.0f : x < 0 ? -1.0f : 0.0f; }
__device__ inline float softplus(float x) { return fmaxf(x, 0.0f) + __logf(1.0f + __expf(-fabsf(x))); }
__device__ inline float expLess1(float x) { return __expf(x) - 1.0f; }
__device__ inline float truth(bool is) { return is ? 1.0f : 0.0f; }
// These are long and rare: one copy of each.
__device__ __noinline__ float longPower(float x, float exponent) { return powf(x, exponent); }
__device__ __noinline__ float sine(float x) { return sinf(x); }
__device__ __noinline__ float cosine(float x) { return cosf(x); }
__device__ inline float power(float x, float exponent) { return exponent == 2.0f ? x * x : longPower(x, exponent); }

template <unsigned kCount, typename Function>
__device__ Floats<kCount> each(const Floats<kCount>& a, Function function) {
  Floats<kCount> result;
#pragma unroll
  for (unsigned i = 0; i < kCount; i++) result.of[i] = function(a.of[i]);
  return result;
}

template <unsigned kCount, typename Function>
__device__ Floats<kCount> each(const Floats<kCount>& a, const Floats<kCount>& b, Function function) {
  Floats<kCount> result;
#pragma unroll
  for (unsigned i = 0; i < kCount; i++) result.of[i] = function(a.of[i], b.of[i]);
  return result;
}

template <unsigned kCount>
__device__ Floats<kCount> ofOne(MapOp op, float k, const Floats<kCount>& all) {
  switch (op) {
    case MapOp::addConstant: return each(all, [k](float a) { return a + k; });
    case MapOp::mulConstant: return each(all, [k](float a) { return a * k; });
    case MapOp::powConstant: return each(all, [k](float a) { return power(a, k); });
    case MapOp::minConstant: return each(all, [k](float a) { return fminf(a, k); });
    case MapOp::maxConstant: return each(all, [k](float a) { return fmaxf(a, k); });
    case MapOp::subFromConstant: return each(all, [k](float a) { return k - a; });
    case MapOp::divConstant: return each(all, [k](float a) { return __fdividef(k, a); });
    case MapOp::relu: return each(all, [](float a) { return fmaxf(a, 0.0f); });
    case MapOp::relu6: return each(all, [](float a) { return fminf(fmaxf(a, 0.0f), 6.0f); });
    case MapOp::hardswish: return each(all, [](float a) { return a * hardsigmoid(a); });
    case MapOp::hardsigmoid: return each(all, [](float a) { return hardsigmoid(a); });
    case MapOp::silu: return each(all, [](float a) { return silu(a); });
    case MapOp::gelu: return each(all, [](float a) { return gelu(a); });
    case MapOp::geluTanh: return each(all, [](float a) { return geluTanh(a); });
    case MapOp::sigmoid: return each(all, [](float a) { return sigmoid(a); });
    case MapOp::tanh: return each(all, [](float a) { return tanhOf(a); });
    case MapOp::erf: return each(all, [](float a) { return erff(a); });
    case MapOp::exp: return each(all, [](float a) { return __expf(a); });
    case MapOp::log: return each(all, [](float a) { return __logf(a); });
    case MapOp::sqrt: return each(all, [](float a) { return sqrtf(a); });
    case MapOp::reciprocal: return each(all, [](float a) { return __fdividef(1.0f, a); });
    case MapOp::negate: return each(all, [](float a) { return -a; });
    case MapOp::abs: return each(all, [](float a) { return fabsf(a); });
    case MapOp::floor: return each(all, [](float a) { return floorf(a); });
    case MapOp::ceil: return each(all, [](float a) { return ceilf(a); });
    case MapOp::round: return each(all, [](float a) { return roundEven(a); });
    case MapOp::sign: return each(all, [](float a) { return sign(a); });
    case MapOp::sin: return each(all, [](float a) { return sine(a); });
    case MapOp::cos: return each(all, [](float a) { return cosine(a); });
    case MapOp::softplus: return each(all, [](float a) { return softplus(a); });
    case MapOp::mish: return each(all, [](float a) { return a * tanhOf(softplus(a)); });
    case MapOp::isNot: return each(all, [](float a) { return truth(a == 0); });
    case MapOp::leakyRelu: return each(all, [k](float a) { return a < 0 ? k * a : a; });
    case MapOp::elu: return each(all, [k](float a) { return a < 0 ? k * expLess1(a) : a; });
    case MapOp::celu: return each(all, [k](float a) { return a < 0 ? k * expLess1(__fdividef(a, k)) : a; });
    default: return all;
  }
}

template <unsigned kCount>
__device__ Floats<kCount> ofTwo(MapOp op, const Floats<kCount>& left, const Floats<kCount>& right) {
  switch (op) {
    case MapOp::add: return each(left, right, [](float a, float b) { return a + b; });
    case MapOp::sub: return each(left, right, [](float a, float b) { return a - b; });
    case MapOp::mul: return each(left, right, [](float a, float b) { return a * b; });
    case MapOp::div: return each(left, right, [](float a, float b) { return __fdividef(a, b); });
    case MapOp::pow: return each(left, right, [](float a, float b) { return power(a, b); });
    case MapOp::min: return each(left, right, [](float a, float b) { return fminf(a, b); });
    case MapOp::max: return each(left, right, [](float a, float b) { return fmaxf(a, b); });
    case MapOp::equal: return each(left, right, [](float a, float b) { return truth(a == b); });
    case MapOp::less: return each(left, right, [](float a, float b) { return truth(a < b); });
    case MapOp::lessEqual: return each(left, right, [](float a, float b) { return truth(a <= b); });
    case MapOp::greater: return each(left, right, [](float a, float b) { return truth(a > b); });
    case MapOp::greaterEqual: return each(left, right, [](float a, float b) { return truth(a >= b); });
    case MapOp::both: return each(left, right, [](float a, float b) { return truth(a != 0 && b != 0); });
    case MapOp::either: return each(left, right, [](float a, float b) { return truth(a != 0 || b != 0); });
    case MapOp::differ: return each(left, right, [](float a, float b) { return truth((a != 0) != (b != 0)); });
    default: return left;
  }
}

template <unsigned kCount>
__device__ Floats<kCount> ofThree(MapOp op, const Floats<kCount>& a, const Floats<kCount>& b, const Floats<kCount>& c) {
  Floats<kCount> result;
#pragma unroll
  for (unsigned i = 0; i < kCount; i++) {
    result.of[i] = op == MapOp::fma ? fmaf(a.of[i], b.of[i], c.of[i]) : a.of[i] != 0 ? b.of[i] : c.of[i];
  }
  return result;
}

}  // namespace map_op

}  // namespace missile::cuda
