// Everything that lives in a GPU's context and is lost with it. Belongs to the thread that made it.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "block_map.h"
#include "colour_pool.h"
#include "contention_probe.h"
#include "context.h"
#include "copy_thread.h"
#include "device.h"
#include "executor_exchange.h"
#include "gpu_spec.h"
#include "launcher.h"
#include "network.h"
#include "partition_pool.h"
#include "sm_meter.h"
#include "tenant_copies.h"
#include "tpc_map.h"

namespace missile::cuda {

struct GpuOptions {
  int ordinal;
  GpuSpec spec;
  // Pinned memory of each direction. Too small: a large chunk takes several driver calls; too large: the host has less to swap.
  size_t stagingBytes;
  // Device memory for green contexts. Too small: sets that return are made again, 1.5 ms each; too large: networks go without.
  size_t partitionBytes;
  // Device memory for coloured copies; 0: none, everything stays linear.
  size_t poolBytes;
};

class OpenGpu {
 public:
  // Makes the context current on this thread. Copies are ordered and told by the exchange. Throws CallFailed, LibraryMissing, std::runtime_error.
  OpenGpu(const GpuOptions& options, ExecutorExchange& exchange);
  ~OpenGpu();

  // Takes memory for the tenant's network, in place of the one it had. Throws CallFailed, std::runtime_error.
  void load(int tenant, const Executable& executable, HostContents host);
  // Measures each kernel of the network, as far as a load needs it, and of equal ones the first: `work` says what each does; one of them at
  // every number of TPCs that is worth trying. Nothing may run. Throws CallFailed.
  std::vector<KernelCurve> measure(int tenant, const std::vector<Kernel>& work);
  KernelCurve curveOf(int tenant, int kernel);
  // What the kernels of a network are known to cost: launches are fed ahead by it.
  void expect(int tenant, const std::vector<KernelCurve>& curves);
  void place(int tenant, ChannelSet channels);
  // See Network. Throws std::logic_error for a tenant without one.
  void misdirect(int tenant);
  // For threads that make what they hand over here.
  const Context& context() const { return context_; }
  // Null without a pool.
  ColourPool* colours() { return colours_.get(); }
  // The test of channels on the pool; goes before this object. Throws std::runtime_error without a pool, CallFailed.
  std::unique_ptr<ContentionProbe> contentionProbe();
  // The memory goes back once nothing of the tenant is in flight: launches, and of each direction's copies so many of the first.
  void release(int tenant, const std::array<uint64_t, kDirections>& copiesBefore);

  void launch(const LaunchOrder& order, TpcSet tpcs);
  void extend(int64_t launch, TpcSet tpcs) { launcher_.extend(launch, tpcs); }
  void evict(int64_t launch, TpcSet tpcs) { launcher_.evict(launch, tpcs); }

  // One look at what the GPU has reported. True if anything had happened.
  bool turn(EventSink& events, int64_t nowNs);
  // Whether anything is in flight, so that the next turn may find something.
  bool busy() const;
  // When a turn has something to do though nothing is in flight; the largest number: never.
  int64_t nextTurnNs() const { return meter_.nextTurnNs(); }
  // The tenants whose kernels are on the GPU and not done, in order; meaningful after a failure too.
  std::vector<int> executing() const { return launcher_.executing(); }
  // The tenant whose copy was being ordered when the driver refused it; -1: none was.
  int failedCopyTenant() const;
  // The tenant of a launch whose kernel reached outside its memory, before it retires; -1: no other.
  int takeStray() { return launcher_.takeStray(); }

  // Why a tenant's memory is not coloured though that is wanted: the first tenant of those, and one line. -1: there is none.
  struct MemoryProblem {
    int tenant = -1;
    std::string what;
  };
  MemoryProblem memoryProblem() const;
  // A piece of the map of its tenant's blocks. True once it is whole.
  bool survey(BlockMap& map);
  // Green contexts made, and launches that began masked on a larger partition than theirs.
  uint64_t partitionsMade() const { return partitions_.made(); }
  uint64_t fallbackLaunches() const { return launcher_.fallbacks(); }

 private:
  struct Resident {
    std::unique_ptr<Network> network;
    std::unique_ptr<TenantCopies> copies;
  };
  struct Leaving {
    int tenant;
    Resident resident;
    std::array<uint64_t, kDirections> copiesBefore;
  };

  void prepareUsualSets();
  bool isInUse(const Leaving& leaving) const;
  const Resident& resident(int tenant) const;
  bool settleCopies();
  bool tendMemory();
  void freeUnused();

  const GpuOptions& options_;
  Context context_;
  TpcMap map_;
  PartitionPool partitions_;
  SmMeter meter_;
  std::unique_ptr<ColourPool> colours_;
  std::array<Resident, kMaxTenants> residents_;
  std::vector<int> loaded_;  // tenants with a network
  std::vector<Leaving> leaving_;
  BlockSurvey survey_;
  std::array<CopyThread, kDirections> copies_;  // by direction
  Launcher launcher_;
};

}  // namespace missile::cuda
