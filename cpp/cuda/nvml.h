// NVML (libnvidia-ml.so.1): clocks, power, temperature and the PCIe link. As in driver.h, each call throws when refused.
#pragma once

#include "driver.h"

namespace missile::cuda {

class Nvml {
 public:
  // Throws LibraryMissing or CallFailed.
  Nvml();
  ~Nvml() { nvmlShutdown_(); }

#define CALL(symbol, name, ...)                    \
  template <typename... Arguments>                 \
  void name(Arguments... arguments) const {        \
    check(#name, symbol##_(arguments...));         \
  }
  MISSILE_NVML_CALLS(CALL)
#undef CALL

 private:
  void check(const char* call, nvmlReturn_t result) const;

  Library library_;
  const char* (*errorText_)(nvmlReturn_t);
#define CALL(symbol, name, ...) nvmlReturn_t (*symbol##_)(__VA_ARGS__);
  MISSILE_NVML_CALLS(CALL)
#undef CALL
};

}  // namespace missile::cuda
