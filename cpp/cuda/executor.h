// The real GPU behind the Device port. A native thread makes every driver call but those of copies: it takes orders from one ring, watches what the GPU
// reports, and writes events into another; whoever holds the Device only touches the rings. The thread spins while anything is in
// flight and sleeps otherwise.
//
// A driver call that fails is the event deviceFailed; from then on orders are dropped until rebuild().
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "channel_ledger.h"
#include "device.h"
#include "doorbell.h"
#include "latency_histogram.h"
#include "open_gpu.h"
#include "protocol.h"
#include "spsc_ring.h"

namespace missile::cuda {

struct ExecutorStatistics {
  // From a completion seen in memory to the moment before the driver call of the first order that answers it.
  struct {
    double count, p50Ns, p99Ns, p999Ns, maxNs;
  } decisions;
  double launches, evictions;
  // Green contexts made, and launches that began masked on a larger one than theirs.
  double partitionsMade, fallbackLaunches;
};

// What an operator watches.
struct ExecutorHealth {
  ExecutorStatistics statistics{};
  ColourPool::Facts colours{};
  OpenGpu::MemoryProblem memoryProblem;
};

class Executor final : public Device {
 public:
  // Opens the GPU. A poll returns at once while the word at `doorbell`, which another thread writes, is not 0.
  // Throws CallFailed, LibraryMissing, std::runtime_error: what is missing.
  Executor(const GpuOptions& options, int32_t* doorbell);
  // Ends the thread and gives everything back.
  ~Executor();

  std::vector<KernelProfile> load(int tenant, const std::vector<Kernel>& kernels, const NetworkSizes& sizes) override;

  void launch(const LaunchOrder& order, TpcSet tpcs) override;
  void extend(int64_t launch, TpcSet tpcs) override;
  void evict(int64_t launch, TpcSet tpcs) override;
  void copy(int64_t copy, int tenant, Direction direction, double sizeBytes) override;
  void place(int tenant, ChannelSet channels) override;
  void release(int tenant) override;

  // The steady clock's ns since the first poll began, at the end of the last one: what is loaded before is there from the start.
  int64_t nowNs() const override { return nowNs_; }
  // The same clock at this moment. Events that were seen before it may still wait for a poll.
  int64_t presentNs() const { return startNs_ == kNotStarted ? 0 : clockNs() - startNs_; }
  // Events carry the instant at which they were seen; one that is seen after untilNs waits for a later poll.
  void poll(int64_t untilNs, EventSink& events) override;
  void channelBytes(double* out) override { ledger_.write(out); }

  void tpcNs(double* out) override { tpcTimes_.copyTo(out); }
  // As it is now: waits for the native thread.
  ExecutorStatistics statistics();
  // As it was soon after the last call; the first one finds nothing. Waits for nobody.
  std::optional<ExecutorHealth> health();
  // The test of channels on the pool: for any one thread, while nothing runs; goes before a rebuild and before this object. Throws
  // std::runtime_error without a pool, CallFailed.
  std::unique_ptr<ContentionProbe> contentionProbe();
  // What the test found: once, until a rebuild, which loses it with the pool.
  void setColours(PoolColours colours);
  // All 0 without colours. Waits for the native thread.
  ColourPool::Facts colourFacts();
  // From now on, and until a rebuild, the tenant's kernels fault: to see what that does.
  void misdirect(int tenant);
  // What went wrong, for each deviceFailed event once, in their order.
  std::string takeFailure();
  // Opens the GPU anew and loads every tenant's network again. Throws as the constructor does.
  void rebuild();

 private:
  struct Order {
    CommandKind kind{};
    LaunchOrder launch{};  // of all kinds: id, tenant
    IndexSet set{};
    Direction direction{};
    double sizeBytes = 0;
    // When the completion that this order answers was seen; 0: it answers none.
    int64_t answersNs = 0;
  };
  struct Seen {
    EventKind kind{};
    int64_t id = 0;
    TpcSet tpcs{};
    int kernelsDone = 0;
    int64_t blocksLeft = 0;
    double movedBytes = 0;
    int64_t atNs = 0;
  };
  class SeenEvents;
  struct LoadedNetwork {
    std::vector<Kernel> kernels;
    NetworkSizes sizes;
    std::vector<KernelProfile> profiles;
    ChannelSet channels;
  };

  static constexpr int64_t kNotStarted = -1;

  // Of the steady clock since the GPU was opened: what both threads go by.
  int64_t clockNs() const;
  void end();

  // ---- the caller's side ----
  LoadedNetwork& loaded(int tenant);
  void give(Order order);
  // Until there is an event, the caller's doorbell rings, or the clock reaches `until`. False in the last case.
  bool awaitEvent(int64_t until);
  void deliver(const Seen& seen, EventSink& events);
  // Runs the body on the native thread and returns when it is done; throws what it throws.
  void onThread(const std::function<void()>& body);

  // ---- the native thread's side ----
  void run();
  bool takeOrders();
  void carryOut(const Order& order);
  bool runJob();
  void tellHealth();
  // But for what the caller counts.
  ExecutorStatistics statisticsNow() const;
  ColourPool::Facts colourFactsNow() const;
  bool watch();
  void drain();
  void measure(int tenant, LoadedNetwork& network);
  void rest(bool moved);
  template <typename Body>
  void attempt(const Order* order, Body body);
  int suspect(const Order* order) const;
  void fail(const std::string& what, int tenant);

  const Doorbell::Clock::time_point openedAt_ = Doorbell::Clock::now();
  const GpuOptions options_;

  // The caller's.
  std::atomic_ref<int32_t> callerBell_;
  std::vector<LoadedNetwork> networks_;
  ChannelLedger ledger_;
  int64_t startNs_ = kNotStarted;  // of clockNs: the first poll
  int64_t nowNs_ = 0;
  int64_t deliveredNs_ = 0;  // when the oldest event of the last poll was seen, until an order has answered it; 0 then
  double launches_ = 0, evictions_ = 0;
  int copiesInFlight_ = 0;

  // Both threads'.
  SpscRing<Order, 4096> orders_;
  SpscRing<Seen, 16384> seen_;
  Doorbell orderBell_, eventBell_;
  std::atomic<const std::function<void()>*> job_{nullptr};
  std::atomic<bool> stopping_{false};
  std::mutex failureMutex_;
  std::deque<std::string> failures_;
  std::atomic<bool> healthWanted_{false};
  std::mutex healthMutex_;  // held for as long as it takes to copy it
  std::optional<ExecutorHealth> health_;
  TpcTimes tpcTimes_;  // the native thread adds

  // The native thread's.
  std::unique_ptr<OpenGpu> gpu_;
  bool failed_ = false;
  LatencyHistogram decisions_;
  int64_t lastMovedNs_ = 0;
  unsigned looks_ = 0;

  std::thread thread_;
};

}  // namespace missile::cuda
