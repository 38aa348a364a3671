// A tile of a product of matrices on Hopper's tensor cores, in the place of a WarpTile: the four warps of a thread block are one warpgroup, each has
// 16 of every 64 rows and all columns.
#pragma once

#include "tile.cuh"
#include "warpgroup.cuh"

namespace missile::cuda {

template <typename Type, typename Shape>
class WarpgroupTile {
  static constexpr unsigned kHigh = Shape::kRows / kGroupRows;
  static_assert(Shape::kRows % kGroupRows == 0 && kTileWarps == 4);
  static_assert(Shape::kStageBytes % kSwizzledBytes == 0, "every stage's right rows begin where the swizzle does");

 public:
  // Parts of K that lie spread side by side.
  static constexpr unsigned kDeep = 1;

  // Of a thread whose copies have arrived, before the barrier.
  __device__ static void share() { fenceProducts(); }

  __device__ WarpgroupTile() {
    const unsigned warp = threadIdx.x / kWarp, lane = threadIdx.x % kWarp;
    row_ = (warp * 16 + lane % 16) * kRowBytes;
    chunk_ = lane / 16 ^ lane % 8;
  }

  // Takes the first fragments of what lies in a stage: the rows of a, then those of b.
  __device__ void begin(uint32_t stage) { load(0, stage); }

  // Adds the product of what lies in a stage. Fragments of a are loaded while those before them are multiplied. Nobody reads this stage any more
  // once `awaitNext` has returned.
  template <typename AwaitNext>
  __device__ void multiply(uint32_t stage, uint32_t next, AwaitNext awaitNext) {
#pragma unroll
    for (unsigned slice = 0; slice < kSlices; slice++) {
      start(slice, stage + Shape::kRows * kRowBytes);
      if (slice + 1 < kSlices) {
        waitForProducts<1>();
        load(slice + 1, stage);
      } else {
        waitForProducts<0>();
        awaitNext();
        load(0, next);
      }
    }
  }

  // Lays the sums into shared memory, where sumOf finds them.
  __device__ void spread(float* shared) {
    const unsigned warp = threadIdx.x / kWarp, lane = threadIdx.x % kWarp;
    float* const first = shared + (warp * 16 + lane / 4) * Shape::kSumColumns + lane % 4 * 2;
#pragma unroll
    for (unsigned i = 0; i < kHigh; i++) {
      pin(sums_[i]);
#pragma unroll
      for (unsigned j = 0; j < Shape::kColumns / 8; j++) {
        const float* const sums = sums_[i] + 4 * j;
        float* const at = first + i * kGroupRows * Shape::kSumColumns + j * 8;
        *reinterpret_cast<float2*>(at) = {sums[0], sums[1]};
        *reinterpret_cast<float2*>(at + 8 * Shape::kSumColumns) = {sums[2], sums[3]};
      }
    }
  }

 private:
  // A slice of 32 bytes of K.
  __device__ void start(unsigned slice, uint32_t right) {
    uint32_t(&a)[kHigh][4] = a_[slice % 2];
    const uint64_t b = describeMatrix(right + slice * (kRowBytes / kSlices));
#pragma unroll
    for (unsigned i = 0; i < kHigh; i++) {
      Type::prepare(a[i]);
      pin(a[i]);
      pin(sums_[i]);
    }
    beginProducts();
#pragma unroll
    for (unsigned i = 0; i < kHigh; i++) multiplyGroup(Type(), sums_[i], a[i], b);
    commitProducts();
  }

  __device__ void load(unsigned slice, uint32_t stage) {
#pragma unroll
    for (unsigned i = 0; i < kHigh; i++) {
      loadMatrices(a_[slice % 2][i], stage + row_ + i * kGroupRows * kRowBytes + (chunk_ ^ 2 * slice) * kChunkBytes);
    }
  }

  uint32_t row_, chunk_;
  uint32_t a_[2][kHigh][4];
  float sums_[kHigh][Shape::kColumns / 2] = {};
};

}  // namespace missile::cuda
