// map: any chain of elementwise work on operands of any strides. With no steps it copies, converts, transposes, broadcasts.
#pragma once

#include "tensor.h"

namespace missile::dnn {

constexpr uint32_t kMostOperands = 4;
constexpr uint32_t kMostSteps = 16;
// Outputs of a logical block are a multiple of this: one is enough for small tensors, which should reach all SMs; eight spare large ones the
// cost of claiming blocks and stay far below 20 us.
constexpr uint32_t kMapOutputs = 1024;

// Of values a, b, c and a constant k.
enum class MapOp : uint32_t {
  add, sub, mul, div, pow, min, max,                                   // a, b
  equal, less, lessEqual, greater, greaterEqual, both, either, differ, // a, b: 1 or 0; both, either, differ: of truths
  select,                                                              // a is not 0 ? b : c
  fma,                                                                 // a * b + c
  addConstant, mulConstant, powConstant, minConstant, maxConstant, subFromConstant, divConstant,  // a, k; divConstant: k / a
  relu, relu6, hardswish, hardsigmoid, silu, gelu, geluTanh, sigmoid, tanh, erf, exp, log, sqrt, reciprocal, negate, abs, floor, ceil, round,
  sign, sin, cos, softplus, mish, isNot,                               // a
  leakyRelu, elu, celu,                                                // a, k
};

// Values are numbered: operands first (0 ... kMostOperands - 1), then the results of the steps; the last one is the output.
struct MapStep {
  uint32_t op;  // MapOp
  uint32_t a, b, c;
  float constant;
};

// A logical block is blockOutputs elements of the output, the last axis fastest.
struct MapArguments {
  MemoryView operands[kMostOperands];
  MemoryView output;
  uint32_t extents[kMostAxes];
  uint32_t blockOutputs;
  uint32_t operandCount, stepCount;
  Strided operandAt[kMostOperands];
  Strided outputAt;
  MapStep steps[kMostSteps];
};

}  // namespace missile::dnn
