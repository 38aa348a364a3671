// The one fake GPU of this process: its parts, their lock, and what every call of the driver begins with.
#pragma once

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "copy_engine.h"
#include "errors.h"
#include "faults.h"
#include "memory.h"
#include "settings.h"
#include "sms.h"
#include "streams.h"

namespace missile::fake {

// Objects that callers hold by handle, each the address of the object.
template <typename Handle, typename Object>
class Handles {
 public:
  Handle add(std::shared_ptr<Object> object) {
    const auto handle = reinterpret_cast<Handle>(object.get());
    objects_[handle] = std::move(object);
    return handle;
  }
  // Null for a handle that is not alive.
  std::shared_ptr<Object> find(Handle handle) const {
    const auto found = objects_.find(handle);
    return found == objects_.end() ? nullptr : found->second;
  }
  bool remove(Handle handle) { return objects_.erase(handle) > 0; }
  void clear() { objects_.clear(); }
  size_t size() const { return objects_.size(); }
  auto begin() const { return objects_.begin(); }
  auto end() const { return objects_.end(); }

 private:
  std::unordered_map<Handle, std::shared_ptr<Object>> objects_;
};

struct GreenContext {
  SmSet sms;
};

// Stands for a loaded image: every image holds every kernel that has a twin.
struct Image {};

enum class Needs { nothing, initialised, context };
enum class Engine { toDevice, toHost, withinDevice };

class Gpu {
 public:
  // Never destroyed: its threads may outlive any order of static destructors.
  static Gpu& get();

  // Held by every call and by whatever changes state; twins and copies run without it.
  std::mutex mutex;
  Settings settings;
  Faults faults;
  Memory memory;
  Sms sms;
  Handles<cuda::CUstream, Stream> streams;
  Handles<cuda::CUevent, Event> events;
  Handles<cuda::CUgreenCtx, GreenContext> greenContexts;
  std::atomic<bool> isHoldingGreenContexts = false;
  Handles<cuda::CUgraph, Graph> graphs;
  Handles<cuda::CUgraphExec, Graph> executableGraphs;
  Handles<cuda::CUlibrary, Image> libraries;
  Handles<cuda::CUmodule, Image> modules;
  bool isInitialised = false;

  CopyEngine& engine(Engine which) { return *engines_[static_cast<size_t>(which)]; }
  StreamPtr newStream(SmSet sms, int priority);
  // The stream of a handle, null the context's own; no stream for a handle that is not alive.
  StreamPtr streamOf(cuda::CUstream handle) const { return handle == nullptr ? nullStream_ : streams.find(handle); }

  // What a call is to answer before it does anything.
  CUresult refusal(const char* call, Needs needs);
  // Waits until `isDone`; the error if the GPU is lost.
  template <typename Predicate>
  CUresult wait(std::unique_lock<std::mutex>& lock, Predicate isDone) {
    changed_.wait(lock, [&] { return lost_ != CUDA_SUCCESS || isDone(); });
    return lost_;
  }
  bool isIdle() const;

  // What every call is refused with since a kernel has faulted, in whatever context: as on a real GPU, for this process's whole life.
  CUresult lost() const { return lost_; }

  // The primary context: each life of it has a handle of its own.
  cuda::CUcontext retain();
  bool release(std::unique_lock<std::mutex>& lock);
  void reset(std::unique_lock<std::mutex>& lock);
  bool isLive(cuda::CUcontext context) const { return isAlive_ && context == handle(); }
  size_t retained() const { return retained_; }

 private:
  Gpu();
  cuda::CUcontext handle() const { return reinterpret_cast<cuda::CUcontext>(lives_); }
  void lose(CUresult error);
  void dropWork();

  std::condition_variable changed_;
  std::array<std::unique_ptr<CopyEngine>, 3> engines_;
  StreamPtr nullStream_;
  size_t retained_ = 0;
  uintptr_t lives_ = 0;
  bool isAlive_ = false;
  CUresult lost_ = CUDA_SUCCESS;
};

// Contexts current on this thread, the last one in effect.
std::vector<cuda::CUcontext>& currentContexts();

// One call of the driver: `body(gpu, lock)` under the lock, unless the call is refused.
template <typename Body>
CUresult entry(const char* call, Needs needs, Body body) {
  Gpu& gpu = Gpu::get();
  std::unique_lock lock(gpu.mutex);
  const CUresult refused = gpu.refusal(call, needs);
  return refused != CUDA_SUCCESS ? refused : body(gpu, lock);
}

}  // namespace missile::fake
