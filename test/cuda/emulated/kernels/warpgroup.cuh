// In the place of cpp/cuda/kernels/warpgroup.cuh, on the CPU: each warp does its rows when a product is asked for, not later.
#pragma once

#include "tensor_cores.cuh"

namespace missile::cuda {

#ifdef MISSILE_EMULATED_WARPGROUPS
constexpr bool kHasWarpgroups = true;
#else
constexpr bool kHasWarpgroups = false;
#endif

constexpr unsigned kGroupRows = 64;
constexpr uint32_t kSwizzledBytes = 1024;

inline uint64_t describeMatrix(uint32_t address) { return address; }

inline void fenceProducts() {}
inline void beginProducts() {}
inline void commitProducts() {}
template <unsigned kStillUnderWay>
void waitForProducts() {}
template <typename Word, unsigned kCount>
void pin(Word (&)[kCount]) {}

// The word of a row of 128 bytes that lies where the swizzle put it.
inline uint32_t swizzledWord(uint32_t matrix, unsigned row, unsigned word) {
  uint32_t at = matrix + row * 128 + word * 4;
  at ^= (at >> 7 & 7) << 4;
  uint32_t value;
  std::memcpy(&value, gStages + at, sizeof value);
  return value;
}

template <typename Words, unsigned kCount>
void multiplyRows(float (&sums)[kCount], const uint32_t (&a)[4], uint64_t b) {
  struct Operand {
    float* sums;
    const uint32_t* a;
    uint32_t b;
  } own{sums, a, static_cast<uint32_t>(b)};
  emulated::ThreadBlock::current().together(&own, [](void* const (&operands)[emulated::kWarpThreads]) {
    const auto of = [&](unsigned lane) -> Operand& { return *static_cast<Operand*>(operands[lane]); };
    for (unsigned row = 0; row < 16; row++) {
      for (unsigned column = 0; column < kCount * 2; column++) {
        float& sum = of(row % 8 * 4 + column % 8 / 2).sums[column / 8 * 4 + row / 8 * 2 + column % 2];
        for (unsigned word = 0; word < 8; word++) {
          const uint32_t left = of(row % 8 * 4 + word % 4).a[row / 8 + word / 4 * 2], right = swizzledWord(of(0).b, column, word);
          for (unsigned i = 0; i < Words::kPerWord; i++) sum += Words::at(left, i) * Words::at(right, i);
        }
      }
    }
  });
}

template <unsigned kCount>
void multiplyGroup(Tf32, float (&sums)[kCount], const uint32_t (&a)[4], uint64_t b) {
  multiplyRows<Tf32Words>(sums, a, b);
}
template <unsigned kCount>
void multiplyGroup(Half, float (&sums)[kCount], const uint32_t (&a)[4], uint64_t b) {
  multiplyRows<PairWords<dnn::Half>>(sums, a, b);
}
template <unsigned kCount>
void multiplyGroup(Brain, float (&sums)[kCount], const uint32_t (&a)[4], uint64_t b) {
  multiplyRows<PairWords<dnn::BFloat16>>(sums, a, b);
}

}  // namespace missile::cuda
