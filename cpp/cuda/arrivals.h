// How the splits of a tile find out which of them is the last: a word a tile, which counts those that have come, and tells the attempt at the kernel
// that it counts for. What an attempt counted that was given up is forgotten: the kernel is begun anew as another one. Zero at first.
#pragma once

#include <cstdint>

#include "elastic.h"

namespace missile::cuda {

// Room for the splits of two attempts: who does not know yet that another one has begun adds to the count of the one before.
constexpr unsigned kArrivalBits = 12;
constexpr uint32_t kMostAttempts = 1u << (32 - kArrivalBits);
// Kernels of graphs, which are never given up.
constexpr uint32_t kWholeAttempt = 0;
// Kernels whose results nobody reads, and of which only some blocks may run.
constexpr uint32_t kTrialAttempt = kMostAttempts - 1;

// Those of a network's kernels that may be given up. They come again after a million.
constexpr uint32_t attemptAfter(uint32_t attempt) { return attempt + 1 == kTrialAttempt ? kWholeAttempt + 1 : attempt + 1; }

MISSILE_HOST_DEVICE constexpr uint32_t wordWithout(uint32_t attempt) { return attempt << kArrivalBits; }
MISSILE_HOST_DEVICE constexpr uint32_t attemptOf(uint32_t word) { return word >> kArrivalBits; }
MISSILE_HOST_DEVICE constexpr uint32_t arrivedOf(uint32_t word) { return word & ((1u << kArrivalBits) - 1); }

// The word once another split has come.
MISSILE_HOST_DEVICE constexpr uint32_t wordAfterArrival(uint32_t word, uint32_t attempt) {
  return (attemptOf(word) == attempt ? word : wordWithout(attempt)) + 1;
}

}  // namespace missile::cuda
