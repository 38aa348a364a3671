#include "nvml.h"

namespace missile::cuda {

Nvml::Nvml() : library_("libnvidia-ml.so.1") {
  errorText_ = reinterpret_cast<decltype(errorText_)>(library_.require("nvmlErrorString"));
#define CALL(symbol, name, ...) symbol##_ = reinterpret_cast<decltype(symbol##_)>(library_.require(#symbol));
  MISSILE_NVML_CALLS(CALL)
#undef CALL
  nvmlInit();
}

void Nvml::check(const char* call, nvmlReturn_t result) const {
  if (result != NVML_SUCCESS) throw CallFailed(call, errorText_(result), result);
}

}  // namespace missile::cuda
