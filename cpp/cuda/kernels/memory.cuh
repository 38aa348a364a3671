// How kernels reach the memory of a MemoryView: linear, or through the shadow page table; which one is known at compile time.
//
// Kernels that move much go over granules of 1 KiB, a warp at a time (Walk): one load looks up the next 32 granules of the warp, which
// a linear walk does without, and otherwise both are the same instructions.
#pragma once

#include "../demand.h"
#include "../../memory_view.h"
#include "elastic.cuh"
#include "instructions.cuh"

namespace missile::cuda {

constexpr unsigned kWarp = 32;
constexpr unsigned kUnitsPerGranule = kColourBlockBytes / kUnitBytes;

template <bool kColoured>
class Memory {
 public:
  __device__ Memory(const MemoryView& view, const KernelLaunch& launch, uint32_t block)
      : view_(view), launch_(launch), block_(block) {}

  __device__ uint32_t granules() const { return static_cast<uint32_t>(view_.sizeBytes / kColourBlockBytes); }

  // Number of a granule of the view, counted from `base`. A view without a table is linear even in a coloured kernel. L2 is to keep tables: one is a
  // 256th of its storage, and a kernel that writes waits for an entry before it knows where to. (Streaming writes on an H200: 3 to 9 % slower than
  // linear ones otherwise, 1 % so; on another day 5 to 6 % so.)
  __device__ uint32_t place(uint32_t granule) const {
    if constexpr (kColoured) {
      if (view_.blocks != nullptr) return loadKept(view_.blocks + granule);
    }
    return granule;
  }

  __device__ uint4* unit(uint32_t place, uint32_t unitInGranule) const {
    return reinterpret_cast<uint4*>(view_.base + uint64_t{place} * kColourBlockBytes) + unitInGranule;
  }

  // The element at a byte offset, a multiple of its size.
  template <typename Element>
  __device__ Element* at(uint64_t offset) const {
    if constexpr (!kColoured) return reinterpret_cast<Element*>(view_.base + offset);
    const uint32_t granule = static_cast<uint32_t>(offset / kColourBlockBytes);
    return reinterpret_cast<Element*>(view_.base + uint64_t{place(granule)} * kColourBlockBytes + offset % kColourBlockBytes);
  }

  // Whether these bytes are of the view. Always true unless kernels are built to look: then a block that strays is told to the host, and
  // must skip what it would have done.
  __device__ bool holds(uint64_t offset, uint64_t sizeBytes) const {
#ifdef MISSILE_TRAP_STRAYS
    if (offset + sizeBytes <= view_.sizeBytes) return true;
    storeHost(&launch_.report->strayBlock, 1 + block_);
    return false;
#else
    return true;
#endif
  }

 private:
  const MemoryView& view_;
  const KernelLaunch& launch_;
  uint32_t block_;
};

// A unit that a thread visits on a walk.
struct Visit {
  uint4* address;
  uint32_t unit;  // counted from the walk's first
  bool isThere;   // else there is nothing at the address
};

// Units [first, first + count) of a memory, wrapped around at its end, dealt out to the warps of a thread block by granules.
template <bool kColoured>
class Walk {
 public:
  static constexpr unsigned kGranulesAtOnce = 4;
  // Visits of a thread in one step: with few thread blocks on an SM, that many loads must be in flight.
  static constexpr unsigned kVisits = kGranulesAtOnce * kUnitsPerGranule / kWarp;

  __device__ Walk(const Memory<kColoured>& memory, uint64_t first, uint32_t count)
      : memory_(memory),
        count_(count),
        skipped_(static_cast<uint32_t>(first % kUnitsPerGranule)),
        firstGranule_(static_cast<uint32_t>(first / kUnitsPerGranule) % memory.granules()),
        granules_(count == 0 ? 0 : (skipped_ + count + kUnitsPerGranule - 1) / kUnitsPerGranule),
        granule_(threadIdx.x / kWarp) {
    lookUp();
  }

  // Of this warp, from its first on.
  __device__ uint32_t steps() const {
    const uint32_t apart = blockDim.x / kWarp, first = threadIdx.x / kWarp;
    return first < granules_ ? (granules_ - first + kGranulesAtOnce * apart - 1) / (kGranulesAtOnce * apart) : 0;
  }

  // False: the warp's part is behind it.
  __device__ bool step(Visit (&visits)[kVisits]) {
    if (granule_ >= granules_) return false;
    if (turn_ == kWarp) lookUp();
#pragma unroll
    for (unsigned i = 0; i < kVisits; i++) {
      constexpr unsigned kEach = kVisits / kGranulesAtOnce;
      const uint32_t granule = granule_ + i / kEach * (blockDim.x / kWarp);
      const uint32_t inGranule = i % kEach * kWarp + threadIdx.x % kWarp;
      const uint32_t unit = granule * kUnitsPerGranule + inGranule - skipped_;
      const uint32_t place = __shfl_sync(~0u, place_, turn_ + i / kEach);
      visits[i] = {memory_.unit(place, inGranule), unit, granule < granules_ && unit < count_};
    }
    granule_ += kGranulesAtOnce * (blockDim.x / kWarp);
    turn_ += kGranulesAtOnce;
    return true;
  }

 private:
  // Each lane has one of the warp's next 32 granules.
  __device__ void lookUp() {
    const uint32_t granule = granule_ + threadIdx.x % kWarp * (blockDim.x / kWarp);
    place_ = granule < granules_ ? memory_.place((firstGranule_ + granule) % memory_.granules()) : 0;
    turn_ = 0;
  }

  const Memory<kColoured> memory_;
  uint32_t count_, skipped_, firstGranule_, granules_;
  uint32_t granule_, place_, turn_;
};

}  // namespace missile::cuda
