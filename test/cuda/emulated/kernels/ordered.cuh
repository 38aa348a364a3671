// In the place of cpp/cuda/kernels/ordered.cuh, on the CPU: on the GPU of threads, and on the fake driver.
#pragma once

#include <cstdint>
#include <type_traits>

#include "cuda_runtime.h"

namespace missile::cuda {

// Between any two of these a thread may be held up.
using emulated::holdUp;
using emulated::nowNs;
using emulated::smId;

template <typename Word>
Word loadRelaxed(const Word* word) {
  holdUp();
  return __atomic_load_n(word, __ATOMIC_RELAXED);
}
template <typename Word>
Word loadAcquire(const Word* word) {
  holdUp();
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}
inline void storeRelaxed(uint32_t* word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_RELAXED); }
template <typename Word>
void addRelaxed(Word* word, Word value) {
  __atomic_fetch_add(word, value, __ATOMIC_RELAXED);
}
inline void maxRelaxed(unsigned long long* word, unsigned long long value) {
  unsigned long long before = loadRelaxed(word);
  while (before < value && !__atomic_compare_exchange_n(word, &before, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
}
inline uint32_t fetchAddRelaxed(uint32_t* word, uint32_t value) { return __atomic_fetch_add(word, value, __ATOMIC_RELAXED); }
inline uint32_t fetchAddRelease(uint32_t* word, uint32_t value) { return __atomic_fetch_add(word, value, __ATOMIC_RELEASE); }
inline uint32_t fetchAddAcquireRelease(uint32_t* word, uint32_t value) { return __atomic_fetch_add(word, value, __ATOMIC_ACQ_REL); }
inline bool exchangeAcquireRelease(uint32_t* word, uint32_t& expected, uint32_t wanted) {
  return __atomic_compare_exchange_n(word, &expected, wanted, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}
inline void fenceSequential() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
inline void fenceHost() { __atomic_thread_fence(__ATOMIC_ACQ_REL); }
inline void fenceHostSequential() { fenceSequential(); }
template <typename Word>
void storeHost(Word* word, std::type_identity_t<Word> value) {
  holdUp();
  __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

// Kernels of a stream begin one after the other.
inline void letNextBegin() {}
inline void awaitKernelBefore() {}

}  // namespace missile::cuda
