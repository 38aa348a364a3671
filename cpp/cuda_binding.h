// What of cpp/cuda JavaScript sees.
#pragma once

#include <napi.h>

namespace missile {

void bindCuda(Napi::Env env, Napi::Object exports);
// The class CudaGpu.
Napi::Function defineCudaGpu(Napi::Env env);

}  // namespace missile
