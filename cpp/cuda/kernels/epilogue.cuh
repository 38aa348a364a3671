// What a kernel does to many results at once: it decides once what all of them take, since a decision for each would take longer than most tiles.
#pragma once

#include "activation.cuh"

namespace missile::cuda {

template <Activation kActivation, unsigned kCount>
__device__ inline void activateEach(float (&values)[kCount]) {
#pragma unroll
  for (float& value : values) value = activate(value, kActivation);
}

template <unsigned kCount>
__device__ inline void activateAll(float (&values)[kCount], Activation activation) {
  switch (activation) {
    case Activation::none: return;
    case Activation::relu: return activateEach<Activation::relu>(values);
    case Activation::relu6: return activateEach<Activation::relu6>(values);
    case Activation::hardswish: return activateEach<Activation::hardswish>(values);
    case Activation::hardsigmoid: return activateEach<Activation::hardsigmoid>(values);
    case Activation::silu: return activateEach<Activation::silu>(values);
    case Activation::gelu: return activateEach<Activation::gelu>(values);
    case Activation::geluTanh: return activateEach<Activation::geluTanh>(values);
    case Activation::sigmoid: return activateEach<Activation::sigmoid>(values);
    case Activation::tanh: return activateEach<Activation::tanh>(values);
  }
}

// `values` are the results with their bias; without a join `others` are not looked at.
template <unsigned kCount>
__device__ inline void joinAll(float (&values)[kCount], const float (&others)[kCount], Activation activation, Join join) {
  if (join == Join::addBefore) {
#pragma unroll
    for (unsigned i = 0; i < kCount; i++) values[i] += others[i];
  }
  activateAll(values, activation);
  if (join == Join::addAfter) {
#pragma unroll
    for (unsigned i = 0; i < kCount; i++) values[i] += others[i];
  }
  if (join == Join::multiplyAfter) {
#pragma unroll
    for (unsigned i = 0; i < kCount; i++) values[i] *= others[i];
  }
}

}  // namespace missile::cuda
