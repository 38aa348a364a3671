// The part of NVIDIA's public CUDA driver API and of NVML that is used here, declared anew so that a build needs neither
// their headers nor a GPU. Names, values and layouts are those of the CUDA Toolkit's documentation (cuda.h and nvml.h of
// CUDA 12.4 to 13.0); functions whose C name is a macro for a versioned symbol are named by that symbol.
#pragma once

#include <cstddef>
#include <cstdint>

namespace missile::cuda {

using CUresult = int;
using CUdevice = int;
using CUdeviceptr = unsigned long long;
using CUcontext = struct CUctx_st*;
using CUmodule = struct CUmod_st*;
using CUfunction = struct CUfunc_st*;
using CUstream = struct CUstream_st*;
using CUevent = struct CUevent_st*;
using CUlibrary = struct CUlib_st*;
using CUkernel = struct CUkern_st*;
using CUgraph = struct CUgraph_st*;
using CUgraphExec = struct CUgraphExec_st*;
using CUgreenCtx = struct CUgreenCtx_st*;
using CUdevResourceDesc = struct CUdevResourceDesc_st*;

constexpr CUresult CUDA_SUCCESS = 0;
constexpr CUresult CUDA_ERROR_OUT_OF_MEMORY = 2;
constexpr CUresult CUDA_ERROR_NOT_READY = 600;

constexpr unsigned CU_STREAM_NON_BLOCKING = 1;
constexpr unsigned CU_EVENT_DEFAULT = 0;
constexpr unsigned CU_EVENT_DISABLE_TIMING = 2;
constexpr unsigned CU_MEMHOSTALLOC_DEVICEMAP = 2;
constexpr int CU_STREAM_CAPTURE_MODE_RELAXED = 2;
constexpr unsigned CU_GREEN_CTX_DEFAULT_STREAM = 1;

// One operation of cuStreamBatchMemOp: writes a word of device memory in stream order, without an SM.
constexpr unsigned CU_STREAM_MEM_OP_WRITE_VALUE_64 = 5;
struct CUstreamBatchMemOpParams {
  unsigned operation;
  CUdeviceptr address;
  uint64_t value;
  unsigned flags;
  CUdeviceptr alias;
  uint64_t padding;
};
static_assert(sizeof(CUstreamBatchMemOpParams) == 48, "the driver reads 48 bytes");

// How a kernel is launched, with what cuLaunchKernel has no words for. Its thread blocks may begin before the kernel before it has ended.
constexpr int CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION = 6;
struct CUlaunchAttribute {
  int id;
  char padding[4];
  union {
    int programmaticStreamSerializationAllowed;
    char oversize[64];
  } value;
};
static_assert(sizeof(CUlaunchAttribute) == 72, "the driver reads 72 bytes");
struct CUlaunchConfig {
  unsigned gridDimX, gridDimY, gridDimZ, blockDimX, blockDimY, blockDimZ, sharedMemBytes;
  CUstream hStream;
  CUlaunchAttribute* attrs;
  unsigned numAttrs;
};
static_assert(sizeof(CUlaunchConfig) == 56, "the driver reads 56 bytes");

// CUdevice_attribute
constexpr int CU_DEVICE_ATTRIBUTE_CLOCK_RATE = 13;
constexpr int CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT = 16;
constexpr int CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE = 36;
constexpr int CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH = 37;
constexpr int CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE = 38;
constexpr int CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR = 39;
constexpr int CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75;
constexpr int CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76;

// CUfunction_attribute
constexpr int CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES = 8;

// Green contexts (CUDA 12.4): a set of SMs, and how it is cut.
constexpr int CU_DEV_RESOURCE_TYPE_SM = 1;
constexpr unsigned CU_DEV_SM_RESOURCE_SPLIT_IGNORE_SM_COSCHEDULING = 1;
struct CUdevResource {
  int type;
  unsigned char internalPadding[92];
  union {
    struct {
      unsigned smCount;
    } sm;
    unsigned char oversize[48];
  };
};
static_assert(sizeof(CUdevResource) == 144, "the driver writes 144 bytes");

// NVML
using nvmlReturn_t = int;
using nvmlDevice_t = struct nvmlDevice_st*;
constexpr nvmlReturn_t NVML_SUCCESS = 0;
constexpr int NVML_CLOCK_SM = 1;
constexpr int NVML_CLOCK_MEM = 2;
constexpr int NVML_TEMPERATURE_GPU = 0;
struct nvmlMemory_t {
  unsigned long long total, free, used;
};

// Every function that is called: symbol, name of the call as errors tell it, parameters.
#define MISSILE_DRIVER_CALLS(CALL)                                                                                      \
  CALL(cuInit, cuInit, unsigned flags)                                                                                  \
  CALL(cuDriverGetVersion, cuDriverGetVersion, int* version)                                                            \
  CALL(cuDeviceGetCount, cuDeviceGetCount, int* count)                                                                  \
  CALL(cuDeviceGet, cuDeviceGet, CUdevice* device, int ordinal)                                                         \
  CALL(cuDeviceGetName, cuDeviceGetName, char* name, int length, CUdevice device)                                       \
  CALL(cuDeviceGetAttribute, cuDeviceGetAttribute, int* value, int attribute, CUdevice device)                          \
  CALL(cuDeviceGetPCIBusId, cuDeviceGetPCIBusId, char* id, int length, CUdevice device)                                 \
  CALL(cuDeviceTotalMem_v2, cuDeviceTotalMem, size_t* bytes, CUdevice device)                                           \
  CALL(cuDevicePrimaryCtxRetain, cuDevicePrimaryCtxRetain, CUcontext* context, CUdevice device)                         \
  CALL(cuDevicePrimaryCtxRelease_v2, cuDevicePrimaryCtxRelease, CUdevice device)                                        \
  CALL(cuCtxPushCurrent_v2, cuCtxPushCurrent, CUcontext context)                                                        \
  CALL(cuCtxPopCurrent_v2, cuCtxPopCurrent, CUcontext* context)                                                         \
  CALL(cuCtxSynchronize, cuCtxSynchronize, )                                                                            \
  CALL(cuModuleLoadData, cuModuleLoadData, CUmodule* module, const void* image)                                         \
  CALL(cuModuleUnload, cuModuleUnload, CUmodule module)                                                                 \
  CALL(cuModuleGetFunction, cuModuleGetFunction, CUfunction* function, CUmodule module, const char* name)               \
  CALL(cuMemAlloc_v2, cuMemAlloc, CUdeviceptr* address, size_t bytes)                                                   \
  CALL(cuMemFree_v2, cuMemFree, CUdeviceptr address)                                                                    \
  CALL(cuMemsetD8_v2, cuMemsetD8, CUdeviceptr address, unsigned char value, size_t bytes)                               \
  CALL(cuMemcpyHtoD_v2, cuMemcpyHtoD, CUdeviceptr to, const void* from, size_t bytes)                                   \
  CALL(cuMemcpyDtoH_v2, cuMemcpyDtoH, void* to, CUdeviceptr from, size_t bytes)                                         \
  CALL(cuCtxSetCurrent, cuCtxSetCurrent, CUcontext context)                                                             \
  CALL(cuCtxGetStreamPriorityRange, cuCtxGetStreamPriorityRange, int* least, int* greatest)                             \
  CALL(cuLibraryLoadData, cuLibraryLoadData, CUlibrary* library, const void* image, void* jitOptions, void** jitValues, \
       unsigned jitCount, void* libraryOptions, void** libraryValues, unsigned libraryCount)                            \
  CALL(cuLibraryUnload, cuLibraryUnload, CUlibrary library)                                                             \
  CALL(cuLibraryGetKernel, cuLibraryGetKernel, CUkernel* kernel, CUlibrary library, const char* name)                   \
  CALL(cuKernelGetFunction, cuKernelGetFunction, CUfunction* function, CUkernel kernel)                                 \
  CALL(cuOccupancyMaxActiveBlocksPerMultiprocessor, cuOccupancyMaxActiveBlocksPerMultiprocessor, int* blocks,           \
       CUfunction function, int threads, size_t sharedBytes)                                                            \
  CALL(cuFuncSetAttribute, cuFuncSetAttribute, CUfunction function, int attribute, int value)                           \
  CALL(cuLaunchKernelEx, cuLaunchKernelEx, const CUlaunchConfig* config, CUfunction function, void** parameters,        \
       void** extra)                                                                                                    \
  CALL(cuLaunchKernel, cuLaunchKernel, CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ,             \
       unsigned blockX, unsigned blockY, unsigned blockZ, unsigned sharedBytes, CUstream stream, void** parameters,     \
       void** extra)                                                                                                    \
  CALL(cuStreamCreateWithPriority, cuStreamCreateWithPriority, CUstream* stream, unsigned flags, int priority)          \
  CALL(cuStreamDestroy_v2, cuStreamDestroy, CUstream stream)                                                            \
  CALL(cuStreamSynchronize, cuStreamSynchronize, CUstream stream)                                                       \
  CALL(cuStreamWaitEvent, cuStreamWaitEvent, CUstream stream, CUevent event, unsigned flags)                            \
  CALL(cuStreamBatchMemOp_v2, cuStreamBatchMemOp, CUstream stream, unsigned count,                                      \
       CUstreamBatchMemOpParams* operations, unsigned flags)                                                            \
  CALL(cuEventCreate, cuEventCreate, CUevent* event, unsigned flags)                                                    \
  CALL(cuEventDestroy_v2, cuEventDestroy, CUevent event)                                                                \
  CALL(cuEventRecord, cuEventRecord, CUevent event, CUstream stream)                                                    \
  CALL(cuEventQuery, cuEventQuery, CUevent event)                                                                       \
  CALL(cuEventElapsedTime, cuEventElapsedTime, float* milliseconds, CUevent from, CUevent to)                           \
  CALL(cuMemGetInfo_v2, cuMemGetInfo, size_t* freeBytes, size_t* totalBytes)                                            \
  CALL(cuMemHostAlloc, cuMemHostAlloc, void** address, size_t bytes, unsigned flags)                                    \
  CALL(cuMemFreeHost, cuMemFreeHost, void* address)                                                                     \
  CALL(cuMemHostRegister_v2, cuMemHostRegister, void* address, size_t bytes, unsigned flags)                            \
  CALL(cuMemHostUnregister, cuMemHostUnregister, void* address)                                                         \
  CALL(cuMemHostGetDevicePointer_v2, cuMemHostGetDevicePointer, CUdeviceptr* device, void* host, unsigned flags)        \
  CALL(cuMemcpyHtoDAsync_v2, cuMemcpyHtoDAsync, CUdeviceptr to, const void* from, size_t bytes, CUstream stream)        \
  CALL(cuMemcpyDtoHAsync_v2, cuMemcpyDtoHAsync, void* to, CUdeviceptr from, size_t bytes, CUstream stream)              \
  CALL(cuMemcpyDtoDAsync_v2, cuMemcpyDtoDAsync, CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream)        \
  CALL(cuMemsetD8Async, cuMemsetD8Async, CUdeviceptr address, unsigned char value, size_t bytes, CUstream stream)       \
  CALL(cuStreamBeginCapture_v2, cuStreamBeginCapture, CUstream stream, int mode)                                        \
  CALL(cuStreamEndCapture, cuStreamEndCapture, CUstream stream, CUgraph* graph)                                         \
  CALL(cuGraphInstantiateWithFlags, cuGraphInstantiate, CUgraphExec* executable, CUgraph graph,                         \
       unsigned long long flags)                                                                                        \
  CALL(cuGraphLaunch, cuGraphLaunch, CUgraphExec executable, CUstream stream)                                           \
  CALL(cuGraphDestroy, cuGraphDestroy, CUgraph graph)                                                                   \
  CALL(cuGraphExecDestroy, cuGraphExecDestroy, CUgraphExec executable)                                                  \
  CALL(cuLaunchCooperativeKernel, cuLaunchCooperativeKernel, CUfunction function, unsigned gridX, unsigned gridY,       \
       unsigned gridZ, unsigned blockX, unsigned blockY, unsigned blockZ, unsigned sharedBytes, CUstream stream,        \
       void** parameters)

// Absent before CUDA 12.4: null in the table then.
#define MISSILE_OPTIONAL_DRIVER_CALLS(CALL)                                                                             \
  CALL(cuDeviceGetDevResource, cuDeviceGetDevResource, CUdevice device, CUdevResource* resource, int type)              \
  CALL(cuDevSmResourceSplitByCount, cuDevSmResourceSplitByCount, CUdevResource* groups, unsigned* groupCount,           \
       const CUdevResource* input, CUdevResource* remaining, unsigned flags, unsigned minSms)                           \
  CALL(cuDevResourceGenerateDesc, cuDevResourceGenerateDesc, CUdevResourceDesc* descriptor, CUdevResource* resources,   \
       unsigned count)                                                                                                  \
  CALL(cuGreenCtxCreate, cuGreenCtxCreate, CUgreenCtx* context, CUdevResourceDesc descriptor, CUdevice device,          \
       unsigned flags)                                                                                                  \
  CALL(cuGreenCtxDestroy, cuGreenCtxDestroy, CUgreenCtx context)                                                        \
  CALL(cuGreenCtxStreamCreate, cuGreenCtxStreamCreate, CUstream* stream, CUgreenCtx context, unsigned flags,            \
       int priority)

#define MISSILE_NVML_CALLS(CALL)                                                                                        \
  CALL(nvmlInit_v2, nvmlInit, )                                                                                         \
  CALL(nvmlShutdown, nvmlShutdown, )                                                                                    \
  CALL(nvmlSystemGetDriverVersion, nvmlSystemGetDriverVersion, char* version, unsigned length)                          \
  CALL(nvmlDeviceGetHandleByPciBusId_v2, nvmlDeviceGetHandleByPciBusId, const char* busId, nvmlDevice_t* device)        \
  CALL(nvmlDeviceGetCurrPcieLinkGeneration, nvmlDeviceGetCurrPcieLinkGeneration, nvmlDevice_t device, unsigned* value)  \
  CALL(nvmlDeviceGetCurrPcieLinkWidth, nvmlDeviceGetCurrPcieLinkWidth, nvmlDevice_t device, unsigned* value)            \
  CALL(nvmlDeviceGetClockInfo, nvmlDeviceGetClockInfo, nvmlDevice_t device, int clock, unsigned* mhz)                   \
  CALL(nvmlDeviceGetMaxClockInfo, nvmlDeviceGetMaxClockInfo, nvmlDevice_t device, int clock, unsigned* mhz)             \
  CALL(nvmlDeviceGetTemperature, nvmlDeviceGetTemperature, nvmlDevice_t device, int sensor, unsigned* celsius)          \
  CALL(nvmlDeviceGetPowerUsage, nvmlDeviceGetPowerUsage, nvmlDevice_t device, unsigned* milliwatts)                     \
  CALL(nvmlDeviceGetMemoryInfo, nvmlDeviceGetMemoryInfo, nvmlDevice_t device, nvmlMemory_t* memory)

}  // namespace missile::cuda
