#include "survey.h"

#include <memory>

#include "driver.h"
#include "nvml.h"

namespace missile::cuda {

namespace {

int attribute(const Driver& driver, CUdevice device, int which) {
  int value = 0;
  driver.cuDeviceGetAttribute(&value, which, device);
  return value;
}

SplitFacts splitOf(const Driver& driver, CUdevice device) {
  CUdevResource all{};
  driver.cuDeviceGetDevResource(device, &all, CU_DEV_RESOURCE_TYPE_SM);
  // The driver rounds the size asked for up to the finest that it can cut.
  constexpr unsigned kFewestSms = 1;
  unsigned groups = 0;
  const unsigned flags = CU_DEV_SM_RESOURCE_SPLIT_IGNORE_SM_COSCHEDULING;
  driver.cuDevSmResourceSplitByCount(nullptr, &groups, &all, nullptr, flags, kFewestSms);
  CUdevResource first{}, rest{};
  unsigned one = 1;
  driver.cuDevSmResourceSplitByCount(&first, &one, &all, &rest, flags, kFewestSms);
  return {first.sm.smCount, groups};
}

NvmlFacts nvmlFacts(const Nvml& nvml, const char* busId) {
  nvmlDevice_t device;
  nvml.nvmlDeviceGetHandleByPciBusId(busId, &device);
  NvmlFacts facts{};
  nvml.nvmlDeviceGetCurrPcieLinkGeneration(device, &facts.pcieGeneration);
  nvml.nvmlDeviceGetCurrPcieLinkWidth(device, &facts.pcieLanes);
  nvml.nvmlDeviceGetClockInfo(device, NVML_CLOCK_SM, &facts.smMhz);
  nvml.nvmlDeviceGetMaxClockInfo(device, NVML_CLOCK_SM, &facts.smMaxMhz);
  nvml.nvmlDeviceGetClockInfo(device, NVML_CLOCK_MEM, &facts.memoryMhz);
  nvml.nvmlDeviceGetMaxClockInfo(device, NVML_CLOCK_MEM, &facts.memoryMaxMhz);
  nvml.nvmlDeviceGetTemperature(device, NVML_TEMPERATURE_GPU, &facts.celsius);
  nvml.nvmlDeviceGetPowerUsage(device, &facts.milliwatts);
  nvmlMemory_t memory{};
  nvml.nvmlDeviceGetMemoryInfo(device, &memory);
  facts.usedBytes = static_cast<double>(memory.used);
  return facts;
}

GpuFacts gpuFacts(const Driver& driver, const Nvml* nvml, int ordinal) {
  CUdevice device;
  driver.cuDeviceGet(&device, ordinal);
  char name[128] = "", busId[32] = "";
  driver.cuDeviceGetName(name, static_cast<int>(sizeof name), device);
  driver.cuDeviceGetPCIBusId(busId, static_cast<int>(sizeof busId), device);
  size_t memoryBytes = 0;
  driver.cuDeviceTotalMem(&memoryBytes, device);
  GpuFacts facts{};
  facts.name = name;
  facts.pciBusId = busId;
  facts.sms = attribute(driver, device, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  facts.l2Bytes = attribute(driver, device, CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE);
  facts.busBits = attribute(driver, device, CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH);
  facts.capabilityMajor = attribute(driver, device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
  facts.capabilityMinor = attribute(driver, device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  facts.memoryBytes = static_cast<double>(memoryBytes);
  if (nvml != nullptr) {
    try {
      facts.nvml = nvmlFacts(*nvml, busId);
    } catch (const CallFailed& failed) {
      facts.nvmlProblem = failed.what();
    }
  }
  if (!driver.hasGreenContexts()) {
    facts.splitProblem = "the driver has none; they came with CUDA 12.4 (driver 550)";
    return facts;
  }
  try {
    facts.split = splitOf(driver, device);
  } catch (const CallFailed& failed) {
    facts.splitProblem = failed.what();
  }
  return facts;
}

}  // namespace

Survey survey() {
  Survey found;
  std::unique_ptr<Nvml> nvml;
  try {
    nvml = std::make_unique<Nvml>();
    char version[96] = "";
    nvml->nvmlSystemGetDriverVersion(version, static_cast<unsigned>(sizeof version));
    found.driverVersion = version;
  } catch (const std::runtime_error& problem) {
    found.nvmlProblem = problem.what();
  }
  try {
    const Driver& driver = Driver::get();
    driver.cuDriverGetVersion(&found.cudaVersion);
    int count = 0;
    driver.cuDeviceGetCount(&count);
    for (int ordinal = 0; ordinal < count; ordinal++) found.gpus.push_back(gpuFacts(driver, nvml.get(), ordinal));
  } catch (const std::runtime_error& problem) {
    found.driverProblem = problem.what();
  }
  return found;
}

}  // namespace missile::cuda
