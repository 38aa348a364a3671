#include "copy_engine.h"

#include <algorithm>
#include <thread>

namespace missile::fake {

namespace {

constexpr size_t kInstantBytes = 64 << 10;

}  // namespace

bool CopyEngine::isInstant(size_t bytes) const {
  return settings_.copyGBps == 0 && bytes <= kInstantBytes && jobs_.empty() && !isMoving_;
}

void CopyEngine::submit(Job job) {
  if (!isStarted_) std::thread([this] { work(); }).detach();
  isStarted_ = true;
  jobs_.push_back(std::move(job));
  hasWork_.notify_one();
}

void CopyEngine::drop() {
  jobs_.clear();
  isDropped_ = isMoving_;
}

void CopyEngine::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    hasWork_.wait(lock, [&] { return !jobs_.empty(); });
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    isMoving_ = true;
    lock.unlock();
    job.move();
    if (settings_.copyGBps > 0) {
      const std::chrono::nanoseconds taken(static_cast<long long>(static_cast<double>(job.bytes) / settings_.copyGBps));
      freeAt_ = std::max(freeAt_, std::chrono::steady_clock::now()) + taken;
      std::this_thread::sleep_until(freeAt_);
    }
    lock.lock();
    isMoving_ = false;
    if (!isDropped_) job.done();
    isDropped_ = false;
    onIdle_();
  }
}

}  // namespace missile::fake
