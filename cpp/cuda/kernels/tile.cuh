// A tile of a product of matrices: rows x columns of the result, of which the warps of a thread block sum parts in registers. Both operands
// lie in shared memory as rows of 128 bytes of K, their chunks of 16 bytes swizzled: chunk c of row r at place c ^ (r % 8), so that neither
// the copies that write a row nor the loads that read a column of 8 rows meet in a bank.
#pragma once

#include "../../dnn/conv.h"
#include "tensor_cores.cuh"

namespace missile::cuda {

constexpr uint32_t kRowBytes = 128;
constexpr uint32_t kChunksPerRow = kRowBytes / kChunkBytes;
// Parts of 32 bytes of K, of which each fragment takes one.
constexpr unsigned kSlices = 4;
using dnn::kTileThreads;
constexpr unsigned kTileWarps = kTileThreads / kWarp;
// Rows that the threads of a block copy at once, eight threads a row.
constexpr unsigned kRowsPerPass = kTileThreads / kChunksPerRow;

// Stages of K, then the sums in their place. Aligned as the swizzle repeats: Hopper's products go by the address.
extern __shared__ __align__(8 * kRowBytes) unsigned char gStages[];

// `warpRows` x `warpColumns` of the result are a warp's. Where that leaves warps, each of them sums a part of the slices.
template <unsigned rows, unsigned columns, unsigned warpRows, unsigned warpColumns, unsigned stages, unsigned leastPerSm>
struct TileShape {
  static constexpr unsigned kRows = rows, kColumns = columns, kStages = stages, kLeastPerSm = leastPerSm;
  static constexpr unsigned kWarpRows = warpRows, kWarpColumns = warpColumns;
  static constexpr unsigned kAcross = columns / warpColumns;
  static constexpr unsigned kDeep = kTileWarps / (rows / warpRows * kAcross);
  static constexpr uint32_t kStageBytes = (rows + columns) * kRowBytes;
  // Columns of the sums in shared memory; with eight more, the rows of a fragment lie in different banks.
  static constexpr unsigned kSumColumns = columns + 8;
  static_assert(rows % kRowsPerPass == 0 && columns % kRowsPerPass == 0 && warpRows % 16 == 0 && warpColumns % 16 == 0);
  static_assert(kDeep >= 1 && kSlices % kDeep == 0);
  static_assert(kDeep * rows * kSumColumns * sizeof(float) <= stages * kStageBytes, "the sums take the place of the stages");
};

// The sums of a thread's warp.
template <typename Type, typename Shape>
class WarpTile {
  static constexpr unsigned kHigh = Shape::kWarpRows / 16, kWide = Shape::kWarpColumns / 16;
  static constexpr unsigned kSteps = kSlices / Shape::kDeep;
  static_assert(kSteps % 2 == 0, "fragments take turns in two sets of registers");

 public:
  // Parts of K that lie spread side by side.
  static constexpr unsigned kDeep = Shape::kDeep;

  // Of a thread whose copies have arrived, before the barrier.
  __device__ static void share() {}

  __device__ WarpTile() {
    const unsigned warp = threadIdx.x / kWarp, lane = threadIdx.x % kWarp;
    deep_ = warp % Shape::kDeep;
    row_ = warp / Shape::kDeep / Shape::kAcross * Shape::kWarpRows;
    column_ = warp / Shape::kDeep % Shape::kAcross * Shape::kWarpColumns;
    // Of matrices: those of a go down its rows first, those of b along K first.
    aRow_ = (row_ + lane % 16) * kRowBytes;
    bRow_ = (Shape::kRows + column_ + lane / 16 * 8 + lane % 8) * kRowBytes;
    aChunk_ = lane / 16 ^ lane % 8;
    bChunk_ = lane / 8 % 2 ^ lane % 8;
  }

  // Takes the first fragments of what lies in a stage: the rows of a, then those of b.
  __device__ void begin(uint32_t stage) { load(0, stage); }

  // Adds the product of what lies in a stage. Fragments are loaded while those before them are multiplied; once `awaitNext` has returned
  // and all warps have what they need of this stage, those of the next one.
  template <typename AwaitNext>
  __device__ void multiply(uint32_t stage, uint32_t next, AwaitNext awaitNext) {
#pragma unroll
    for (unsigned step = 0; step < kSteps; step++) {
      if (step + 1 < kSteps) {
        load(step + 1, stage);
      } else {
        awaitNext();
        load(kSteps, next);
      }
#pragma unroll
      for (unsigned j = 0; j < kWide; j++) Type::prepare(b_[step % 2][j]);
#pragma unroll
      for (unsigned i = 0; i < kHigh; i++) {
        Type::prepare(a_[step % 2][i]);
#pragma unroll
        for (unsigned j = 0; j < kWide; j++) {
          const uint32_t(&b)[4] = b_[step % 2][j];
          Type::multiply(sums_[i][2 * j], a_[step % 2][i], b[0], b[1]);
          Type::multiply(sums_[i][2 * j + 1], a_[step % 2][i], b[2], b[3]);
        }
      }
    }
  }

  // Lays the sums into shared memory, where sumOf finds them.
  __device__ void spread(float* shared) const {
    const unsigned lane = threadIdx.x % kWarp;
    float* const first = shared + (deep_ * Shape::kRows + row_ + lane / 4) * Shape::kSumColumns + column_ + lane % 4 * 2;
#pragma unroll
    for (unsigned i = 0; i < kHigh; i++) {
#pragma unroll
      for (unsigned j = 0; j < 2 * kWide; j++) {
        float* const at = first + i * 16 * Shape::kSumColumns + j * 8;
        *reinterpret_cast<float2*>(at) = {sums_[i][j][0], sums_[i][j][1]};
        *reinterpret_cast<float2*>(at + 8 * Shape::kSumColumns) = {sums_[i][j][2], sums_[i][j][3]};
      }
    }
  }

 private:
  __device__ void load(unsigned step, uint32_t stage) {
    const unsigned slice = step % kSteps * Shape::kDeep + deep_;
#pragma unroll
    for (unsigned i = 0; i < kHigh; i++) loadMatrices(a_[step % 2][i], stage + aRow_ + i * 16 * kRowBytes + (aChunk_ ^ 2 * slice) * kChunkBytes);
#pragma unroll
    for (unsigned i = 0; i < kWide; i++) loadMatrices(b_[step % 2][i], stage + bRow_ + i * 16 * kRowBytes + (bChunk_ ^ 2 * slice) * kChunkBytes);
  }

  unsigned deep_, row_, column_;
  uint32_t aRow_, bRow_, aChunk_, bChunk_;
  uint32_t a_[2][kHigh][4], b_[2][kWide][4];
  float sums_[kHigh][2 * kWide][4] = {};
};

// Four sums of a row, which all warps have spread in kDeep parts, or which lie whole where the first of these was.
template <typename Shape, unsigned kDeep>
__device__ float4 sumOf(const float* shared, unsigned row, unsigned column, bool isWhole = false) {
  const float* const at = shared + row * Shape::kSumColumns + column;
  float4 sum = *reinterpret_cast<const float4*>(at);
#pragma unroll
  for (unsigned deep = 1; deep < kDeep; deep++) {
    if (isWhole) break;
    const float4 more = *reinterpret_cast<const float4*>(at + deep * Shape::kRows * Shape::kSumColumns);
    sum = {sum.x + more.x, sum.y + more.y, sum.z + more.z, sum.w + more.w};
  }
  return sum;
}

}  // namespace missile::cuda
