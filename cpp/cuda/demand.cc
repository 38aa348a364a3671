#include "demand.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <numeric>
#include <stdexcept>

namespace missile::cuda {

namespace {

// An SM's registers are 64 Ki, given to warps by 256 (CUDA C++ Programming Guide, compute capabilities 8.0 to 9.0).
constexpr double kRegistersPerSm = 64 * 1024;
constexpr double kRegistersAtOnce = 256;
constexpr double kWarpThreads = 32;

uint64_t granulesOf(double sizeBytes) {
  return std::max<uint64_t>(1, static_cast<uint64_t>(std::ceil(sizeBytes / kColourBlockBytes)));
}

uint64_t wholeGranules(double sizeBytes) { return granulesOf(sizeBytes) * kColourBlockBytes; }

uint64_t unitsOf(double sizeBytes) { return static_cast<uint64_t>(std::ceil(sizeBytes / kUnitBytes)); }

uint32_t unitsPerBlock(double sizeBytes, double blocks) { return static_cast<uint32_t>(std::ceil(sizeBytes / blocks / kUnitBytes)); }

// No kernel reads inputs or writes outputs, and copies of more than this start over at their beginning. Too
// small: a copy is many pieces, a driver call each. Too large: an input takes memory that nobody looks at.
constexpr double kMostCopiedBytes = 64 * 1024 * 1024;

// Activations that a kernel reads and writes, each counted once.
struct Distinct {
  double readBytes, writtenBytes;
};

// What it reads is what its footprint leaves; where it writes more than that, it passes over the same memory again and again.
Distinct distinctOf(const Kernel& kernel) {
  const double activations = std::max(0.0, kernel.footprintBytes - kernel.weightBytes);
  if (kernel.writtenBytes <= activations) {
    return {std::min(kernel.readBytes, activations - kernel.writtenBytes), kernel.writtenBytes};
  }
  const double share = activations / (kernel.readBytes + kernel.writtenBytes);
  return {kernel.readBytes * share, kernel.writtenBytes * share};
}

// Where writes start over, they do so between two blocks.
uint64_t outputBytesOf(const Kernel& kernel, uint32_t blockUnits) {
  const double distinct = distinctOf(kernel).writtenBytes;
  if (distinct >= kernel.writtenBytes) return wholeGranules(distinct);
  const uint64_t step = std::lcm(uint64_t{blockUnits} * kUnitBytes, uint64_t{kColourBlockBytes});
  return std::max<uint64_t>(1, static_cast<uint64_t>(distinct) / step) * step;
}

// Thread blocks that an SM would hold of the kernel that this one stands in for, by its registers: ours needs fewer, and the more blocks
// share an SM, the longer each takes.
uint32_t residentsByRegisters(const Kernel& kernel) {
  const double warps = std::ceil(kernel.threadsPerBlock / kWarpThreads);
  const double ofWarp = std::ceil(kernel.registersPerThread * kWarpThreads / kRegistersAtOnce) * kRegistersAtOnce;
  return ofWarp > 0 ? std::max(1u, static_cast<uint32_t>(kRegistersPerSm / (warps * ofWarp))) : 0;
}

uint32_t roundsOf(const Kernel& kernel) {
  const double flopsPerRound = 2 * kDemandChains * kernel.threadsPerBlock * kernel.grid;
  return static_cast<uint32_t>(std::llround(kernel.flops / flopsPerRound));
}

ExecutableKernel demandKernel(const Kernel& kernel, uint32_t seed, uint64_t firstParameterUnit, uint64_t parameterBytes) {
  if (kernel.grid < 1 || kernel.grid >= kMostBlocks) throw std::runtime_error("a kernel has 1 to 2^28 - 1 blocks");
  if (kernel.threadsPerBlock > kMostThreads) throw std::runtime_error("a thread block has at most 256 threads");
  const uint64_t inputBytes = wholeGranules(distinctOf(kernel).readBytes);
  DemandArguments arguments{};
  arguments.firstParameterUnit = firstParameterUnit;
  arguments.parameterUnits = unitsPerBlock(kernel.weightBytes, kernel.grid);
  arguments.inputUnits = unitsPerBlock(kernel.readBytes, kernel.grid);
  arguments.outputUnits = unitsPerBlock(kernel.writtenBytes, kernel.grid);
  arguments.allOutputUnits = unitsOf(kernel.writtenBytes);
  arguments.rounds = roundsOf(kernel);
  arguments.seed = seed;
  const uint64_t outputBytes = outputBytesOf(kernel, arguments.outputUnits);

  ExecutableKernel made;
  made.function = "demand";
  made.blocks = static_cast<uint32_t>(kernel.grid);
  made.threads = static_cast<uint32_t>(std::ceil(kernel.threadsPerBlock / kWarpThreads) * kWarpThreads);
  made.sharedBytes = static_cast<uint32_t>(kernel.sharedBytesPerBlock);
  made.arguments.resize(sizeof arguments);
  std::memcpy(made.arguments.data(), &arguments, sizeof arguments);
  const bool isOdd = seed % 2 != 0;
  made.views = {{offsetof(DemandArguments, parameters), kParameters, 0, parameterBytes, ViewAccess::read},
                {offsetof(DemandArguments, input), isOdd ? kOddActivations : kEvenActivations, 0, inputBytes, ViewAccess::read},
                {offsetof(DemandArguments, output), isOdd ? kEvenActivations : kOddActivations, 0, outputBytes, ViewAccess::write}};
  made.mostPerSm = residentsByRegisters(kernel);
  return made;
}

}  // namespace

Executable executableOf(const std::vector<Kernel>& kernels, const NetworkSizes& sizes) {
  uint64_t activationBytes = 1;
  for (const Kernel& kernel : kernels) {
    const uint64_t written = outputBytesOf(kernel, unitsPerBlock(kernel.writtenBytes, kernel.grid));
    activationBytes = std::max({activationBytes, wholeGranules(distinctOf(kernel).readBytes), written});
  }
  const uint64_t parameterBytes = wholeGranules(std::min(sizes.storedBytes, sizes.residentBytes));

  Executable made;
  made.storages = {{parameterBytes, true, StorageUse::parameters},
                   {activationBytes, true},
                   {activationBytes, true},
                   {wholeGranules(std::min(sizes.inputBytes, kMostCopiedBytes)), false, StorageUse::input},
                   {wholeGranules(std::min(sizes.outputBytes, kMostCopiedBytes)), false, StorageUse::output}};
  made.parameterStorage = kParameters;
  made.inputStorage = kInput;
  made.outputStorage = kOutput;
  uint64_t parameterUnit = 0;
  for (const Kernel& kernel : kernels) {
    const uint32_t seed = static_cast<uint32_t>(made.kernels.size());
    made.kernels.push_back(demandKernel(kernel, seed, parameterUnit, parameterBytes));
    parameterUnit += unitsOf(kernel.weightBytes);
  }
  return made;
}

}  // namespace missile::cuda
