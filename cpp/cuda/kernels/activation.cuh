// Functions of one number, and how a kernel's result meets another tensor: what the ends of kernels share. Exponentials are the hardware's (2 ulp),
// far below what TF32 and half storage leave.
#pragma once

#include "../../dnn/tensor.h"

namespace missile::cuda {

using dnn::Activation;
using dnn::Join;

__device__ inline float sigmoid(float x) { return __fdividef(1.0f, 1.0f + __expf(-x)); }
__device__ inline float hardsigmoid(float x) { return __saturatef(fmaf(x, 1.0f / 6.0f, 0.5f)); }
__device__ inline float tanhOf(float x) { return 1.0f - __fdividef(2.0f, 1.0f + __expf(2.0f * x)); }
__device__ inline float silu(float x) { return __fdividef(x, 1.0f + __expf(-x)); }
__device__ inline float gelu(float x) { return 0.5f * x * (1.0f + erff(x * 0.70710678f)); }
// Hendrycks and Gimpel 2016: 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), and 1 + tanh(y) is 2 sigmoid(2 y).
__device__ inline float geluTanh(float x) { return x * sigmoid(1.59576912f * fmaf(0.044715f * x * x, x, x)); }

__device__ inline float activate(float x, Activation activation) {
  switch (activation) {
    case Activation::none: return x;
    case Activation::relu: return fmaxf(x, 0.0f);
    case Activation::relu6: return fminf(fmaxf(x, 0.0f), 6.0f);
    case Activation::hardswish: return x * hardsigmoid(x);
    case Activation::hardsigmoid: return hardsigmoid(x);
    case Activation::silu: return silu(x);
    case Activation::gelu: return gelu(x);
    case Activation::geluTanh: return geluTanh(x);
    case Activation::sigmoid: return sigmoid(x);
    case Activation::tanh: return tanhOf(x);
  }
  return x;
}

// x is the result with its bias; without a join `other` is not looked at.
__device__ inline float joined(float x, float other, Activation activation, Join join) {
  const float result = activate(join == Join::addBefore ? x + other : x, activation);
  return join == Join::addAfter ? result + other : join == Join::multiplyAfter ? result * other : result;
}

}  // namespace missile::cuda
