#include "telemetry.h"

namespace missile::cuda {

Telemetry::Telemetry(int ordinal) {
  const Driver& driver = Driver::get();
  CUdevice device;
  driver.cuDeviceGet(&device, ordinal);
  char busId[32] = "";
  driver.cuDeviceGetPCIBusId(busId, static_cast<int>(sizeof busId), device);
  nvml_.nvmlDeviceGetHandleByPciBusId(static_cast<const char*>(busId), &device_);
}

TelemetryReading Telemetry::read() const {
  TelemetryReading reading{};
  nvml_.nvmlDeviceGetClockInfo(device_, NVML_CLOCK_SM, &reading.smMhz);
  nvml_.nvmlDeviceGetPowerUsage(device_, &reading.milliwatts);
  nvml_.nvmlDeviceGetTemperature(device_, NVML_TEMPERATURE_GPU, &reading.celsius);
  nvmlMemory_t memory{};
  nvml_.nvmlDeviceGetMemoryInfo(device_, &memory);
  reading.memoryUsedBytes = static_cast<double>(memory.used);
  reading.memoryBytes = static_cast<double>(memory.total);
  return reading;
}

}  // namespace missile::cuda
