// How kernels of networks reach elements of their tensors: by their type, which is known when a kernel runs, and by coordinates.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "../../dnn/tensor.h"
#include "memory.cuh"

namespace missile::cuda {

using dnn::ElementType;
using dnn::kMostAxes;
using dnn::Strided;

// Elements that are read and written at once: those of an aligned quad never lie in two granules.
constexpr uint32_t kQuad = 4;

// The type under which a tensor is copied to another: integers that a float cannot hold must stay what they are, and as floats their bits do.
__device__ inline uint32_t copiedType(uint32_t from, uint32_t to) {
  return from == to && from == static_cast<uint32_t>(ElementType::i32) ? static_cast<uint32_t>(ElementType::f32) : from;
}

__device__ inline float2 halvesOf(uint32_t bits) { return __half22float2(*reinterpret_cast<const __half2*>(&bits)); }
__device__ inline float2 brainsOf(uint32_t bits) { return __bfloat1622float2(*reinterpret_cast<const __nv_bfloat162*>(&bits)); }
__device__ inline uint32_t asHalves(float low, float high) {
  const __half2 pair = __floats2half2_rn(low, high);
  return *reinterpret_cast<const uint32_t*>(&pair);
}
__device__ inline uint32_t asBrains(float low, float high) {
  const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
  return *reinterpret_cast<const uint32_t*>(&pair);
}

// Elements of a tensor as FP32; `element` is counted from the view's first byte, and that of a quad is a multiple of kQuad. What is loaded comes as
// bits, which are numbers only once they are asked for: so loads of different types may all be under way before one is waited for.
template <bool kColoured>
class Elements {
 public:
  using Address = unsigned char*;

  __device__ Elements(const MemoryView& view, uint32_t type, const KernelLaunch& launch, uint32_t block)
      : memory_(view, launch, block), type_(static_cast<ElementType>(type)) {}

  __device__ Address at(uint32_t element) const { return memory_.template at<unsigned char>(uint64_t{element} << log2Bytes()); }

  __device__ static uint32_t bits16(Address from) { return *reinterpret_cast<const uint16_t*>(from); }
  __device__ uint32_t bits(Address from) const { return log2Bytes() == 2 ? *reinterpret_cast<const uint32_t*>(from) : bits16(from); }
  __device__ uint4 quadBits(Address from) const {
    if (log2Bytes() == 2) return *reinterpret_cast<const uint4*>(from);
    const uint2 halves = *reinterpret_cast<const uint2*>(from);
    return {halves.x, halves.y, 0, 0};
  }

  // The same of elements that do not lie in a quad.
  __device__ uint4 quadBits(const uint32_t (&elements)[kQuad]) const {
    uint32_t each[kQuad];
#pragma unroll
    for (unsigned i = 0; i < kQuad; i++) each[i] = bits(at(elements[i]));
    if (log2Bytes() == 2) return {each[0], each[1], each[2], each[3]};
    return {each[0] | each[1] << 16, each[2] | each[3] << 16, 0, 0};
  }

  // f32 first, without a jump through a table: short kernels are long with one a number.
  __device__ float number(uint32_t bits) const {
    if (type_ == ElementType::f32) return __uint_as_float(bits);
    if (type_ == ElementType::i32) return static_cast<float>(static_cast<int32_t>(bits));
    return type_ == ElementType::f16 ? halvesOf(bits).x : brainsOf(bits).x;
  }
  __device__ float4 numbers(uint4 bits) const {
    if (type_ == ElementType::f32) return {__uint_as_float(bits.x), __uint_as_float(bits.y), __uint_as_float(bits.z), __uint_as_float(bits.w)};
    if (type_ == ElementType::i32) return {number(bits.x), number(bits.y), number(bits.z), number(bits.w)};
    const bool isHalf = type_ == ElementType::f16;
    const float2 low = isHalf ? halvesOf(bits.x) : brainsOf(bits.x), high = isHalf ? halvesOf(bits.y) : brainsOf(bits.y);
    return {low.x, low.y, high.x, high.y};
  }

  __device__ float load(uint32_t element) const { return number(bits(at(element))); }
  __device__ float4 loadQuad(uint32_t element) const { return numbers(quadBits(at(element))); }

