// The functions of the driver as its callers see them, declared by the list that they are called by.
#pragma once

#include "cuda/driver_api.h"
#include "gpu.h"

namespace missile::cuda {

extern "C" {
CUresult cuGetErrorName(CUresult error, const char** name);
#define CALL(symbol, name, ...) CUresult symbol(__VA_ARGS__);
MISSILE_DRIVER_CALLS(CALL)
MISSILE_OPTIONAL_DRIVER_CALLS(CALL)
#undef CALL
}

}  // namespace missile::cuda

namespace missile::fake {
using namespace missile::cuda;  // the types and constants of the driver
}
