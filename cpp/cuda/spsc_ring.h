// A ring between two threads: one pushes, the other pops, neither ever waits for the other.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

namespace missile::cuda {

template <typename Item, size_t kCapacity>
class SpscRing {
  static_assert((kCapacity & (kCapacity - 1)) == 0, "positions wrap by masking");

 public:
  // The pushing thread's. False: full, nothing was pushed.
  bool push(const Item& item) {
    const size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - seenHead_ == kCapacity) {
      seenHead_ = head_.load(std::memory_order_acquire);
      if (tail - seenHead_ == kCapacity) return false;
    }
    items_[tail & (kCapacity - 1)] = item;
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }
  // The pushing thread's. Room for so many more at least.
  size_t room() const {
    return kCapacity - (tail_.load(std::memory_order_relaxed) - head_.load(std::memory_order_acquire));
  }

  // For any thread: how many items were ever pushed, and whether all of them have been popped.
  size_t pushed() const { return tail_.load(std::memory_order_acquire); }
  bool isEmpty() const { return head_.load(std::memory_order_acquire) == pushed(); }

  // The popping thread's: the oldest item until pop(), null when there is none.
  const Item* front() const {
    const size_t head = head_.load(std::memory_order_relaxed);
    if (head == seenTail_) {
      seenTail_ = tail_.load(std::memory_order_acquire);
      if (head == seenTail_) return nullptr;
    }
    return &items_[head & (kCapacity - 1)];
  }
  void pop() { head_.store(head_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }

 private:
  std::array<Item, kCapacity> items_{};
  // Each side's position and what it last saw of the other's, on a cache line of their own.
  alignas(64) std::atomic<size_t> tail_{0};
  size_t seenHead_ = 0;
  alignas(64) std::atomic<size_t> head_{0};
  mutable size_t seenTail_ = 0;
};

}  // namespace missile::cuda
