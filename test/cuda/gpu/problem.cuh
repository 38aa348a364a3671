// Problems for kernels of networks: arguments, memory that they see, linear or scattered, and the CPU reference's result to compare with.
#pragma once

#include <cmath>
#include <string>

#include "dnn/element.h"
#include "dnn/kernel_table.h"
#include "rig.cuh"

namespace rig {

using Random = std::mt19937_64;

inline uint32_t upTo(Random& random, uint32_t most) { return static_cast<uint32_t>(random() % most) + 1; }
inline bool once(Random& random, unsigned in) { return random() % in == 0; }
inline uint32_t roundedUp(uint32_t count, uint32_t to) { return (count + to - 1) / to * to; }

inline const char* const kTypeNames[] = {"f32", "f16", "bf16", "i32"};
inline uint32_t bytesOf(uint32_t type) { return type == 1 || type == 2 ? 2 : 4; }

// The variants of a kernel, in this order: plain linear, plain coloured, elastic linear, elastic coloured.
constexpr unsigned kVariants = 4;
struct Variants {
  std::string name;
  const void* functions[kVariants];
};
#define MISSILE_VARIANTS(name)                                                                                \
  {#name,                                                                                                     \
   {reinterpret_cast<const void*>(name##_plain_linear), reinterpret_cast<const void*>(name##_plain_coloured), \
    reinterpret_cast<const void*>(name##_elastic_linear), reinterpret_cast<const void*>(name##_elastic_coloured)}}

// Bytes that a kernel sees through the view at an offset of its arguments; all whole granules.
struct Operand {
  uint32_t viewAt, type;
  std::vector<std::byte> bytes;
};

struct Problem {
  std::string kernel;
  std::vector<std::byte> arguments;
  std::vector<Operand> operands;  // the output last
  uint32_t grid, threads, sharedBytes;
  double tolerance;  // of the largest result
  std::string about;
};

// Of `elements` numbers: multiples of a quarter, whose sums are exact in any order, or anything.
Operand operandOf(uint32_t viewAt, uint32_t type, size_t elements, bool isExact, Random& random);

struct Tally {
  unsigned runs = 0, wrong = 0;
  double error = 0;
};

// Runs all variants, the elastic ones evicted in their midst. Results must be near the reference's, and the same to the bit in all variants.
void solve(Gpu& gpu, const Variants& variants, Problem& problem, Tally& tally, Random& random);

// Programmatic: it may begin before the kernel before has ended.
void launchOn(cudaStream_t stream, const void* function, uint32_t grid, const Problem& problem, const KernelLaunch& launch, bool isProgrammatic);

// Of elastic thread blocks, which leave room for a warp.
unsigned residentsPerSm(const void* function, const Problem& problem);

}  // namespace rig
