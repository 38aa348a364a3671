// The simulated GPU: discrete events on an integer-nanosecond clock of its own, which only poll moves.
//
// It joins what acts independently of each other: the driver, which takes one launch or chunk after another, evictions on
// their way, two copy engines, the SMs (execution.h), and events on their way back.
#pragma once

#include <vector>

#include "copy_engine.h"
#include "device.h"
#include "execution.h"
#include "fifo.h"
#include "profile.h"

namespace missile::sim {

class SimulatedGpu final : public Device, private ExecutionListener {
 public:
  explicit SimulatedGpu(const GpuSpec& spec);

  std::vector<KernelProfile> load(int tenant, const std::vector<Kernel>& kernels, const NetworkSizes& sizes,
                                  std::vector<KernelCurve>& curves, const std::vector<std::byte>& program) override;
  KernelCurve curveOf(int tenant, int kernel) override;
  void launch(const LaunchOrder& order, TpcSet tpcs) override;
  void extend(int64_t launch, TpcSet tpcs) override;
  void evict(int64_t launch, TpcSet tpcs) override;
  void copy(const CopyOrder& order) override;
  void place(int tenant, ChannelSet channels) override;
  void release(int tenant) override;
  int64_t nowNs() const override { return nowNs_; }
  void poll(int64_t untilNs, EventSink& events) override;
  void channelBytes(double* out) override;
  void tpcNs(double* out) override;

 private:
  // An order under way: it takes effect at atNs, unless its launch has retired by then.
  struct Order {
    int64_t atNs;
    int64_t launch;
    int64_t issue;  // its number among all orders
    TpcSet tpcs;
    bool starts;  // launch, else extend
  };

  // An event on its way to whoever orders.
  struct Outgoing {
    enum { yielded, retired, copied } kind;
    int64_t id;
    TpcSet tpcs = {};
    double first = 0, second = 0;
    int64_t atNs = 0;
  };

  void onYielded(int64_t launch, TpcSet tpcs) override;
  void onKernelFed() override;
  void onRetired(int64_t launch, int kernelsDone, int64_t blocksLeft) override;

  Tenant& tenantOf(int id, bool mustBeLoaded);
  int64_t driverSlotNs(double takesNs);
  int64_t nextNs() const;
  void runInstant();
  void applyHostOrder(const Order& order);
  void applyEviction(const Order& order);
  void tell(Outgoing event);
  bool isTold() const { return !outgoing_.empty() && outgoing_.front().atNs <= nowNs_; }
  void deliver(EventSink& events);

  KernelCost cost_;
  Profiler profiler_;
  std::vector<Tenant> tenants_;
  Traffic traffic_;
  TpcTimes tpcTimes_;
  Execution execution_;
  CopyEngine engines_[2];
  Fifo<Order> orders_;
  Fifo<Order> evictions_;
  Fifo<Outgoing> outgoing_;
  int64_t nowNs_ = 0;
  int64_t driverFreeNs_ = 0;
  int64_t issued_ = 0;
};

}  // namespace missile::sim
