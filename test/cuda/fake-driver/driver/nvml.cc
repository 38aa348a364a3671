// libnvidia-ml.so.1 of the fake GPU.
#include <cstring>

#include "cuda/driver_api.h"

namespace missile::cuda {

namespace {

constexpr nvmlReturn_t NVML_ERROR_NOT_SUPPORTED = 3;

nvmlReturn_t answer(unsigned* to, unsigned value) {
  *to = value;
  return NVML_SUCCESS;
}

}  // namespace

extern "C" {

#define CALL(symbol, name, ...) nvmlReturn_t symbol(__VA_ARGS__);
MISSILE_NVML_CALLS(CALL)
#undef CALL

const char* nvmlErrorString(nvmlReturn_t error) { return error == NVML_SUCCESS ? "Success" : "Not Supported"; }

nvmlReturn_t nvmlInit_v2() { return NVML_SUCCESS; }

nvmlReturn_t nvmlShutdown() { return NVML_SUCCESS; }

nvmlReturn_t nvmlSystemGetDriverVersion(char* version, unsigned length) {
  std::strncpy(version, "fake", length);
  return NVML_SUCCESS;
}

// The one device has a null handle.
nvmlReturn_t nvmlDeviceGetHandleByPciBusId_v2(const char*, nvmlDevice_t* device) {
  *device = nullptr;
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetCurrPcieLinkGeneration(nvmlDevice_t, unsigned* value) { return answer(value, 5); }

nvmlReturn_t nvmlDeviceGetCurrPcieLinkWidth(nvmlDevice_t, unsigned* value) { return answer(value, 16); }

nvmlReturn_t nvmlDeviceGetMaxClockInfo(nvmlDevice_t, int clock, unsigned* mhz) {
  if (clock == NVML_CLOCK_SM) return answer(mhz, 1980);
  return clock == NVML_CLOCK_MEM ? answer(mhz, 3201) : NVML_ERROR_NOT_SUPPORTED;
}

nvmlReturn_t nvmlDeviceGetClockInfo(nvmlDevice_t device, int clock, unsigned* mhz) {
  return nvmlDeviceGetMaxClockInfo(device, clock, mhz);
}

nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t, int, unsigned* celsius) { return answer(celsius, 30); }

nvmlReturn_t nvmlDeviceGetPowerUsage(nvmlDevice_t, unsigned* milliwatts) { return answer(milliwatts, 77000); }

nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t, nvmlMemory_t* memory) {
  constexpr unsigned long long kGiB = 1ull << 30;
  *memory = {.total = 140 * kGiB, .free = 110 * kGiB, .used = 30 * kGiB};
  return NVML_SUCCESS;
}
}

}  // namespace missile::cuda
