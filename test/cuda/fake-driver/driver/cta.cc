// What twins ask of the thread block that they are.
#include <algorithm>
#include <chrono>
#include <thread>

#include "gpu.h"
#include "twins.h"

namespace missile::fake {

namespace {

// Long enough that hundreds of waiting thread blocks leave the CPUs to those that work.
constexpr std::chrono::microseconds kPause(50);
// Who works longer than this looks up whether it is to die.
constexpr std::chrono::nanoseconds kNap(1'000'000);

void dieIfKilled() {
  if (Gpu::get().sms.isKilling) throw Killed{};
}

}  // namespace

void Cta::pause() const {
  dieIfKilled();
  std::this_thread::sleep_for(kPause);
}

void Cta::work(uint64_t ns) const {
  dieIfKilled();
  for (std::chrono::nanoseconds left(ns); left.count() > 0; left -= kNap) {
    std::this_thread::sleep_for(std::min(left, kNap));
    dieIfKilled();
  }
}

void Cta::stayWhileHeld() const {
  if (mishap != Mishap::hold) return;
  Sms& sms = Gpu::get().sms;
  sms.held++;
  while (sms.isHolding && !sms.isKilling) std::this_thread::sleep_for(kPause);
  sms.held--;
  dieIfKilled();
}

void Cta::workOneBlock() const {
  stayWhileHeld();
  work(Gpu::get().settings.blockNs.load(std::memory_order_relaxed));
}

void Cta::mustHold(const void* address, size_t bytes) const {
  if (!Gpu::get().memory.holds(reinterpret_cast<Address>(address), bytes)) throw DeviceFault{CUDA_ERROR_ILLEGAL_ADDRESS};
}

}  // namespace missile::fake

namespace emulated {

unsigned long long nowNs() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<unsigned long long>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

}  // namespace emulated
