// Lets one thread sleep until another, of this process or of one that shares the memory, has something for it. Ringing costs a fence
// and a load while nobody sleeps.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

namespace missile::cuda {

// Whoever is told something looks for it for so long after the last thing that happened, and sleeps then: waking takes 50 us and more. 50 ms rather than 10 in the host's threads took a lone tenant of 100 requests a second from p99 0.65 to
// 1.2 ms to 0.47 to 0.76; polls that sleep no sooner either took three others from p50 0.32, 0.32 and 0.41 to 0.28, 0.29 and 0.39, and their p99 by -6 to +3 % (virtual machines
// with an H200). Too large: cores are busy for nothing.
constexpr int64_t kLingerNs = 50'000'000;

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
    if (asleep_.load(std::memory_order_relaxed) == kAsleep) wake();
  }

  // Sleeps until ready() or until the instant has come.
  template <typename Ready>
  void sleepUntil(Clock::time_point until, Ready ready) {
    for (bool inTime = true; inTime;) {
      asleep_.store(kAsleep, std::memory_order_relaxed);
      std::atomic_thread_fence(std::memory_order_seq_cst);
      if (ready()) break;
      inTime = waitUntil(until);
    }
    asleep_.store(0, std::memory_order_relaxed);
  }

 private:
  static constexpr uint32_t kAsleep = 1;

  void wake();
  // Until woken, at once if that has happened since asleep_ was set. False: the instant has come.
  bool waitUntil(Clock::time_point until);

  // A futex: unlike a condition variable it works across processes, and outlives one that is killed.
  std::atomic<uint32_t> asleep_{0};
};

}  // namespace missile::cuda
