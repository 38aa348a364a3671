// Calls that find kernels and launch them.
#include <cstring>
#include <unordered_map>

#include "api.h"
#include "twins.h"

namespace missile::cuda {

using namespace missile::fake;

namespace {

// CUkernel and CUfunction alike stand for a twin.
const Twin* twinOf(CUfunction function) { return reinterpret_cast<const Twin*>(function); }

template <typename Handle>
CUresult findKernel(const char* name, Handle* found) {
  const Twin* twin = TwinTable::find(name);
  *found = reinterpret_cast<Handle>(const_cast<Twin*>(twin));
  return twin == nullptr ? CUDA_ERROR_NOT_FOUND : CUDA_SUCCESS;
}

struct Shape {
  unsigned ctas, threads, sharedBytes;
};

constexpr unsigned kMostThreads = 1024;
constexpr unsigned kMostSharedBytes = 227 << 10;
// Without cuFuncSetAttribute.
constexpr unsigned kFreeSharedBytes = 48 << 10;

// Dynamic shared memory that a kernel was allowed, where that is more.
std::unordered_map<const Twin*, unsigned>& allowedShared() {
  static auto* const allowed = new std::unordered_map<const Twin*, unsigned>();
  return *allowed;
}

unsigned mostSharedBytes(const Twin* twin) {
  const auto found = allowedShared().find(twin);
  return found == allowedShared().end() ? kFreeSharedBytes : found->second;
}

CUresult launch(Gpu& gpu, CUfunction function, Shape shape, CUstream handle, void** parameters) {
  const Twin* twin = twinOf(function);
  const StreamPtr stream = gpu.streamOf(handle);
  if (twin == nullptr || stream == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  if (shape.ctas == 0 || shape.threads == 0 || shape.threads > kMostThreads) return fake::CUDA_ERROR_INVALID_VALUE;
  if (shape.sharedBytes > mostSharedBytes(twin)) return fake::CUDA_ERROR_INVALID_VALUE;
  // The values are those at the time of the call.
  std::vector<std::vector<std::byte>> values;
  for (size_t bytes : twin->parameterBytes) {
    const auto* first = static_cast<const std::byte*>(*parameters++);
    values.emplace_back(first, first + bytes);
  }
  const auto put = [&gpu, twin, shape, values = std::move(values)](Stream& to) {
    const Mishap mishap = gpu.faults.onLaunch(twin->name);
    to.add([&gpu, stream = &to, twin, shape, values, mishap] {
      auto grid = std::make_unique<Grid>(Grid{twin, values, shape.ctas, shape.threads, stream->sms, stream->priority, mishap,
                                              [stream = stream->shared_from_this()] { stream->finish(); }});
      gpu.sms.submit(std::move(grid));
      return false;
    });
  };
  if (stream->capture != nullptr) {
    stream->capture->kernels.push_back(put);
  } else {
    put(*stream);
  }
  return CUDA_SUCCESS;
}

}  // namespace

extern "C" {

CUresult cuModuleLoadData(CUmodule* module, const void*) {
  return entry("cuModuleLoadData", Needs::context, [&](Gpu& gpu, auto&) {
    *module = gpu.modules.add(std::make_shared<Image>());
    return CUDA_SUCCESS;
  });
}

CUresult cuModuleUnload(CUmodule module) {
  return entry("cuModuleUnload", Needs::context, [&](Gpu& gpu, auto&) {
    return gpu.modules.remove(module) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
  });
}

CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
  return entry("cuModuleGetFunction", Needs::context, [&](Gpu& gpu, auto&) {
    if (gpu.modules.find(module) == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    return findKernel(name, function);
  });
}

CUresult cuLibraryLoadData(CUlibrary* library, const void*, void*, void**, unsigned, void*, void**, unsigned) {
  return entry("cuLibraryLoadData", Needs::initialised, [&](Gpu& gpu, auto&) {
    *library = gpu.libraries.add(std::make_shared<Image>());
    return CUDA_SUCCESS;
  });
}

CUresult cuLibraryUnload(CUlibrary library) {
  return entry("cuLibraryUnload", Needs::initialised, [&](Gpu& gpu, auto&) {
    return gpu.libraries.remove(library) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
  });
}

CUresult cuLibraryGetKernel(CUkernel* kernel, CUlibrary library, const char* name) {
  return entry("cuLibraryGetKernel", Needs::initialised, [&](Gpu& gpu, auto&) {
    if (gpu.libraries.find(library) == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    return findKernel(name, kernel);
  });
}

CUresult cuKernelGetFunction(CUfunction* function, CUkernel kernel) {
  return entry("cuKernelGetFunction", Needs::context, [&](Gpu&, auto&) {
    *function = reinterpret_cast<CUfunction>(kernel);
    return CUDA_SUCCESS;
  });
}

CUresult cuFuncSetAttribute(CUfunction function, int attribute, int value) {
  return entry("cuFuncSetAttribute", Needs::context, [&](Gpu&, auto&) {
    const auto bytes = static_cast<unsigned>(value);
    if (attribute != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES || bytes > kMostSharedBytes) return fake::CUDA_ERROR_INVALID_VALUE;
    allowedShared()[twinOf(function)] = bytes;
    return CUDA_SUCCESS;
  });
}

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction function, int threads, size_t) {
  return entry("cuOccupancyMaxActiveBlocksPerMultiprocessor", Needs::context, [&](Gpu& gpu, auto&) {
    *blocks = static_cast<int>(gpu.sms.residents(twinOf(function)->appetite, static_cast<unsigned>(threads)));
    return CUDA_SUCCESS;
  });
}

CUresult cuLaunchKernel(CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY,
                        unsigned blockZ, unsigned sharedBytes, CUstream stream, void** parameters, void**) {
  return entry("cuLaunchKernel", Needs::context, [&](Gpu& gpu, auto&) {
    return launch(gpu, function, {gridX * gridY * gridZ, blockX * blockY * blockZ, sharedBytes}, stream, parameters);
  });
}

// Kernels of a stream follow one another here, whatever they are allowed.
CUresult cuLaunchKernelEx(const CUlaunchConfig* config, CUfunction function, void** parameters, void**) {
  return entry("cuLaunchKernelEx", Needs::context, [&](Gpu& gpu, auto&) {
    const unsigned ctas = config->gridDimX * config->gridDimY * config->gridDimZ;
    const unsigned threads = config->blockDimX * config->blockDimY * config->blockDimZ;
    return launch(gpu, function, {ctas, threads, config->sharedMemBytes}, config->hStream, parameters);
  });
}

CUresult cuLaunchCooperativeKernel(CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                                   unsigned blockY, unsigned blockZ, unsigned sharedBytes, CUstream stream,
                                   void** parameters) {
  return entry("cuLaunchCooperativeKernel", Needs::context, [&](Gpu& gpu, auto&) {
    const Shape shape{gridX * gridY * gridZ, blockX * blockY * blockZ, sharedBytes};
    const StreamPtr found = gpu.streamOf(stream);
    if (found == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    const unsigned perSm = gpu.sms.residents(twinOf(function)->appetite, shape.threads);
    if (shape.ctas > perSm * found->sms.count()) return CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE;
    return launch(gpu, function, shape, stream, parameters);
  });
}
}

}  // namespace missile::cuda
