// A thread for the copy engine of one direction: driver calls for chunks (1.5 us and more each, up to 100,000 a second) and looks at their
// events would keep kernels waiting that the executor's thread launches, and one thread is not enough for both directions. Chunks go to it
// by one ring, and come back by another.
#pragma once

#include <array>
#include <atomic>
#include <exception>
#include <thread>

#include "copy_lane.h"
#include "doorbell.h"
#include "spsc_ring.h"

namespace missile::cuda {

class CopyThread {
 public:
  // Takes `stagingBytes` of pinned memory. Throws CallFailed.
  CopyThread(const Context& context, Direction direction, size_t stagingBytes);
  // Ends the thread; what is in flight is waited for.
  ~CopyThread();
  CopyThread(const CopyThread&) = delete;
  CopyThread& operator=(const CopyThread&) = delete;

  // ---- the owner's side ----

  // Chunks arrive in the order of their submission. What they name lives until they have arrived.
  void submit(const CopyChunk& chunk);
  // The oldest chunk that has arrived, until pop(); null: none. Throws what a driver call on the other side threw.
  const CopyChunk* front();
  void pop();
  bool busy() const { return inFlight_ > 0; }
  bool uses(int tenant) const { return inFlightOf_[tenant] > 0; }

 private:
  void run();
  void work();

  const Context& context_;
  // The owner's.
  int inFlight_ = 0;
  std::array<int, kMaxTenants> inFlightOf_{};
  // Both sides'.
  SpscRing<CopyChunk, 1024> orders_;
  CopyArrivals arrivals_;
  Doorbell bell_;
  std::atomic<bool> stopping_{false}, failed_{false};
  std::exception_ptr failure_;  // written before failed_
  // The thread's.
  CopyLane lane_;

  std::thread thread_;
};

}  // namespace missile::cuda
