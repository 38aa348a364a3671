// What kernels of networks are told of their tensors. Kernels, their CPU references and the executor share it.
//
// Arguments of a kernel are a struct of 32-bit fields, and a MemoryView for each memory that it reaches. Offsets and strides count elements
// of the tensor's type, from the view's first byte. Images are channels-last; a pixel's channels are padded to a multiple of 16 bytes, what
// lies in the padding is finite, and nobody's result depends on it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../memory_view.h"

namespace missile::dnn {

// Of what lies in memory; arithmetic is FP32, and that of tensor cores on f32 is TF32.
enum class ElementType : uint32_t { f32, f16, bf16, i32 };

constexpr uint32_t kMostAxes = 6;

// Where a tensor's elements lie: one stride an axis, 0 where it is broadcast. Axes that a kernel does not use have extent 1.
struct Strided {
  uint32_t type;  // ElementType
  uint32_t offset;
  uint32_t strides[kMostAxes];
};

enum class Activation : uint32_t { none, relu, relu6, hardswish, hardsigmoid, silu, gelu, geluTanh, sigmoid, tanh };

// How a kernel's result meets another tensor of the same shape: x is the result with its bias.
enum class Join : uint32_t {
  none,
  addBefore,      // activation(x + other)
  addAfter,       // activation(x) + other
  multiplyAfter,  // activation(x) * other
};

}  // namespace missile::dnn
