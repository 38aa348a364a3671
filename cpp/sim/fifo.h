// A queue in one growing ring: no allocation once it has seen its longest backlog.
#pragma once

#include <cstddef>
#include <vector>

namespace missile::sim {

template <typename T>
class Fifo {
 public:
  bool empty() const { return head_ == tail_; }
  size_t size() const { return tail_ - head_; }
  T& front() { return at(0); }
  const T& front() const { return ring_[head_ & (ring_.size() - 1)]; }
  T& back() { return at(size() - 1); }
  T& at(size_t index) { return ring_[(head_ + index) & (ring_.size() - 1)]; }
  void pop() { head_++; }

  void push(const T& item) {
    if (size() == ring_.size()) grow();
    tail_++;
    back() = item;
  }

 private:
  void grow() {
    std::vector<T> larger(ring_.size() * 2);
    const size_t count = size();
    for (size_t i = 0; i < count; i++) larger[i] = at(i);
    ring_.swap(larger);
    head_ = 0;
    tail_ = count;
  }

  std::vector<T> ring_ = std::vector<T>(16);  // always a power of two long
  size_t head_ = 0, tail_ = 0;
};

}  // namespace missile::sim
