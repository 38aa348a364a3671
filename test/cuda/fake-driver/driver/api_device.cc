// Calls about the device and its primary context.
#include <algorithm>
#include <cstring>

#include "api.h"

namespace missile::cuda {

using namespace missile::fake;

namespace {

constexpr int kCudaVersion = 13000;

// Where nothing depends on it, an H200.
int attributeOf(const Gpu& gpu, int attribute) {
  switch (attribute) {
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT: return static_cast<int>(gpu.settings.sms);
    case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR: return kThreadsPerSm;
    case CU_DEVICE_ATTRIBUTE_CLOCK_RATE: return 1980000;
    case CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE: return 3201000;
    case CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH: return 6016;
    case CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE: return 60 << 20;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: return 9;
    default: return 0;
  }
}

void copyText(char* to, int length, const char* from) {
  std::strncpy(to, from, static_cast<size_t>(length));
  to[length - 1] = '\0';
}

}  // namespace

extern "C" {

CUresult cuGetErrorName(CUresult error, const char** name) {
  switch (error) {
    case CUDA_SUCCESS: *name = "CUDA_SUCCESS"; break;
    case fake::CUDA_ERROR_INVALID_VALUE: *name = "CUDA_ERROR_INVALID_VALUE"; break;
    case CUDA_ERROR_OUT_OF_MEMORY: *name = "CUDA_ERROR_OUT_OF_MEMORY"; break;
    case CUDA_ERROR_NOT_INITIALIZED: *name = "CUDA_ERROR_NOT_INITIALIZED"; break;
    case CUDA_ERROR_INVALID_DEVICE: *name = "CUDA_ERROR_INVALID_DEVICE"; break;
    case CUDA_ERROR_INVALID_CONTEXT: *name = "CUDA_ERROR_INVALID_CONTEXT"; break;
    case CUDA_ERROR_INVALID_HANDLE: *name = "CUDA_ERROR_INVALID_HANDLE"; break;
    case CUDA_ERROR_NOT_FOUND: *name = "CUDA_ERROR_NOT_FOUND"; break;
    case CUDA_ERROR_NOT_READY: *name = "CUDA_ERROR_NOT_READY"; break;
    case CUDA_ERROR_ILLEGAL_ADDRESS: *name = "CUDA_ERROR_ILLEGAL_ADDRESS"; break;
    case CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES: *name = "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES"; break;
    case CUDA_ERROR_LAUNCH_FAILED: *name = "CUDA_ERROR_LAUNCH_FAILED"; break;
    case CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE: *name = "CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE"; break;
    case CUDA_ERROR_INVALID_RESOURCE_TYPE: *name = "CUDA_ERROR_INVALID_RESOURCE_TYPE"; break;
    default: return CUDA_ERROR_INVALID_VALUE;
  }
  return CUDA_SUCCESS;
}

CUresult cuInit(unsigned) {
  return entry("cuInit", Needs::nothing, [](Gpu& gpu, auto&) {
    gpu.isInitialised = true;
    return CUDA_SUCCESS;
  });
}

CUresult cuDriverGetVersion(int* version) {
  return entry("cuDriverGetVersion", Needs::nothing, [&](Gpu&, auto&) {
    *version = kCudaVersion;
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGetCount(int* count) {
  return entry("cuDeviceGetCount", Needs::initialised, [&](Gpu&, auto&) {
    *count = 1;
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  return entry("cuDeviceGet", Needs::initialised, [&](Gpu&, auto&) {
    *device = 0;
    return ordinal == 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
  });
}

CUresult cuDeviceGetName(char* name, int length, CUdevice) {
  return entry("cuDeviceGetName", Needs::initialised, [&](Gpu&, auto&) {
    copyText(name, length, "Fake GPU");
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGetAttribute(int* value, int attribute, CUdevice) {
  return entry("cuDeviceGetAttribute", Needs::initialised, [&](Gpu& gpu, auto&) {
    *value = attributeOf(gpu, attribute);
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGetPCIBusId(char* id, int length, CUdevice) {
  return entry("cuDeviceGetPCIBusId", Needs::initialised, [&](Gpu&, auto&) {
    copyText(id, length, "0000:00:00.0");
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice) {
  return entry("cuDeviceTotalMem", Needs::initialised, [&](Gpu& gpu, auto&) {
    *bytes = gpu.memory.totalBytes();
    return CUDA_SUCCESS;
  });
}

CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice) {
  return entry("cuDevicePrimaryCtxRetain", Needs::initialised, [&](Gpu& gpu, auto&) {
    if (gpu.lost() != CUDA_SUCCESS) return gpu.lost();
    *context = gpu.retain();
    return CUDA_SUCCESS;
  });
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice) {
  return entry("cuDevicePrimaryCtxRelease", Needs::initialised, [](Gpu& gpu, auto& lock) {
    return gpu.release(lock) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
  });
}

CUresult cuCtxPushCurrent_v2(CUcontext context) {
  return entry("cuCtxPushCurrent", Needs::initialised, [&](Gpu& gpu, auto&) {
    if (!gpu.isLive(context)) return CUDA_ERROR_INVALID_CONTEXT;
    currentContexts().push_back(context);
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxPopCurrent_v2(CUcontext* context) {
  return entry("cuCtxPopCurrent", Needs::initialised, [&](Gpu&, auto&) {
    if (currentContexts().empty()) return CUDA_ERROR_INVALID_CONTEXT;
    *context = currentContexts().back();
    currentContexts().pop_back();
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxSetCurrent(CUcontext context) {
  return entry("cuCtxSetCurrent", Needs::initialised, [&](Gpu& gpu, auto&) {
    if (context != nullptr && !gpu.isLive(context)) return CUDA_ERROR_INVALID_CONTEXT;
    if (!currentContexts().empty()) currentContexts().pop_back();
    if (context != nullptr) currentContexts().push_back(context);
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxSynchronize() {
  return entry("cuCtxSynchronize", Needs::context,
               [](Gpu& gpu, auto& lock) { return gpu.wait(lock, [&] { return gpu.isIdle(); }); });
}

CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest) {
  return entry("cuCtxGetStreamPriorityRange", Needs::context, [&](Gpu&, auto&) {
    *least = kLeastPriority;
    *greatest = kGreatestPriority;
    return CUDA_SUCCESS;
  });
}
}

}  // namespace missile::cuda
