// The GPU's primary context, the kernels loaded into it, and memory that goes with it.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "driver.h"

namespace missile::cuda {

class Context {
 public:
  // Retains the primary context and loads every embedded kernel. Throws CallFailed, LibraryMissing, std::runtime_error.
  explicit Context(int ordinal);
  // Everything that was made in the context must be gone by then, or lost with it.
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const Driver& driver() const { return driver_; }
  CUdevice device() const { return device_; }
  unsigned sms() const { return sms_; }
  // Whether a kernel may be launched to begin before the one before it has ended: from compute capability 9.0 on.
  bool beginsEarly() const { return beginsEarly_; }
  // On a thread that will call the driver, once.
  void makeCurrent() const { driver_.cuCtxSetCurrent(context_); }
  // A kernel of cpp/cuda/kernels by its name; usable on the streams of every green context too, with so much dynamic shared memory.
  // Throws CallFailed, std::runtime_error.
  CUfunction kernel(const std::string& name, unsigned sharedBytes = 0);

 private:
  // What is known of a kernel: the dynamic shared memory that was asked for, which 48 KiB without it are too little for where the kernel has
  // some of its own.
  struct Known {
    CUfunction function;
    unsigned sharedBytes;
  };

  void loadKernels();
  Known& known(const std::string& name);
  void release() noexcept;

  const Driver& driver_;
  CUdevice device_ = 0;
  CUcontext context_ = nullptr;
  unsigned sms_ = 0;
  bool beginsEarly_ = false;
  std::vector<CUlibrary> libraries_;
  std::unordered_map<std::string, Known> kernels_;
};

// Memory of the GPU, zeroed.
class DeviceMemory {
 public:
  // Throws CallFailed: CUDA_ERROR_OUT_OF_MEMORY where there is not so much.
  DeviceMemory(const Context& context, size_t sizeBytes);
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  CUdeviceptr address() const { return address_; }
  size_t sizeBytes() const { return sizeBytes_; }

 private:
  const Driver& driver_;
  CUdeviceptr address_ = 0;
  size_t sizeBytes_;
};

// Memory of the host that the GPU writes and copies directly, zeroed.
class PinnedMemory {
 public:
  PinnedMemory(const Context& context, size_t sizeBytes);
  ~PinnedMemory();
  PinnedMemory(const PinnedMemory&) = delete;
  PinnedMemory& operator=(const PinnedMemory&) = delete;

  std::byte* host() const { return host_; }
  CUdeviceptr device() const { return device_; }
  size_t sizeBytes() const { return sizeBytes_; }

 private:
  const Driver& driver_;
  std::byte* host_ = nullptr;
  CUdeviceptr device_ = 0;
  size_t sizeBytes_;
};

// Pins memory that somebody else has, page-aligned, so that the GPU copies it directly; for as long as this object lives.
class PinnedRegion {
 public:
  // Throws CallFailed.
  PinnedRegion(const Context& context, void* address, size_t sizeBytes);
  ~PinnedRegion();
  PinnedRegion(const PinnedRegion&) = delete;
  PinnedRegion& operator=(const PinnedRegion&) = delete;

 private:
  const Driver& driver_;
  void* address_;
};

// A point in a stream's work; done before it is first recorded.
class Event {
 public:
  explicit Event(const Context& context);
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  CUevent get() const { return event_; }
  void record(CUstream stream) {
    driver_.cuEventRecord(event_, stream);
    isPending_ = true;
  }
  // Asks the driver until it is, and no more then.
  bool isDone() {
    if (isPending_) isPending_ = !driver_.isDone(event_);
    return !isPending_;
  }

 private:
  const Driver& driver_;
  CUevent event_ = nullptr;
  bool isPending_ = false;
};

// Runs a call of a destructor: a lost context refuses it, and what it would free is gone already.
template <typename Call>
void quietly(Call call) noexcept {
  try {
    call();
  } catch (const CallFailed&) {
  }
}

}  // namespace missile::cuda
