// Memory operations of the PTX memory model by their names: the compiler's volatile and __threadfence say too much or too little.
// "relaxed" and the like hold for the whole GPU, "Host" for the host as well.
#pragma once

#include <cstdint>

namespace missile::cuda {

__device__ inline uint32_t loadRelaxed(const uint32_t* word) {
  uint32_t value;
  asm volatile("ld.relaxed.gpu.global.u32 %0, [%1];" : "=r"(value) : "l"(word) : "memory");
  return value;
}

__device__ inline unsigned long long loadRelaxed(const unsigned long long* word) {
  unsigned long long value;
  asm volatile("ld.relaxed.gpu.global.u64 %0, [%1];" : "=l"(value) : "l"(word) : "memory");
  return value;
}

__device__ inline uint32_t loadAcquire(const uint32_t* word) {
  uint32_t value;
  asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(value) : "l"(word) : "memory");
  return value;
}

__device__ inline unsigned long long loadAcquire(const unsigned long long* word) {
  unsigned long long value;
  asm volatile("ld.acquire.gpu.global.u64 %0, [%1];" : "=l"(value) : "l"(word) : "memory");
  return value;
}

__device__ inline void storeRelaxed(uint32_t* word, uint32_t value) {
  asm volatile("st.relaxed.gpu.global.u32 [%0], %1;" ::"l"(word), "r"(value) : "memory");
}

__device__ inline void addRelaxed(uint32_t* word, uint32_t value) {
  asm volatile("red.relaxed.gpu.global.add.u32 [%0], %1;" ::"l"(word), "r"(value) : "memory");
}

__device__ inline void addRelaxed(unsigned long long* word, unsigned long long value) {
  asm volatile("red.relaxed.gpu.global.add.u64 [%0], %1;" ::"l"(word), "l"(value) : "memory");
}

__device__ inline void maxRelaxed(unsigned long long* word, unsigned long long value) {
  asm volatile("red.relaxed.gpu.global.max.u64 [%0], %1;" ::"l"(word), "l"(value) : "memory");
}

// These three return what was there before.
__device__ inline uint32_t fetchAddRelaxed(uint32_t* word, uint32_t value) {
  uint32_t before;
  asm volatile("atom.relaxed.gpu.global.add.u32 %0, [%1], %2;" : "=r"(before) : "l"(word), "r"(value) : "memory");
  return before;
}

__device__ inline uint32_t fetchAddRelease(uint32_t* word, uint32_t value) {
  uint32_t before;
  asm volatile("atom.release.gpu.global.add.u32 %0, [%1], %2;" : "=r"(before) : "l"(word), "r"(value) : "memory");
  return before;
}

__device__ inline uint32_t fetchAddAcquireRelease(uint32_t* word, uint32_t value) {
  uint32_t before;
  asm volatile("atom.acq_rel.gpu.global.add.u32 %0, [%1], %2;" : "=r"(before) : "l"(word), "r"(value) : "memory");
  return before;
}

// Whether the word was `expected` and is `wanted` now; else `expected` is what it was.
__device__ inline bool exchangeAcquireRelease(uint32_t* word, uint32_t& expected, uint32_t wanted) {
  const uint32_t asked = expected;
  asm volatile("atom.acq_rel.gpu.global.cas.b32 %0, [%1], %2, %3;" : "=r"(expected) : "l"(word), "r"(asked), "r"(wanted) : "memory");
  return expected == asked;
}

__device__ inline void fenceSequential() { asm volatile("fence.sc.gpu;" ::: "memory"); }

__device__ inline void fenceHost() { asm volatile("fence.acq_rel.sys;" ::: "memory"); }
__device__ inline void fenceHostSequential() { asm volatile("fence.sc.sys;" ::: "memory"); }

__device__ inline void storeHost(uint32_t* word, uint32_t value) {
  asm volatile("st.relaxed.sys.global.u32 [%0], %1;" ::"l"(word), "r"(value) : "memory");
}

__device__ inline void storeHost(uint64_t* word, uint64_t value) {
  asm volatile("st.relaxed.sys.global.u64 [%0], %1;" ::"l"(word), "l"(value) : "memory");
}

// Lets the kernel that follows begin before this one has ended, where it was launched so.
__device__ inline void letNextBegin() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

// Until the kernel before has ended and all that it wrote is seen; at once where this one did not begin early.
__device__ inline void awaitKernelBefore() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

__device__ inline uint32_t smId() {
  uint32_t id;
  asm volatile("mov.u32 %0, %%smid;" : "=r"(id));
  return id;
}

// ns of a clock that all SMs share.
__device__ inline unsigned long long nowNs() {
  unsigned long long now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now)::"memory");
  return now;
}

}  // namespace missile::cuda
