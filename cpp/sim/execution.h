// The SMs at work: launches, the waves of blocks in which their kernels run, and how fast these are.
//
// Things happen at instants. The caller moves to the next one (nextNs), lets waves end and kernels begin (advance),
// applies the orders that take effect (start, grow, shrink), and closes the instant (settle): blocks are placed where
// there is room, speeds are computed anew if the set of waves has changed, and what has left is told.
//
// Waves are lazy. A kernel that has its TPCs to itself runs all its full rounds as one wave, one event. Only when
// somebody else wants these SMs, or the launch gains or loses TPCs, is the wave cut at the end of its present round and
// the rest given back to the kernel's block counter.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "device.h"
#include "kernel_cost.h"
#include "launch.h"
#include "sm_placement.h"
#include "speed.h"
#include "tpc_times.h"
#include "traffic.h"

namespace missile::sim {

struct Tenant {
  std::vector<LoadedKernel> kernels;  // empty: not loaded
  ChannelSet channels;
};

// What happened in an instant, told to the owner.
class ExecutionListener {
 public:
  virtual void onYielded(int64_t launch, TpcSet tpcs) = 0;
  // A kernel of an elastic launch follows another: the driver takes each by itself.
  virtual void onKernelFed() = 0;
  virtual void onRetired(int64_t launch, int kernelsDone, int64_t blocksLeft) = 0;

 protected:
  ~ExecutionListener() = default;
};

class Execution {
 public:
  Execution(const KernelCost& cost, const std::vector<Tenant>& tenants, Traffic& traffic, TpcTimes& tpcTimes,
            ExecutionListener& listener);

  void add(const LaunchOrder& order, TpcSet tpcs);
  bool knows(int64_t launch) const { return find(launch) != nullptr; }
  bool uses(int tenant) const;

  // The host has launched it: its first kernel begins.
  void start(int64_t launch, int64_t nowNs);
  // An order to extend is on its way: the launch stays even if it loses its last TPC meanwhile.
  void expectExtension(int64_t launch);
  // Adds TPCs; `blocked` of them only once an earlier eviction has taken them away. `issue` numbers the order.
  void grow(int64_t launch, TpcSet tpcs, TpcSet blocked, int64_t issue, int64_t nowNs);
  // Takes TPCs away at the next block boundary. `cancelled` were asked for before but are not in use yet.
  void shrink(int64_t launch, TpcSet tpcs, TpcSet cancelled, int64_t issue, int64_t nowNs);

  int64_t nextNs() const;
  void advance(int64_t nowNs);
  void settle(int64_t nowNs);

  // Brings the tenants' traffic up to the present.
  void accountTraffic(int64_t nowNs);
  // Brings the tenants' time on TPCs up to the present.
  void accountTpcTimes(int64_t nowNs);

 private:
  Launch* find(int64_t id);
  const Launch* find(int64_t id) const { return const_cast<Execution*>(this)->find(id); }
  int slotOf(const Launch& launch) const { return static_cast<int>(&launch - launches_.data()); }

  void beginKernel(Launch& launch, double gapNs, int64_t nowNs);
  void finishKernel(Launch& launch, int64_t nowNs);
  void endWave(size_t index, int64_t nowNs);
  void retire(Launch& launch, int64_t blocksLeft);
  void yield(Launch& launch, TpcSet tpcs);
  void flushTraffic(Launch& launch);
  double workingShare(const Launch& launch, const Wave& wave) const;
  void countTime(Wave& wave, int64_t nowNs);
  void flushTime(Launch& launch);

  template <typename Wanted>
  bool anyOther(const Launch& launch, Wanted wanted) const;
  TpcSet inFlightTpcs(const Launch& launch) const;

  void cutWaves(TpcSet tpcs, int64_t nowNs);
  void cut(Wave& wave, int64_t nowNs);
  void progress(Wave& wave, int64_t nowNs);
  void scheduleEnd(Wave& wave, int64_t nowNs);

  void offerRoom(TpcSet tpcs);
  void placeBlocks(int64_t nowNs);
  void place(Launch& launch, int64_t nowNs);
  void addWave(Launch& launch, TpcSet tpcs, int64_t blocks, int64_t rounds, int64_t nowNs);

  void price(int64_t nowNs);

  const KernelCost& cost_;
  const std::vector<Tenant>& tenants_;
  Traffic& traffic_;
  TpcTimes& tpcTimes_;
  ExecutionListener& listener_;
  Speed speed_;
  SmRoom room_;

  std::vector<Launch> launches_;  // slots; waves point into it
  std::vector<int> active_;       // occupied slots in order of issue
  std::vector<int> waiting_;      // scratch of placeBlocks
  std::vector<Wave> waves_;
  int64_t sequence_ = 0;
  bool roomChanged_ = false;   // some launch seeks room
  bool wavesChanged_ = false;  // speeds must be computed anew
};

}  // namespace missile::sim
