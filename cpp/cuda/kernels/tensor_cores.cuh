// Tensor cores and what feeds them, by their names in PTX. Operands of every type are seen as rows of K in shared memory: a fragment takes
// 32 bytes of a row (8 elements of f32, 16 of a half type), so that the same loads serve all types and only the product itself differs.
#pragma once

#include "tensor.cuh"

namespace missile::cuda {

// What a thread copies, loads and stores at once.
constexpr uint32_t kChunkBytes = 16;

__device__ inline uint32_t sharedAddress(const void* pointer) { return static_cast<uint32_t>(__cvta_generic_to_shared(pointer)); }

// 16 bytes from global to shared memory, past L1; zeros where there is nothing. (Through L1, BERT at batch 16 took 6 to 26 % longer on an H200.)
__device__ inline void copyAsync(uint32_t to, const void* from, bool isThere) {
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(isThere ? kChunkBytes : 0) : "memory");
}
__device__ inline void commitCopies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <unsigned kStillUnderWay>
__device__ inline void waitForCopies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kStillUnderWay) : "memory");
}

// Four matrices of 8 rows of 16 bytes; each lane gives the address of a row.
__device__ inline void loadMatrices(uint32_t (&words)[4], uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
               : "r"(address)
               : "memory");
}

#define MISSILE_MMA(shape, types)                                                                                               \
  asm("mma.sync.aligned." shape ".row.col." types " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" \
      : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])                                                     \
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1))

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
    MISSILE_MMA("m16n8k8", "f32.tf32.tf32.f32");
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

struct Half {
  static constexpr uint32_t kBytes = 2;
  static constexpr uint32_t kPerChunk = kChunkBytes / kBytes;

  __device__ static void prepare(uint32_t (&)[4]) {}
  __device__ static void multiply(float (&sums)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
    MISSILE_MMA("m16n8k16", "f32.f16.f16.f32");
  }
  __device__ static void unpack(const uint4& chunk, float* values) {
    const uint32_t words[] = {chunk.x, chunk.y, chunk.z, chunk.w};
#pragma unroll
    for (unsigned i = 0; i < 4; i++) {
      const float2 pair = halvesOf(words[i]);
      values[2 * i] = pair.x;
      values[2 * i + 1] = pair.y;
    }
  }
  __device__ static uint4 pack(const float* values) {
    return {asHalves(values[0], values[1]), asHalves(values[2], values[3]), asHalves(values[4], values[5]), asHalves(values[6], values[7])};
  }
};

struct Brain {
  static constexpr uint32_t kBytes = 2;
  static constexpr uint32_t kPerChunk = kChunkBytes / kBytes;

  __device__ static void prepare(uint32_t (&)[4]) {}
  __device__ static void multiply(float (&sums)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
    MISSILE_MMA("m16n8k16", "f32.bf16.bf16.f32");
  }
  __device__ static void unpack(const uint4& chunk, float* values) {
    const uint32_t words[] = {chunk.x, chunk.y, chunk.z, chunk.w};
#pragma unroll
    for (unsigned i = 0; i < 4; i++) {
      const float2 pair = brainsOf(words[i]);
      values[2 * i] = pair.x;
      values[2 * i + 1] = pair.y;
    }
  }
  __device__ static uint4 pack(const float* values) {
    return {asBrains(values[0], values[1]), asBrains(values[2], values[3]), asBrains(values[4], values[5]), asBrains(values[6], values[7])};
  }
};

#undef MISSILE_MMA

}  // namespace missile::cuda
