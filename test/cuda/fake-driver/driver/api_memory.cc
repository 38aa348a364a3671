// Calls that take and give memory, fill it and copy it.
#include <cstring>

#include "api.h"

namespace missile::cuda {

using namespace missile::fake;

namespace {

void* pointer(CUdeviceptr address) { return reinterpret_cast<void*>(address); }

// Puts a copy into the stream; the engine is asked when the stream has come to it.
template <typename Move>
void enqueue(Gpu& gpu, const StreamPtr& stream, Engine engine, size_t bytes, Move move) {
  stream->add([&gpu, stream = stream.get(), engine, bytes, move] {
    if (gpu.engine(engine).isInstant(bytes)) {
      move();
      return true;
    }
    gpu.engine(engine).submit({bytes, move, [stream = stream->shared_from_this()] { stream->finish(); }});
    return false;
  });
}

// Copies between host memory and device memory; `device` is the address of the latter.
CUresult copy(Gpu& gpu, CUstream handle, Engine engine, void* to, const void* from, CUdeviceptr device, size_t bytes) {
  const StreamPtr stream = gpu.streamOf(handle);
  if (stream == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  if (!gpu.memory.holds(device, bytes)) return fake::CUDA_ERROR_INVALID_VALUE;
  enqueue(gpu, stream, engine, bytes, [=] { std::memcpy(to, from, bytes); });
  return CUDA_SUCCESS;
}

CUresult fill(Gpu& gpu, CUstream handle, CUdeviceptr address, unsigned char value, size_t bytes) {
  const StreamPtr stream = gpu.streamOf(handle);
  if (stream == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  if (!gpu.memory.holds(address, bytes)) return fake::CUDA_ERROR_INVALID_VALUE;
  enqueue(gpu, stream, Engine::withinDevice, bytes, [=] { std::memset(pointer(address), value, bytes); });
  return CUDA_SUCCESS;
}

// Synchronous calls: the context's own stream, waited for.
CUresult finish(Gpu& gpu, std::unique_lock<std::mutex>& lock, CUresult queued) {
  if (queued != CUDA_SUCCESS) return queued;
  const StreamPtr stream = gpu.streamOf(nullptr);
  return gpu.wait(lock, [&] { return stream->isIdle(); });
}

}  // namespace

extern "C" {

CUresult cuMemAlloc_v2(CUdeviceptr* address, size_t bytes) {
  return entry("cuMemAlloc", Needs::context, [&](Gpu& gpu, auto&) {
    if (bytes == 0) return fake::CUDA_ERROR_INVALID_VALUE;
    *address = gpu.memory.allocate(bytes);
    return *address == 0 ? CUDA_ERROR_OUT_OF_MEMORY : CUDA_SUCCESS;
  });
}

// Waits for all work first, as the driver does.
CUresult cuMemFree_v2(CUdeviceptr address) {
  return entry("cuMemFree", Needs::context, [&](Gpu& gpu, auto& lock) {
    if (address == 0) return CUDA_SUCCESS;
    const CUresult waited = gpu.wait(lock, [&] { return gpu.isIdle(); });
    if (waited != CUDA_SUCCESS) return waited;
    return gpu.memory.free(address) ? CUDA_SUCCESS : fake::CUDA_ERROR_INVALID_VALUE;
  });
}

CUresult cuMemGetInfo_v2(size_t* freeBytes, size_t* totalBytes) {
  return entry("cuMemGetInfo", Needs::context, [&](Gpu& gpu, auto&) {
    *totalBytes = gpu.memory.totalBytes();
    *freeBytes = gpu.memory.totalBytes() - gpu.memory.usedBytes();
    return CUDA_SUCCESS;
  });
}

CUresult cuMemHostAlloc(void** address, size_t bytes, unsigned) {
  return entry("cuMemHostAlloc", Needs::context, [&](Gpu& gpu, auto&) {
    if (bytes == 0) return fake::CUDA_ERROR_INVALID_VALUE;
    *address = gpu.memory.allocatePinned(bytes);
    return *address == nullptr ? CUDA_ERROR_OUT_OF_MEMORY : CUDA_SUCCESS;
  });
}

CUresult cuMemFreeHost(void* address) {
  return entry("cuMemFreeHost", Needs::context, [&](Gpu& gpu, auto& lock) {
    const CUresult waited = gpu.wait(lock, [&] { return gpu.isIdle(); });
    if (waited != CUDA_SUCCESS) return waited;
    return gpu.memory.freePinned(address) ? CUDA_SUCCESS : fake::CUDA_ERROR_INVALID_VALUE;
  });
}

CUresult cuMemHostRegister_v2(void* address, size_t bytes, unsigned) {
  return entry("cuMemHostRegister", Needs::context, [&](Gpu& gpu, auto&) {
    return gpu.memory.pin(address, bytes) ? CUDA_SUCCESS : fake::CUDA_ERROR_INVALID_VALUE;
  });
}

CUresult cuMemHostUnregister(void* address) {
  return entry("cuMemHostUnregister", Needs::context, [&](Gpu& gpu, auto&) {
    return gpu.memory.unpin(address) ? CUDA_SUCCESS : fake::CUDA_ERROR_INVALID_VALUE;
  });
}

CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr* device, void* host, unsigned) {
  return entry("cuMemHostGetDevicePointer", Needs::context, [&](Gpu& gpu, auto&) {
    *device = reinterpret_cast<CUdeviceptr>(host);
    return gpu.memory.holdsPinned(host) ? CUDA_SUCCESS : fake::CUDA_ERROR_INVALID_VALUE;
  });
}

CUresult cuMemsetD8_v2(CUdeviceptr address, unsigned char value, size_t bytes) {
  return entry("cuMemsetD8", Needs::context,
               [&](Gpu& gpu, auto& lock) { return finish(gpu, lock, fill(gpu, nullptr, address, value, bytes)); });
}

CUresult cuMemsetD8Async(CUdeviceptr address, unsigned char value, size_t bytes, CUstream stream) {
  return entry("cuMemsetD8Async", Needs::context,
               [&](Gpu& gpu, auto&) { return fill(gpu, stream, address, value, bytes); });
}

CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, size_t bytes) {
  return entry("cuMemcpyHtoD", Needs::context, [&](Gpu& gpu, auto& lock) {
    return finish(gpu, lock, copy(gpu, nullptr, Engine::toDevice, pointer(to), from, to, bytes));
  });
}

CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, size_t bytes) {
  return entry("cuMemcpyDtoH", Needs::context, [&](Gpu& gpu, auto& lock) {
    return finish(gpu, lock, copy(gpu, nullptr, Engine::toHost, to, pointer(from), from, bytes));
  });
}

CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream stream) {
  return entry("cuMemcpyHtoDAsync", Needs::context, [&](Gpu& gpu, auto&) {
    return copy(gpu, stream, Engine::toDevice, pointer(to), from, to, bytes);
  });
}

CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
  return entry("cuMemcpyDtoHAsync", Needs::context, [&](Gpu& gpu, auto&) {
    return copy(gpu, stream, Engine::toHost, to, pointer(from), from, bytes);
  });
}

CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  return entry("cuMemcpyDtoDAsync", Needs::context, [&](Gpu& gpu, auto&) {
    if (!gpu.memory.holds(from, bytes)) return fake::CUDA_ERROR_INVALID_VALUE;
    return copy(gpu, stream, Engine::withinDevice, pointer(to), pointer(from), to, bytes);
  });
}
}

}  // namespace missile::cuda
