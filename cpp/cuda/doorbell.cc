#include "doorbell.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace missile::cuda {

namespace {

static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t) && std::atomic<uint32_t>::is_always_lock_free);

}  // namespace

void Doorbell::wake() {
  asleep_.store(0, std::memory_order_relaxed);
  syscall(SYS_futex, &asleep_, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

// The steady clock is CLOCK_MONOTONIC, which is what this kind of wait goes by.
bool Doorbell::waitUntil(Clock::time_point until) {
  const auto sinceBoot = until.time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(sinceBoot);
  const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(sinceBoot - seconds);
  const timespec at{static_cast<time_t>(seconds.count()), static_cast<long>(rest.count())};
  const long woken = syscall(SYS_futex, &asleep_, FUTEX_WAIT_BITSET, kAsleep, &at, nullptr, FUTEX_BITSET_MATCH_ANY);
  return woken == 0 || errno != ETIMEDOUT;
}

}  // namespace missile::cuda
