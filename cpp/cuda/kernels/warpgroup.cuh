// Hopper's products by warpgroups (wgmma): 64 rows x kColumns of the result at once, summed in the registers of four warps while they go on. Rows of
// the left operand come from registers, as fragments of mma.sync's m16n8 would; those of the right one from shared memory, in 128-byte
// rows whose chunks are swizzled as tile.cuh says. PTX ISA, "Asynchronous Warpgroup Level Matrix Instructions".
#pragma once

#include "tensor_cores.cuh"

namespace missile::cuda {

// Machine code for Hopper alone has them.
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
constexpr bool kHasWarpgroups = true;
#else
constexpr bool kHasWarpgroups = false;
#endif

constexpr unsigned kGroupRows = 64;

// Eight rows of 128 bytes: what the swizzle repeats after, and a matrix of the right operand begins at multiples of.
constexpr uint32_t kSwizzledBytes = 1024;

// Where the right operand lies: its first byte in shared memory, 8 rows every kSwizzledBytes, swizzled over 128 bytes.
__device__ inline uint64_t describeMatrix(uint32_t address) {
  constexpr uint64_t kSwizzle128 = uint64_t{1} << 62, kApart = uint64_t{kSwizzledBytes / 16} << 32;
  return kSwizzle128 | kApart | (address & 0x3ffff) / 16;
}

// What other threads copied becomes visible to the products: between one's own copies' arrival and the barrier.
__device__ inline void fenceProducts() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

// Registers that were written are the products' from here on.
__device__ inline void beginProducts() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ inline void commitProducts() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
template <unsigned kStillUnderWay>
__device__ inline void waitForProducts() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kStillUnderWay) : "memory");
}

// Registers of products: what the compiler does to them, it does before or after this and not while products are under way.
template <unsigned kCount>
__device__ inline void pin(float (&sums)[kCount]) {
#pragma unroll
  for (float& sum : sums) asm volatile("" : "+f"(sum)::"memory");
}
__device__ inline void pin(uint32_t (&words)[4]) {
#pragma unroll
  for (uint32_t& word : words) asm volatile("" : "+r"(word)::"memory");
}

#define MISSILE_SUMS_4(sums, at) "+f"(sums[at]), "+f"(sums[at + 1]), "+f"(sums[at + 2]), "+f"(sums[at + 3])
#define MISSILE_SUMS_16(sums, at) \
  MISSILE_SUMS_4(sums, at), MISSILE_SUMS_4(sums, at + 4), MISSILE_SUMS_4(sums, at + 8), MISSILE_SUMS_4(sums, at + 12)
#define MISSILE_SUMS_32(sums, at) MISSILE_SUMS_16(sums, at), MISSILE_SUMS_16(sums, at + 16)
#define MISSILE_SUMS_64(sums, at) MISSILE_SUMS_32(sums, at), MISSILE_SUMS_32(sums, at + 32)

#define MISSILE_NAMES_16 "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15"
#define MISSILE_NAMES_32 MISSILE_NAMES_16 ", %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
#define MISSILE_NAMES_64                                                                                          \
  MISSILE_NAMES_32 ", %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, " \
                   "%50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63"

// `kinds` is of K and the types, `rest` of what follows the operands: scales of 1, and the right operand as it lies.
#define MISSILE_WGMMA(columns, count, kinds, a0, a1, a2, a3, descriptor, rest)                                                             \
  asm volatile("{.reg .pred adds; setp.eq.u32 adds, 0, 0; wgmma.mma_async.sync.aligned.m64n" #columns kinds " {" MISSILE_NAMES_##count \
               "}, {%" #a0 ", %" #a1 ", %" #a2 ", %" #a3 "}, %" #descriptor ", adds, " rest ";}"                                            \
               : MISSILE_SUMS_##count(sums, 0)                                                                                              \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b))

#define MISSILE_GROUP_PRODUCT(Type, columns, count, kinds, a0, a1, a2, a3, descriptor, rest)                       \
  __device__ inline void multiplyGroup(Type, float (&sums)[count], const uint32_t (&a)[4], uint64_t b) {           \
    MISSILE_WGMMA(columns, count, kinds, a0, a1, a2, a3, descriptor, rest);                                        \
  }

// For each width, by the number of sums that a thread has of it.
#define MISSILE_GROUP_PRODUCTS(Type, kinds, rest)                                     \
  MISSILE_GROUP_PRODUCT(Type, 32, 16, kinds, 16, 17, 18, 19, 20, rest)                \
  MISSILE_GROUP_PRODUCT(Type, 64, 32, kinds, 32, 33, 34, 35, 36, rest)                \
  MISSILE_GROUP_PRODUCT(Type, 128, 64, kinds, 64, 65, 66, 67, 68, rest)

MISSILE_GROUP_PRODUCTS(Tf32, "k8.f32.tf32.tf32", "1, 1")
MISSILE_GROUP_PRODUCTS(Half, "k16.f32.f16.f16", "1, 1, 0")
MISSILE_GROUP_PRODUCTS(Brain, "k16.f32.bf16.bf16", "1, 1, 0")

#undef MISSILE_GROUP_PRODUCTS
#undef MISSILE_GROUP_PRODUCT
#undef MISSILE_WGMMA
#undef MISSILE_NAMES_16
#undef MISSILE_NAMES_32
#undef MISSILE_NAMES_64
#undef MISSILE_SUMS_4
#undef MISSILE_SUMS_16
#undef MISSILE_SUMS_32
#undef MISSILE_SUMS_64

}  // namespace missile::cuda
