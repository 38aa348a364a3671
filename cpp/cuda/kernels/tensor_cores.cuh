// Types as tensor cores take them. Operands of every type are seen as rows of K in shared memory: a fragment takes 32 bytes of a row (8 elements
// of f32, 16 of a half type), so that the same loads serve all types and only the product itself differs.
#pragma once

#include "instructions.cuh"
#include "tensor.cuh"

namespace missile::cuda {

// FP32 in memory. Tensor cores drop 13 bits of the fraction: half of their last place is added first, so that what is dropped is rounded.
// (Without, every product would be too small, by 0.07 % on the average, and a deep network adds that up.)
struct Tf32 {
  static constexpr uint32_t kBytes = 4;
  static constexpr uint32_t kPerChunk = kChunkBytes / kBytes;

  __device__ static void prepare(uint32_t (&words)[4]) {
#pragma unroll
    for (uint32_t& word : words) word += 0x1000;
  }
  __device__ static void multiply(float (&sums)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
    multiplyTf32(sums, a, b0, b1);
  }
  __device__ static void unpack(const uint4& chunk, float* values) {
    values[0] = __uint_as_float(chunk.x);
    values[1] = __uint_as_float(chunk.y);
    values[2] = __uint_as_float(chunk.z);
    values[3] = __uint_as_float(chunk.w);
  }
  __device__ static uint4 pack(const float* values) {
    return {__float_as_uint(values[0]), __float_as_uint(values[1]), __float_as_uint(values[2]), __float_as_uint(values[3])};
  }
};

// Types of two bytes: as tensor cores take them.
template <typename Type>
struct TwoBytes {
  static constexpr uint32_t kBytes = 2;
  static constexpr uint32_t kPerChunk = kChunkBytes / kBytes;

  __device__ static void prepare(uint32_t (&)[4]) {}
  __device__ static void unpack(const uint4& chunk, float* values) {
    const uint32_t words[] = {chunk.x, chunk.y, chunk.z, chunk.w};
#pragma unroll
    for (unsigned i = 0; i < 4; i++) {
      const float2 pair = Type::pairOf(words[i]);
      values[2 * i] = pair.x;
      values[2 * i + 1] = pair.y;
    }
  }
  __device__ static uint4 pack(const float* values) {
    return {Type::wordOf(values[0], values[1]), Type::wordOf(values[2], values[3]), Type::wordOf(values[4], values[5]),
            Type::wordOf(values[6], values[7])};
  }
};

struct Half : TwoBytes<Half> {
  __device__ static float2 pairOf(uint32_t word) { return halvesOf(word); }
  __device__ static uint32_t wordOf(float low, float high) { return asHalves(low, high); }
  __device__ static void multiply(float (&sums)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
    multiplyHalves(sums, a, b0, b1);
  }
};

struct Brain : TwoBytes<Brain> {
  __device__ static float2 pairOf(uint32_t word) { return brainsOf(word); }
  __device__ static uint32_t wordOf(float low, float high) { return asBrains(low, high); }
  __device__ static void multiply(float (&sums)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
    multiplyBrains(sums, a, b0, b1);
  }
};

}  // namespace missile::cuda
