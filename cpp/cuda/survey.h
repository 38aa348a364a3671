// What there is to run on: driver, GPUs, NVML and how finely SMs can be split. Nothing here throws for what is missing;
// the reason stands where the facts would.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace missile::cuda {

struct NvmlFacts {
  unsigned pcieGeneration, pcieLanes;
  unsigned smMhz, smMaxMhz, memoryMhz, memoryMaxMhz;
  unsigned celsius, milliwatts;
  // Device memory in use, by whomever; what the driver keeps for itself counts.
  double usedBytes;
};

// Green contexts: the smallest group of SMs that the driver cuts, and into how many such groups.
struct SplitFacts {
  unsigned finestSms, groups;
};

struct GpuFacts {
  std::string name, pciBusId;
  int sms, l2Bytes, busBits, capabilityMajor, capabilityMinor;
  double memoryBytes;
  std::optional<NvmlFacts> nvml;
  std::optional<SplitFacts> split;
  std::string nvmlProblem, splitProblem;
};

struct Survey {
  // CUDA version that the driver speaks, 1000 x major + 10 x minor; 0 where there is no driver.
  int cudaVersion = 0;
  std::string driverVersion, driverProblem, nvmlProblem;
  std::vector<GpuFacts> gpus;
};

Survey survey();

}  // namespace missile::cuda
