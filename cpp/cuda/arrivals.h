// How the splits of a tile find out which of them is the last: a word a tile, in memory that is zero at first and again once all have come. The word
// tells the attempt at the kernel that it counts for. What an earlier attempt counted, which was given up and begun anew, is forgotten.
#pragma once

#include <cstdint>

#include "elastic.h"

namespace missile::cuda {

constexpr unsigned kArrivalBits = 6;
constexpr uint32_t kMostAttempts = 1u << (32 - kArrivalBits);
// Kernels of graphs, which are never given up.
constexpr uint32_t kWholeAttempt = 0;
// Kernels whose results nobody reads, and of which only some blocks may run.
constexpr uint32_t kTrialAttempt = kMostAttempts - 1;

// Those of a network's kernels that may be given up.
constexpr uint32_t attemptAfter(uint32_t attempt) { return attempt + 1 == kTrialAttempt ? kWholeAttempt + 1 : attempt + 1; }

// The word once another of `all` splits has come: 0 if that was the last.
MISSILE_HOST_DEVICE constexpr uint32_t wordAfterArrival(uint32_t word, uint32_t attempt, uint32_t all) {
  const uint32_t arrived = (word >> kArrivalBits == attempt ? word & ((1u << kArrivalBits) - 1) : 0) + 1;
  return arrived == all ? 0 : attempt << kArrivalBits | arrived;
}

}  // namespace missile::cuda
