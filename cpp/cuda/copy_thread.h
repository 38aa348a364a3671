// A thread for the copy engine of one direction. Driver calls for chunks (1.5 us and more each, up to 100,000 a second) and looks at their
// events would keep kernels waiting that the executor's thread launches, launches would keep chunks waiting, and one thread is not enough for
// both directions. So it takes its orders from a ring of its own, from whoever holds the Device, and tells there what has arrived.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <exception>
#include <thread>

#include "copy_lane.h"
#include "executor_exchange.h"
#include "spsc_ring.h"

namespace missile::cuda {

class CopyThread {
 public:
  // Takes `stagingBytes` of pinned memory. Throws CallFailed.
  CopyThread(const Context& context, Direction direction, size_t stagingBytes, ExecutorExchange& exchange);
  // Ends the thread; what is in flight is waited for.
  ~CopyThread();
  CopyThread(const CopyThread&) = delete;
  CopyThread& operator=(const CopyThread&) = delete;

  // ---- the owner's side: the executor's thread, which stays awake while this one is busy ----

  // Whose copies the tenant's orders are from now on; while there are none on their way. They live until all of them are told.
  void serve(int tenant, TenantCopies* copies) { copiesOf_[tenant].store(copies, std::memory_order_release); }
  // Orders that were ever given, and as many of the first of them as have arrived and are told.
  uint64_t ordered() const { return traffic_.orders.pushed(); }
  uint64_t told() const { return told_.load(std::memory_order_acquire); }
  bool busy() const { return told() != ordered(); }
  // Before kernels may read them, what has arrived of parameters is told to their memory. True if anything has. Throws what a driver call on
  // the other side threw.
  bool settle();
  // The tenant whose chunk was being handed to the driver when that threw; -1: none was, or nothing was thrown.
  int failedTenant() const { return failed_.load(std::memory_order_acquire) ? submitting_ : -1; }

 private:
  void run();
  void work();
  bool takeOrders();
  bool tellArrivals();
  void dropOrders();
  void sleep();

  const Context& context_;
  ExecutorExchange& exchange_;
  ExecutorExchange::Traffic::Copies& traffic_;
  LatencyHistogram& decisions_;
  // Both sides'.
  std::array<std::atomic<TenantCopies*>, kMaxTenants> copiesOf_{};
  SpscRing<CopyChunk, 1024> parameters_;
  std::atomic<uint64_t> told_{0};
  std::atomic<bool> stopping_{false}, failed_{false};
  // Written before failed_.
  std::exception_ptr failure_;
  int submitting_ = -1;  // tenant
  // The thread's.
  CopyLane lane_;

  std::thread thread_;
};

}  // namespace missile::cuda
