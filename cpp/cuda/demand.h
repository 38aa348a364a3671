// The kernel "demand" stands in for any kernel of a lowered network: it reads, writes and computes as much, in as many blocks, and
// what it writes can be checked.
#pragma once

#include <cstdint>
#include <vector>

#include "../device.h"
#include "elastic.h"
#include "executable.h"

namespace missile::cuda {

// Memory is read and written in units of 16 bytes. Counts are those of one logical block.
constexpr uint32_t kUnitBytes = 16;

struct DemandArguments {
  MemoryView parameters, input, output;
  // Unit of `parameters` at which the kernel's own begin. All three views are gone over again from their starts where their ends are reached.
  uint64_t firstParameterUnit;
  uint32_t parameterUnits, inputUnits;
  // Blocks write one after the other until all units of the output are written.
  uint32_t outputUnits;
  uint64_t allOutputUnits;
  // Multiply-adds of a thread, a group of kDemandChains at a time.
  uint32_t rounds;
  uint32_t seed;
};

// Independent chains of multiply-adds in each thread: enough to keep an SM's pipelines full with one warp each.
constexpr uint32_t kDemandChains = 8;

// What a kernel writes: the first of the four words of a unit of its output; each of the others is kDemandStep more than the one before.
MISSILE_HOST_DEVICE inline uint32_t demandWord(uint32_t seed, uint64_t unit) {
  uint32_t hash = (static_cast<uint32_t>(unit) ^ seed) * 0x9e3779b1u;
  hash = (hash ^ hash >> 15) * 0x85ebca6bu;
  return hash ^ hash >> 13;
}
constexpr uint32_t kDemandStep = 0x9e3779b9u;

// Storages of every executable made here.
enum DemandStorage : uint32_t { kParameters, kEvenActivations, kOddActivations, kInput, kOutput };

// A lowered network as it runs on a GPU: even kernels read the even activations and write the odd ones, odd kernels the other way round.
//
// Parameters that do not stay in VRAM between requests are streamed into the memory of those that do. Copies of inputs and outputs have
// memory of their own, since the next input arrives while kernels run.
Executable executableOf(const std::vector<Kernel>& kernels, const NetworkSizes& sizes);

}  // namespace missile::cuda
