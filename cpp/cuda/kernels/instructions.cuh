// Instructions that CUDA has no function for, by what they do: their names are PTX's. Those that order memory are in ordered.cuh, those of Hopper's
// warpgroups in warpgroup.cuh.
#pragma once

#include <cstdint>

namespace missile::cuda {

// What a thread copies, loads and stores at once.
constexpr uint32_t kChunkBytes = 16;

// A word that L2 is to keep longer than what streams through it. Volatile, or the compiler may load before it is known that there is one.
__device__ inline uint32_t loadKept(const uint32_t* from) {
  uint64_t policy;
  uint32_t word;
  asm("createpolicy.fractional.L2::evict_last.b64 %0, 1.0;" : "=l"(policy));
  asm volatile("ld.global.nc.L2::cache_hint.u32 %0, [%1], %2;" : "=r"(word) : "l"(from), "l"(policy));
  return word;
}

// A unit that L1 does not keep, and L2 as long as any other. Without the second, kernels that went over 4 MiB again and again took a tenth longer
// beside others that stream (on an H200).
__device__ inline uint4 loadPastL1(const uint4* from) {
  uint64_t policy;
  uint4 unit;
  asm("createpolicy.fractional.L2::evict_normal.b64 %0, 1.0;" : "=l"(policy));
  asm volatile("ld.global.L1::no_allocate.L2::cache_hint.v4.u32 {%0, %1, %2, %3}, [%4], %5;"
               : "=r"(unit.x), "=r"(unit.y), "=r"(unit.z), "=r"(unit.w)
               : "l"(from), "l"(policy));
  return unit;
}

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

// sums += a x b, of fragments of 16 x 8 sums and 32 bytes of K.
#define MISSILE_PRODUCT(name, shape, types)                                                                            \
  __device__ inline void name(float (&sums)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {                    \
    asm("mma.sync.aligned." shape ".row.col." types " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" \
        : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])                                                   \
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));                                               \
  }

MISSILE_PRODUCT(multiplyTf32, "m16n8k8", "f32.tf32.tf32.f32")
MISSILE_PRODUCT(multiplyHalves, "m16n8k16", "f32.f16.f16.f32")
MISSILE_PRODUCT(multiplyBrains, "m16n8k16", "f32.bf16.bf16.f32")

#undef MISSILE_PRODUCT

}  // namespace missile::cuda
