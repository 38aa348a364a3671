// Lets one thread sleep until another has something for it. Ringing costs a fence and a load while nobody sleeps.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace missile::cuda {

// For whoever looks again and again instead: lets other threads run now and then, since with few cores one of them may be awaited.
inline void lookAgain(unsigned look) {
  constexpr unsigned kLooksBeforeYield = 64;
  if (look % kLooksBeforeYield == kLooksBeforeYield - 1) std::this_thread::yield();
}

class Doorbell {
 public:
  using Clock = std::chrono::steady_clock;

  // Call it after making what the sleeper looks for visible.
  void ring() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (!asleep_.load(std::memory_order_relaxed)) return;
    const std::lock_guard lock(mutex_);
    changed_.notify_one();
  }

  // Sleeps until ready() or until the instant has come.
  template <typename Ready>
  void sleepUntil(Clock::time_point until, Ready ready) {
    std::unique_lock lock(mutex_);
    asleep_.store(true, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    changed_.wait_until(lock, until, ready);
    asleep_.store(false, std::memory_order_relaxed);
  }

 private:
  std::atomic<bool> asleep_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace missile::cuda
