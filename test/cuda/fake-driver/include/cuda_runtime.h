// In the place of CUDA's header of this name, for kernels that are twins here: the language as far as elastic.cuh needs it, for thread blocks of one
// thread. What they do to one another's words is the kernels' own text.
#pragma once

#include <cstdint>

#include "../driver/twins.h"

#define __device__
#define __global__
#define __launch_bounds__(...)
#define __grid_constant__
// A thread of the operating system is one thread block from its beginning to its end.
#define __shared__ thread_local

struct alignas(16) uint4 { unsigned x, y, z, w; };

namespace emulated {

// The thread block that the calling thread is.
inline const missile::fake::Cta& cta() { return *missile::fake::Cta::current; }

struct BlockIndex {
  struct X {
    operator unsigned() const { return cta().index; }
  } x;
};

inline void holdUp() {}
inline uint32_t smId() { return cta().sm; }
unsigned long long nowNs();

}  // namespace emulated

inline constexpr struct { unsigned x = 0; } threadIdx;
inline constexpr struct { unsigned x = 1; } blockDim;
inline constexpr emulated::BlockIndex blockIdx;

inline void __syncthreads() {}
inline void __nanosleep(unsigned) { emulated::cta().pause(); }
template <typename T>
T __ldg(const T* from) {
  return *from;
}
inline unsigned atomicOr(unsigned* word, unsigned value) { return __atomic_fetch_or(word, value, __ATOMIC_RELAXED); }
