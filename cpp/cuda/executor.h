// The real GPU behind the Device port, as whoever holds it sees it. The context lives in a process of its own, the GPU host (gpu_host.h);
// orders go there and events come back through memory that both map (executor_exchange.h), so that a poll touches rings alone. What is
// rare goes as a message (host_protocol.h), and waits.
//
// A driver call that fails is the event deviceFailed, and so is a host that dies; from then on orders are dropped until rebuild().
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "channel_ledger.h"
#include "device.h"
#include "executor_exchange.h"
#include "gpu_host.h"
#include "remote_probe.h"
#include "request_contents.h"
#include "shared_memory.h"

namespace missile::cuda {

class Executor final : public Device {
 public:
  // Opens the GPU. A poll returns at once while the word at `doorbell`, which another thread writes, is not 0.
  // Throws std::runtime_error: what is missing.
  Executor(const GpuOptions& options, int32_t* doorbell);

  std::vector<KernelProfile> load(int tenant, const std::vector<Kernel>& kernels, const NetworkSizes& sizes,
                                  std::vector<KernelCurve>& curves, const std::vector<std::byte>& program) override;
  KernelCurve curveOf(int tenant, int kernel) override;

  void launch(const LaunchOrder& order, TpcSet tpcs) override;
  void extend(int64_t launch, TpcSet tpcs) override;
  void evict(int64_t launch, TpcSet tpcs) override;
  void copy(const CopyOrder& order) override;
  void place(int tenant, ChannelSet channels) override;
  void release(int tenant) override;

  // The steady clock's ns since the first poll began, at the end of the last one: what is loaded before is there from the start.
  int64_t nowNs() const override { return nowNs_; }
  // The same clock at this moment. Events that were seen before it may still wait for a poll.
  int64_t presentNs() const { return startNs_ == kNotStarted ? 0 : exchange_.clockNs() - startNs_; }
  // Events carry the instant at which they were seen; one that is seen after untilNs waits for a later poll.
  void poll(int64_t untilNs, EventSink& events) override;
  void channelBytes(double* out) override { ledger_.write(out); }
  void tpcNs(double* out) override { exchange_.tpcTimes.copyTo(out); }

  // What requests of a tenant get whose input is yet to be copied, while none is on its way: its program's input storage; and the output
  // storage as it came last from a slot, until another is on its way from there. Wait for nobody. Throw std::runtime_error: the tenant has
  // no program, or the size is another.
  void setInput(int tenant, std::span<const std::byte> bytes);
  std::span<const std::byte> output(int tenant, int slot);

  // As it is now: waits for the native thread.
  ExecutorStatistics statistics();
  // As it was soon after the last call; the first one finds nothing. Waits for nobody.
  std::optional<ExecutorHealth> health();
  // Where the blocks of a tenant's memory lie, as it was soon after the last call for this tenant; null until that is known. Waits for nobody.
  const BlockMap* blocks(int tenant);
  // The test of channels on the pool, while nothing runs; a rebuild ends it. Throws std::runtime_error, also without a pool.
  std::unique_ptr<RemoteProbe> contentionProbe();
  // What the test found: once, until a rebuild, which loses it with the pool.
  void setColours(PoolColours colours);
  // All 0 without colours. Waits for the native thread.
  ColourPool::Facts colourFacts();
  // From now on, and until a rebuild, the tenant's kernels fault: to see what that does.
  void misdirect(int tenant);
  // What went wrong, for each deviceFailed event once, in their order.
  std::string takeFailure();
  // Ends the host and opens the GPU in another, with every tenant's network; the curves are kept. Throws as the constructor does.
  void rebuild();
  // The process that has the GPU's context; -1 after it has died.
  int hostPid() const { return host_->pid(); }

 private:
  using Order = ExecutorOrder;
  using Seen = ExecutorEvent;
  struct LoadedNetwork {
    std::vector<Kernel> kernels;
    NetworkSizes sizes;
    std::vector<std::byte> program;
    std::vector<KernelCurve> curves;
    std::unique_ptr<RequestContents> requests;  // null: it has no program
    ChannelSet channels;
  };

  static constexpr int64_t kNotStarted = -1;

  LoadedNetwork& loaded(int tenant);
  const RequestContents& requestsOf(int tenant);
  void give(Order order);
  template <typename Ring, typename Item>
  void push(Ring& ring, Item& order);
  // Until there is an event, the caller's doorbell rings, or the clock reaches `until`. False in the last case.
  bool awaitEvent(int64_t until);
  // The event that was seen first of those that are not delivered; after the last one of a host that has died, its death. None after a failure.
  const Seen* front() const;
  void pop(const Seen& seen);
  bool isDeath(const Seen& seen) const { return death_ && &seen == &*death_; }
  void deliver(const Seen& seen, EventSink& events);
  // Now and then, whether the host lives.
  void watchHost(int64_t clockNs);
  template <typename Request>
  typename Request::Reply ask(Request request, const File* file = nullptr);
  void openGpu();

  const GpuOptions options_;
  std::atomic_ref<int32_t> callerBell_;
  SharedMemory memory_;
  ExecutorExchange& exchange_;
  std::shared_ptr<GpuHost> host_;

  std::vector<LoadedNetwork> networks_;
  ChannelLedger ledger_;
  int64_t startNs_ = kNotStarted;  // of the exchange's clock: the first poll
  int64_t nowNs_ = 0;
  int64_t deliveredNs_ = 0;  // when the oldest event of the last poll was seen, until an order has answered it; 0 then
  double launches_ = 0, evictions_ = 0;
  int copiesInFlight_ = 0;
  // When something was last in flight as a poll began, by the exchange's clock.
  int64_t lastMovedNs_ = -1'000'000'000;

  std::optional<ExecutorHealth> health_;
  BlockMap blocks_;
  std::optional<Seen> death_;  // of the host
  int64_t watchedNs_ = 0;      // when that was last looked at
  bool failed_ = false;        // deviceFailed was delivered
  std::deque<std::string> failures_;
};

}  // namespace missile::cuda
