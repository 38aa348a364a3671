// Sums of a tile whose splits are thread blocks of their own: each leaves its part in memory, and whichever comes last adds them all up. Nobody waits.
// They are added in the order of the splits, so that the result does not depend on who came when.
#pragma once

#include "../../dnn/conv.h"
#include "../arrivals.h"
#include "memory.cuh"
#include "tile.cuh"

namespace missile::cuda {

template <bool kColoured, typename Shape>
class Parts {
  // A thread has a chunk of every kApart-th row.
  static constexpr unsigned kAcross = Shape::kColumns / kQuad, kApart = kTileThreads / kAcross;
  static constexpr uint32_t kPartBytes = Shape::kRows * Shape::kColumns * sizeof(float);
  // What a thread adds up comes through shared memory, behind the sums: so many chunks are under way at once, since each takes most of a microsecond,
  // and hold no registers meanwhile.
  static constexpr unsigned kPlaces = 12;
  static constexpr uint32_t kSumBytes = Shape::kDeep * Shape::kRows * Shape::kSumColumns * sizeof(float), kPlaceBytes = kTileThreads * kChunkBytes;
  static_assert(2 * dnn::kMostSplits < 1u << kArrivalBits);
  static_assert(kSumBytes + kPlaces * kPlaceBytes <= Shape::kStages * Shape::kStageBytes);

 public:
  // Of the tile that the logical block belongs to.
  __device__ Parts(const KernelLaunch& launch, const dnn::ConvArguments& conv, uint32_t block)
      : memory_(conv.partial, launch, block),
        attempt_(launch.attempt),
        splits_(conv.splits),
        block_(block),
        arrivals_(reinterpret_cast<uint32_t*>(conv.arrivals.base) + block / conv.splits) {}

  // Leaves what all warps have spread, of the first `rows` and `columns` of the tile. True for the last: it lies summed up where the first of
  // kDeep was then.
  template <unsigned kDeep>
  __device__ bool join(float* shared, uint32_t rows, uint32_t columns) const {
    const unsigned column = threadIdx.x % kAcross * kQuad;
    const unsigned end = column < columns ? min(rows, Shape::kRows) : 0;
#pragma unroll 1
    for (unsigned row = threadIdx.x / kAcross; row < end; row += kApart) {
      if (!memory_.holds(at(block_, row, column), sizeof(float4))) continue;
      __stcg(address(block_, row, column), sumOf<Shape, kDeep>(shared, row, column));
    }
    if (!isLast()) return false;
    sumUp<kDeep>(shared, column, end);
    __syncthreads();
    return true;
  }

 private:
  // Chunks of the thread's rows up to `end`: of each row all splits, in their order. Its own lie in shared memory still.
  template <unsigned kDeep>
  __device__ void sumUp(float* shared, unsigned column, unsigned end) const {
    unsigned char* const places = reinterpret_cast<unsigned char*>(shared) + kSumBytes + threadIdx.x * kChunkBytes;
    const uint32_t first = block_ / splits_ * splits_, own = block_ - first, beforeFirst = own == 0 ? 1 : 0;
    unsigned row = threadIdx.x / kAcross;
    uint32_t split = beforeFirst;
    const auto fetch = [&](unsigned place) {
      if (row < end) {
        copyAsync(sharedAddress(places) + place * kPlaceBytes, address(first + split, row, column), true);
        split += split + 1 == own ? 2 : 1;
        if (split >= splits_) {
          split = beforeFirst;
          row += kApart;
        }
      }
      commitCopies();
    };
    for (unsigned place = 0; place < kPlaces; place++) fetch(place);
    unsigned place = 0;
    for (unsigned done = threadIdx.x / kAcross; done < end; done += kApart) {
      float4 sum{};
      for (uint32_t i = 0; i < splits_; i++) {
        float4 part;
        if (i == own) {
          part = sumOf<Shape, kDeep>(shared, done, column);
        } else {
          waitForCopies<kPlaces - 1>();
          part = *reinterpret_cast<const float4*>(places + place * kPlaceBytes);
          fetch(place);
          place = place + 1 == kPlaces ? 0 : place + 1;
        }
        sum = {sum.x + part.x, sum.y + part.y, sum.z + part.z, sum.w + part.w};
      }
      *reinterpret_cast<float4*>(shared + done * Shape::kSumColumns + column) = sum;
    }
    waitForCopies<0>();
  }

  // The barriers bring what the others of this thread block wrote to the thread that tells, and what it acquired to them.
  __device__ bool isLast() const {
    __syncthreads();
    bool last = false;
    if (threadIdx.x == 0) {
      last = arrivedOf(wordAfterThis()) == splits_;
      if (last) storeRelaxed(arrivals_, wordWithout(attempt_));
    }
    return __syncthreads_or(last);
  }

  // Mostly the word counts for this attempt already.
  __device__ uint32_t wordAfterThis() const {
    uint32_t word = fetchAddAcquireRelease(arrivals_, 1u) + 1, after = word;
    if (attemptOf(word) == attempt_) return word;
    do {
      after = wordAfterArrival(word, attempt_);
    } while (!exchangeAcquireRelease(arrivals_, word, after));
    return after;
  }

  __device__ static uint64_t at(uint32_t block, unsigned row, unsigned column) {
    return uint64_t{block} * kPartBytes + (row * Shape::kColumns + column) * sizeof(float);
  }
  __device__ float4* address(uint32_t block, unsigned row, unsigned column) const {
    return memory_.template at<float4>(at(block, row, column));
  }

  const Memory<kColoured> memory_;
  const uint32_t attempt_, splits_, block_;
  uint32_t* const arrivals_;
};

}  // namespace missile::cuda
