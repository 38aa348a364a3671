#include "gpu.h"

#include "door.h"

namespace missile::fake {

Gpu& Gpu::get() {
  static Gpu* const gpu = new Gpu();
  return *gpu;
}

Gpu::Gpu() : faults(settings), memory(settings), sms(settings, mutex) {
  openDoor();
  sms.onFault = [this](CUresult error) { lose(error); };
  sms.onIdle = [this] { changed_.notify_all(); };
  for (auto& engine : engines_) engine = std::make_unique<CopyEngine>(settings, mutex, [this] { changed_.notify_all(); });
}

StreamPtr Gpu::newStream(SmSet set, int priority) {
  return std::make_shared<Stream>(set, priority, [this] { changed_.notify_all(); });
}

CUresult Gpu::refusal(const char* call, Needs needs) {
  const CUresult planned = faults.onCall(call);
  if (planned != CUDA_SUCCESS) return planned;
  if (needs == Needs::nothing) return CUDA_SUCCESS;
  if (!isInitialised) return CUDA_ERROR_NOT_INITIALIZED;
  if (needs == Needs::initialised) return CUDA_SUCCESS;
  if (currentContexts().empty() || !isLive(currentContexts().back())) return CUDA_ERROR_INVALID_CONTEXT;
  return lost_;
}

bool Gpu::isIdle() const {
  for (const auto& [handle, stream] : streams) {
    if (!stream->isIdle()) return false;
  }
  return nullStream_->isIdle();
}

cuda::CUcontext Gpu::retain() {
  if (!isAlive_) {
    lives_++;
    isAlive_ = true;
    nullStream_ = newStream(sms.all(), 0);
  }
  retained_++;
  return handle();
}

bool Gpu::release(std::unique_lock<std::mutex>& lock) {
  if (retained_ == 0) return false;
  if (--retained_ == 0) reset(lock);
  return true;
}

void Gpu::reset(std::unique_lock<std::mutex>& lock) {
  if (!isAlive_) return;
  isAlive_ = false;
  dropWork();
  changed_.wait(lock, [&] {
    for (const auto& engine : engines_) {
      if (!engine->isIdle()) return false;
    }
    return sms.isIdle();
  });
  streams.clear();
  events.clear();
  greenContexts.clear();
  graphs.clear();
  executableGraphs.clear();
  libraries.clear();
  modules.clear();
  memory.clear();
  sms.isKilling = false;
}

void Gpu::lose(CUresult error) {
  if (lost_ != CUDA_SUCCESS) return;
  lost_ = error;
  dropWork();
  changed_.notify_all();
}

void Gpu::dropWork() {
  sms.drop();
  for (const auto& engine : engines_) engine->drop();
  for (const auto& [handle, stream] : streams) stream->drop();
  nullStream_->drop();
}

std::vector<cuda::CUcontext>& currentContexts() {
  thread_local std::vector<cuda::CUcontext> contexts;
  return contexts;
}

}  // namespace missile::fake
