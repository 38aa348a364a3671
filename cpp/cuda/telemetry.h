// What the GPU's sensors say while it works. A reading asks NVML some times and may take milliseconds: it is for a thread that has
// nothing to launch.
#pragma once

#include "nvml.h"

namespace missile::cuda {

struct TelemetryReading {
  unsigned smMhz, milliwatts, celsius;
  double memoryUsedBytes, memoryBytes;
};

class Telemetry {
 public:
  // `ordinal` as CUDA numbers GPUs. Throws LibraryMissing, CallFailed.
  explicit Telemetry(int ordinal);
  // Throws CallFailed.
  TelemetryReading read() const;

 private:
  Nvml nvml_;
  nvmlDevice_t device_ = nullptr;
};

}  // namespace missile::cuda
