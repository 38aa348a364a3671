// In the place of cpp/cuda/kernels/instructions.cuh, on the CPU. Fragments lie as the PTX ISA has them: word w of a lane is 4 bytes of row
// lane / 4 (+ 8) of a, or of column lane / 4 of b, from byte lane % 4 * 4 (+ 16) of K on.
#pragma once

#include "cuda_runtime.h"
#include "dnn/element.h"

namespace missile::cuda {

constexpr uint32_t kChunkBytes = 16;

extern thread_local unsigned char gStages[];

inline uint32_t loadKept(const uint32_t* from) { return *from; }
inline uint4 loadPastL1(const uint4* from) { return *from; }

inline uint32_t sharedAddress(const void* pointer) { return static_cast<uint32_t>(static_cast<const unsigned char*>(pointer) - gStages); }

inline void copyAsync(uint32_t to, const void* from, bool isThere) {
  emulated::ThreadBlock::current().copyLater(gStages + to, isThere ? from : nullptr);
}
inline void commitCopies() { emulated::ThreadBlock::current().commitCopies(); }
template <unsigned kStillUnderWay>
void waitForCopies() {
  emulated::ThreadBlock::current().awaitCopies(kStillUnderWay);
}

inline void loadMatrices(uint32_t (&words)[4], uint32_t address) {
  struct Operand {
    uint32_t* words;
    uint32_t address;
  } own{words, address};
  emulated::ThreadBlock::current().together(&own, [](void* const (&operands)[emulated::kWarpThreads]) {
    for (unsigned lane = 0; lane < emulated::kWarpThreads; lane++) {
      for (unsigned matrix = 0; matrix < 4; matrix++) {
        const uint32_t row = static_cast<Operand*>(operands[matrix * 8 + lane / 4])->address;
        std::memcpy(static_cast<Operand*>(operands[lane])->words + matrix, gStages + row + lane % 4 * 4, 4);
      }
    }
  });
}

// Elements of a word as tensor cores see them.
struct Tf32Words {
  static constexpr unsigned kPerWord = 1;
  static float at(uint32_t word, unsigned) { return __uint_as_float(word & 0xffffe000); }
};
template <typename Element>
struct PairWords {
  static constexpr unsigned kPerWord = 2;
  static float at(uint32_t word, unsigned i) { return dnn::asFloat(Element{static_cast<uint16_t>(word >> 16 * i)}); }
};

template <typename Words>
void multiplyFragments(float (&sums)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  struct Operand {
    float* sums;
    const uint32_t* a;
    uint32_t b[2];
  } own{sums, a, {b0, b1}};
  emulated::ThreadBlock::current().together(&own, [](void* const (&operands)[emulated::kWarpThreads]) {
    const auto of = [&](unsigned lane) -> Operand& { return *static_cast<Operand*>(operands[lane]); };
    for (unsigned row = 0; row < 16; row++) {
      for (unsigned column = 0; column < 8; column++) {
        float& sum = of(row % 8 * 4 + column / 2).sums[row / 8 * 2 + column % 2];
        for (unsigned word = 0; word < 8; word++) {
          const uint32_t left = of(row % 8 * 4 + word % 4).a[row / 8 + word / 4 * 2], right = of(column * 4 + word % 4).b[word / 4];
          for (unsigned i = 0; i < Words::kPerWord; i++) sum += Words::at(left, i) * Words::at(right, i);
        }
      }
    }
  });
}

inline void multiplyTf32(float (&sums)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) { multiplyFragments<Tf32Words>(sums, a, b0, b1); }
inline void multiplyHalves(float (&sums)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  multiplyFragments<PairWords<dnn::Half>>(sums, a, b0, b1);
}
inline void multiplyBrains(float (&sums)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  multiplyFragments<PairWords<dnn::BFloat16>>(sums, a, b0, b1);
}

}  // namespace missile::cuda
