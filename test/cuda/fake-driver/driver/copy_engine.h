// A copy engine: one copy at a time, in the order in which streams come to them, at the bandwidth set.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

#include "settings.h"

namespace missile::fake {

class CopyEngine {
 public:
  struct Job {
    size_t bytes;
    std::function<void()> move;  // called without the lock
    std::function<void()> done;  // called with the lock held
  };

  CopyEngine(const Settings& settings, std::mutex& mutex, std::function<void()> onIdle)
      : settings_(settings), mutex_(mutex), onIdle_(std::move(onIdle)) {}

  void submit(Job job);
  // Whether moving so much now would keep nobody waiting: then a thread for it would cost more than the copy.
  bool isInstant(size_t bytes) const;
  // What waits is dropped; a copy in flight is moved, but never done.
  void drop();
  bool isIdle() const { return !isMoving_; }

 private:
  void work();

  const Settings& settings_;
  std::mutex& mutex_;
  std::function<void()> onIdle_;
  std::condition_variable hasWork_;
  std::deque<Job> jobs_;
  bool isStarted_ = false, isMoving_ = false, isDropped_ = false;
  // When the link is free again.
  std::chrono::steady_clock::time_point freeAt_{};
};

}  // namespace missile::fake
