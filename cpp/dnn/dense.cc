#include "dense.h"

#include <cstring>

namespace missile::dnn {

namespace {

// Columns of a row; told to the compiler, which otherwise goes along the depth and shuffles.
using Lanes = float __attribute__((vector_size(kTileColumns * sizeof(float))));

[[gnu::always_inline]] inline void addAny(const float* const (&rows)[kTileRows], const float* panel, size_t depth, TileSums& sums) {
  Lanes local[kTileRows];
  std::memcpy(local, sums.at, sizeof local);
  for (size_t k = 0; k < depth; k++, panel += kTileColumns) {
    Lanes columns;
    std::memcpy(&columns, panel, sizeof columns);
    for (size_t row = 0; row < kTileRows; row++) local[row] += rows[row][k] * columns;
  }
  std::memcpy(sums.at, local, sizeof local);
}

#ifdef __x86_64__
[[gnu::target("avx2")]] void addByAvx2(const float* const (&rows)[kTileRows], const float* panel, size_t depth, TileSums& sums) {
  addAny(rows, panel, depth, sums);
}
#endif

}  // namespace

void addProducts(const float* const (&rows)[kTileRows], const float* panel, size_t depth, TileSums& sums) {
#ifdef __x86_64__
  static const bool hasAvx2 = __builtin_cpu_supports("avx2");
  if (hasAvx2) return addByAvx2(rows, panel, depth, sums);
#endif
  addAny(rows, panel, depth, sums);
}

}  // namespace missile::dnn