  __device__ void store(uint32_t element, float value) const {
    if (!memory_.holds(uint64_t{element} << log2Bytes(), uint64_t{1} << log2Bytes())) return;
    const Address to = at(element);
    if (type_ == ElementType::f32) {
      *reinterpret_cast<float*>(to) = value;
    } else if (type_ == ElementType::i32) {
      *reinterpret_cast<int32_t*>(to) = __float2int_rz(value);
    } else {
      *reinterpret_cast<uint16_t*>(to) = static_cast<uint16_t>(type_ == ElementType::f16 ? asHalves(value, 0) : asBrains(value, 0));
    }
  }
  __device__ void storeQuad(uint32_t element, float4 value) const {
    if (!memory_.holds(uint64_t{element} << log2Bytes(), uint64_t{kQuad} << log2Bytes())) return;
    const Address to = at(element);
    if (type_ == ElementType::f32) {
      *reinterpret_cast<float4*>(to) = value;
    } else if (type_ == ElementType::i32) {
      *reinterpret_cast<int4*>(to) = {__float2int_rz(value.x), __float2int_rz(value.y), __float2int_rz(value.z), __float2int_rz(value.w)};
    } else {
      const bool isHalf = type_ == ElementType::f16;
      *reinterpret_cast<uint2*>(to) = {isHalf ? asHalves(value.x, value.y) : asBrains(value.x, value.y),
                                       isHalf ? asHalves(value.z, value.w) : asBrains(value.z, value.w)};
    }
  }

 private:
  __device__ uint32_t log2Bytes() const { return type_ == ElementType::f16 || type_ == ElementType::bf16 ? 1 : 2; }

  const Memory<kColoured> memory_;
  const ElementType type_;
};

// Division by a number that many are divided by: a product, and one correction. Exact for all 32-bit numbers.
class Divider {
 public:
  Divider() = default;
  __device__ explicit Divider(uint32_t divisor) : divisor_(divisor), reciprocal_(~0u / divisor) {}

  // Leaves the remainder in `number`.
  __device__ uint32_t divide(uint32_t& number) const {
    uint32_t quotient = __umulhi(number, reciprocal_);
    uint32_t rest = number - quotient * divisor_;
    if (rest >= divisor_) {
      quotient++;
      rest -= divisor_;
    }
    number = rest;
    return quotient;
  }

 private:
  uint32_t divisor_, reciprocal_;
};

struct Coordinates {
  uint32_t of[kMostAxes];
};

// Coordinates of the elements of a box by their number, the last of its axes fastest.
template <unsigned kAxes>
class Box {
 public:
  __device__ explicit Box(const uint32_t (&extents)[kMostAxes]) : extents_(extents), dividers_{} {
#pragma unroll
    for (unsigned axis = 1; axis < kAxes; axis++) dividers_[axis - 1] = Divider(extents[axis]);
  }

  __device__ uint32_t size() const {
    uint32_t size = 1;
#pragma unroll
    for (unsigned axis = 0; axis < kAxes; axis++) size *= extents_[axis];
    return size;
  }

  // Axes that are not of the box are 0.
  __device__ Coordinates at(uint32_t number) const {
    Coordinates at{};
#pragma unroll
    for (unsigned axis = kAxes - 1; axis > 0; axis--) {
      if (extents_[axis] == 1) continue;
      uint32_t rest = number;
      number = dividers_[axis - 1].divide(rest);
      at.of[axis] = rest;
    }
    at.of[0] = number;
    return at;
  }

 private:
  const uint32_t (&extents_)[kMostAxes];
  Divider dividers_[kAxes - 1];
};

__device__ inline uint32_t elementAt(const Strided& tensor, const Coordinates& at) {
  uint32_t element = tensor.offset;
#pragma unroll
  for (unsigned axis = 0; axis < kMostAxes; axis++) element += at.of[axis] * tensor.strides[axis];
  return element;
}

// Whether every quad along the last axis is aligned, wherever the other axes are.
__device__ inline bool hasAlignedQuads(const Strided& tensor) {
  uint32_t all = tensor.offset;
#pragma unroll
  for (unsigned axis = 0; axis + 1 < kMostAxes; axis++) all |= tensor.strides[axis];
  return all % kQuad == 0 && tensor.strides[kMostAxes - 1] == 1;
}

}  // namespace missile::cuda
