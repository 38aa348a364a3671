// What an element in memory is as a float, and back: rounded to the nearest, of two as near to the even one.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "tensor.h"

namespace missile::dnn {

struct Half {
  uint16_t bits;
};

struct BFloat16 {
  uint16_t bits;
};

inline float asFloat(float value) { return value; }

inline float asFloat(int32_t value) { return static_cast<float>(value); }

inline float asFloat(BFloat16 value) { return std::bit_cast<float>(uint32_t{value.bits} << 16); }

// A half's exponent is 112 less than a float's of the same value; a product with 2^112 makes subnormals right as well.
inline float asFloat(Half value) {
  const uint32_t sign = (value.bits & 0x8000u) << 16, magnitude = (value.bits & 0x7fffu) << 13;
  const float scaled = std::bit_cast<float>(magnitude) * 0x1p112f;
  const bool isFinite = magnitude < 0x0f800000u;
  return std::bit_cast<float>(sign | (isFinite ? std::bit_cast<uint32_t>(scaled) : magnitude | 0x7f800000u));
}

template <typename T>
T fromFloat(float value);

template <>
inline float fromFloat<float>(float value) {
  return value;
}

// Towards zero, to the nearest that there is.
template <>
inline int32_t fromFloat<int32_t>(float value) {
  if (!(value > -0x1p31f)) return std::isnan(value) ? 0 : INT32_MIN;
  return value < 0x1p31f ? static_cast<int32_t>(value) : INT32_MAX;
}

template <>
inline BFloat16 fromFloat<BFloat16>(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  if (std::isnan(value)) return {static_cast<uint16_t>(bits >> 16 | 0x40u)};
  return {static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16)};
}

template <>
inline Half fromFloat<Half>(float value) {
  constexpr uint32_t kLeastNormal = 0x38800000u;  // 2^-14
  constexpr uint32_t kInfinite = 0x477ff000u;     // 65520: half way to what would follow the largest half
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
  const auto half = [&](uint32_t rest) { return Half{static_cast<uint16_t>(sign | rest)}; };
  if (std::isnan(value)) return half(0x7e00u);
  if (magnitude >= kInfinite) return half(0x7c00u);
  // Next to 0.5 floats are as far apart as subnormal halves are.
  if (magnitude < kLeastNormal) {
    return half(std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - std::bit_cast<uint32_t>(0.5f));
  }
  return half((magnitude + 0xfffu + (magnitude >> 13 & 1u) - (112u << 23)) >> 13);
}

// Calls body with a value of the type.
template <typename Body>
decltype(auto) withElement(uint32_t type, Body&& body) {
  switch (static_cast<ElementType>(type)) {
    case ElementType::f32: return body(float{});
    case ElementType::f16: return body(Half{});
    case ElementType::bf16: return body(BFloat16{});
    case ElementType::i32: return body(int32_t{});
  }
  throw std::runtime_error("there is no element type " + std::to_string(type));
}

}  // namespace missile::dnn
