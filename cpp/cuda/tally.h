// The kernel "tally" counts how often each thread of each logical block has run, in blocks of a chosen length: for checks and measurements.
// It also hands numbers on, which tells whether kernels find what those before them have written.
#pragma once

#include <cstdint>

#include "../memory_view.h"

namespace missile::cuda {

struct TallyArguments {
  MemoryView counts;     // uint32_t for each thread of each block, one block after the other
  uint32_t spinCycles;   // that a block takes at least; 0: as fast as it goes
  // uint32_t each; none: nothing is handed on. Word i of `to`, a thread's own, becomes 1 more than the least word of `from` that is
  // congruent to i modulo the words of `to`, or that i is congruent to: what is older, hence less, is handed on to the end.
  MemoryView from{}, to{};
};

}  // namespace missile::cuda
