// In the place of CUDA's header of this name: what kernels and the programs that check them use of the language and of the runtime, on the CPU.
// A stream runs one thing after the other; thread blocks of kernels are dealt out to a few SMs, each a thread of the operating system.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <type_traits>

#include "../thread_block.h"

// ---- the language ----

#define __device__
#define __host__
#define __global__
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __grid_constant__
// One thread of the operating system runs a block from its beginning to its end.
#define __shared__ thread_local
#define __align__(bytes) __attribute__((aligned(bytes)))

struct alignas(8) float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(8) uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
struct alignas(16) int4 { int x, y, z, w; };
struct uint3 { unsigned x, y, z; };
struct dim3 {
  unsigned x = 1, y = 1, z = 1;
  dim3() = default;
  dim3(unsigned x) : x(x) {}
};

namespace emulated {

struct ThreadIndex {
  operator uint3() const { return {ThreadBlock::current().thread(), 0, 0}; }
  struct X {
    operator unsigned() const { return ThreadBlock::current().thread(); }
  } x;
};
extern thread_local long long gClock;
// The SM that the calling thread is.
uint32_t smId();
// Now and then for so long as hardly ever on a GPU, while others go on.
void holdUp();
// Slower than a GPU's as its threads are: whoever waits has the same patience.
unsigned long long nowNs();

template <typename To, typename From>
To bits(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

template <typename T>
T shuffle(T value, unsigned lane) {
  struct Operand {
    T value;
    unsigned lane;
    T result;
  } own{value, lane, {}};
  ThreadBlock::current().together(&own, [](void* const (&operands)[kWarpThreads]) {
    for (void* each : operands) {
      auto& operand = *static_cast<Operand*>(each);
      operand.result = static_cast<Operand*>(operands[operand.lane % kWarpThreads])->value;
    }
  });
  return own.result;
}

}  // namespace emulated

inline const emulated::ThreadIndex threadIdx;
extern thread_local uint3 blockIdx;
extern thread_local dim3 blockDim, gridDim;

inline void __syncthreads() { emulated::ThreadBlock::current().barrier(); }
inline int __syncthreads_or(int is) { return emulated::ThreadBlock::current().anyOf(is != 0); }
template <typename T>
T __shfl_sync(unsigned, T value, unsigned lane) {
  return emulated::shuffle(value, lane);
}
template <typename T>
T __shfl_xor_sync(unsigned, T value, unsigned mask) {
  return emulated::shuffle(value, threadIdx.x % emulated::kWarpThreads ^ mask);
}

inline float __uint_as_float(unsigned bits) { return emulated::bits<float>(bits); }
inline float __int_as_float(int bits) { return emulated::bits<float>(bits); }
inline unsigned __float_as_uint(float value) { return emulated::bits<unsigned>(value); }
inline int __float2int_rz(float value) {
  if (std::isnan(value)) return 0;
  return value >= 0x1p31f ? INT32_MAX : value < -0x1p31f ? INT32_MIN : static_cast<int>(value);
}
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>(uint64_t{a} * b >> 32); }
inline unsigned __byte_perm(unsigned low, unsigned high, unsigned selector) {
  const uint64_t bytes = uint64_t{high} << 32 | low;
  unsigned result = 0;
  for (unsigned i = 0; i < 4; i++) result |= static_cast<unsigned>(bytes >> 8 * (selector >> 4 * i & 7) & 0xff) << 8 * i;
  return result;
}
inline float __expf(float x) { return std::exp(x); }
inline float __logf(float x) { return std::log(x); }
inline float __fdividef(float a, float b) { return a / b; }
inline float __saturatef(float x) { return x > 0 ? std::fmin(x, 1.0f) : 0.0f; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float rsqrtf(float x) { return 1 / std::sqrt(x); }
inline float normcdff(float x) { return 0.5f * std::erfc(-x * 0.70710678f); }
template <typename A, typename B>
auto min(A a, B b) -> std::common_type_t<A, B> {
  using T = std::common_type_t<A, B>;
  return static_cast<T>(b) < static_cast<T>(a) ? static_cast<T>(b) : static_cast<T>(a);
}
template <typename A, typename B>
auto max(A a, B b) -> std::common_type_t<A, B> {
  using T = std::common_type_t<A, B>;
  return static_cast<T>(a) < static_cast<T>(b) ? static_cast<T>(b) : static_cast<T>(a);
}

template <typename T>
T __ldg(const T* from) {
  return *from;
}
template <typename T>
T __ldcg(const T* from) {
  return *from;
}
template <typename T>
void __stcg(T* to, T value) {
  *to = value;
}
inline unsigned atomicAdd(unsigned* word, unsigned value) { return __atomic_fetch_add(word, value, __ATOMIC_RELAXED); }
inline unsigned atomicOr(unsigned* word, unsigned value) { return __atomic_fetch_or(word, value, __ATOMIC_RELAXED); }
inline void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
void __nanosleep(unsigned ns);
// Goes on whenever somebody looks.
inline long long clock64() { return emulated::gClock += 500; }

// ---- the runtime ----

enum cudaError_t { cudaSuccess = 0, cudaErrorNotReady = 600 };
enum { cudaStreamNonBlocking = 1, cudaHostAllocMapped = 2 };
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost };
enum cudaDeviceAttr { cudaDevAttrClockRate };
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize };
enum cudaLaunchAttributeID { cudaLaunchAttributeProgrammaticStreamSerialization };

