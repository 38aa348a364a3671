#include "context.h"

#include <cstring>

#include "kernel_image.h"

namespace missile::cuda {

Context::Context(int ordinal) : driver_(Driver::get()) {
  driver_.cuDeviceGet(&device_, ordinal);
  driver_.cuDevicePrimaryCtxRetain(&context_, device_);
  try {
    makeCurrent();
    int sms = 0, capabilityMajor = 0;
    driver_.cuDeviceGetAttribute(&sms, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, device_);
    driver_.cuDeviceGetAttribute(&capabilityMajor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device_);
    sms_ = static_cast<unsigned>(sms);
    beginsEarly_ = capabilityMajor >= 9;
    loadKernels();
  } catch (...) {
    release();
    throw;
  }
}

Context::~Context() { release(); }

void Context::loadKernels() {
  for (const KernelImage* image = kKernelImages; image->name != nullptr; image++) {
    libraries_.push_back(nullptr);
    driver_.cuLibraryLoadData(&libraries_.back(), static_cast<const void*>(image->bytes), static_cast<void*>(nullptr),
                              static_cast<void**>(nullptr), 0u, static_cast<void*>(nullptr), static_cast<void**>(nullptr),
                              0u);
  }
}

CUfunction Context::kernel(const std::string& name, unsigned sharedBytes) {
  Known& kernel = known(name);
  if (sharedBytes > kernel.sharedBytes) {
    driver_.cuFuncSetAttribute(kernel.function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, static_cast<int>(sharedBytes));
    kernel.sharedBytes = sharedBytes;
  }
  return kernel.function;
}

Context::Known& Context::known(const std::string& name) {
  const auto known = kernels_.find(name);
  if (known != kernels_.end()) return known->second;
  for (CUlibrary library : libraries_) {
    CUkernel kernel = nullptr;
    try {
      driver_.cuLibraryGetKernel(&kernel, library, name.c_str());
    } catch (const CallFailed&) {
      continue;
    }
    CUfunction function = nullptr;
    driver_.cuKernelGetFunction(&function, kernel);
    return kernels_[name] = {function, 0};
  }
  throw std::runtime_error("there is no kernel " + name + ": " + kKernelBuild);
}

void Context::release() noexcept {
  for (CUlibrary library : libraries_) {
    if (library != nullptr) quietly([&] { driver_.cuLibraryUnload(library); });
  }
  quietly([&] { driver_.cuCtxSetCurrent(static_cast<CUcontext>(nullptr)); });
  quietly([&] { driver_.cuDevicePrimaryCtxRelease(device_); });
}

DeviceMemory::DeviceMemory(const Context& context, size_t sizeBytes) : driver_(context.driver()), sizeBytes_(sizeBytes) {
  driver_.cuMemAlloc(&address_, sizeBytes);
  driver_.cuMemsetD8(address_, static_cast<unsigned char>(0), sizeBytes);
  // The driver may return before it is done, and other streams do not wait for it.
  driver_.cuStreamSynchronize(static_cast<CUstream>(nullptr));
}

DeviceMemory::~DeviceMemory() {
  quietly([&] { driver_.cuMemFree(address_); });
}

PinnedMemory::PinnedMemory(const Context& context, size_t sizeBytes) : driver_(context.driver()), sizeBytes_(sizeBytes) {
  void* address = nullptr;
  driver_.cuMemHostAlloc(&address, sizeBytes, CU_MEMHOSTALLOC_DEVICEMAP);
  host_ = static_cast<std::byte*>(address);
  driver_.cuMemHostGetDevicePointer(&device_, address, 0u);
  std::memset(host_, 0, sizeBytes);
}

PinnedMemory::~PinnedMemory() {
  quietly([&] { driver_.cuMemFreeHost(static_cast<void*>(host_)); });
}

PinnedRegion::PinnedRegion(const Context& context, void* address, size_t sizeBytes) : driver_(context.driver()), address_(address) {
  driver_.cuMemHostRegister(address, sizeBytes, 0u);
}

PinnedRegion::~PinnedRegion() {
  quietly([&] { driver_.cuMemHostUnregister(address_); });
}

Event::Event(const Context& context) : driver_(context.driver()) {
  driver_.cuEventCreate(&event_, CU_EVENT_DISABLE_TIMING);
}

Event::~Event() {
  quietly([&] { driver_.cuEventDestroy(event_); });
}

}  // namespace missile::cuda