struct cudaDeviceProp {
  char name[256];
  int multiProcessorCount;
};
struct cudaLaunchAttribute {
  cudaLaunchAttributeID id;
  struct {
    int programmaticStreamSerializationAllowed;
  } val;
};
namespace emulated {
class Stream;
}
using cudaStream_t = emulated::Stream*;
struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  size_t dynamicSmemBytes = 0;
  cudaStream_t stream = nullptr;
  cudaLaunchAttribute* attrs = nullptr;
  unsigned numAttrs = 0;
};

cudaError_t cudaSetDevice(int device);
cudaError_t cudaGetLastError();
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device);
cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest);
cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned flags, int priority);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamQuery(cudaStream_t stream);
cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind);
cudaError_t cudaMemset(void* at, int value, size_t bytes);
cudaError_t cudaMemsetAsync(void* at, int value, size_t bytes, cudaStream_t stream);
cudaError_t cudaFuncSetAttribute(const void* function, cudaFuncAttribute attribute, int value);
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* function, int threads, size_t sharedBytes);
cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* config, const void* function, void** parameters);

namespace emulated {

// Aligned as the runtime's is, and not zero.
void* allocate(size_t bytes);
void release(void* memory);
void launch(const cudaLaunchConfig_t& config, std::function<void()> thread);

// A launch of a function that is known by its address alone.
using Prepare = std::function<std::function<void()>(void** parameters)>;
const void* remember(const void* function, Prepare prepare);
// The address of a kernel of two parameters, to be launched by it.
template <typename First, typename Second>
const void* known(void (*function)(First, Second)) {
  return remember(reinterpret_cast<const void*>(function), [function](void** parameters) -> std::function<void()> {
    const auto first = *static_cast<const std::remove_cv_t<First>*>(parameters[0]);
    const auto second = std::make_shared<const std::remove_cv_t<Second>>(*static_cast<const std::remove_cv_t<Second>*>(parameters[1]));
    return [function, first, second] { function(first, *second); };
  });
}

// What <<<>>> is translated to.
struct Chevrons {
  unsigned grid, threads;
  size_t sharedBytes = 0;
  cudaStream_t stream = nullptr;
};
template <typename Function, typename... Given>
void launchOn(const Chevrons& where, Function function, Given... given) {
  cudaLaunchConfig_t config;
  config.gridDim = dim3(where.grid);
  config.blockDim = dim3(where.threads);
  config.stream = where.stream;
  launch(config, [=] { function(given...); });
}

}  // namespace emulated

template <typename T>
cudaError_t cudaMalloc(T** memory, size_t bytes) {
  *memory = static_cast<T*>(emulated::allocate(bytes));
  return cudaSuccess;
}
inline cudaError_t cudaFree(void* memory) {
  emulated::release(memory);
  return cudaSuccess;
}
template <typename T>
cudaError_t cudaHostAlloc(T** memory, size_t bytes, unsigned) {
  return cudaMalloc(memory, bytes);
}
inline cudaError_t cudaFreeHost(void* memory) { return cudaFree(memory); }
template <typename... Parameters, typename... Given>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*function)(Parameters...), Given&&... given) {
  emulated::launch(*config, [=] { function(given...); });
  return cudaSuccess;
}
