// One launch on the GPU, from its order until nothing of it is left there.
//
// An elastic flight has a main arm, on the partition of the TPCs that it holds, which is fed some kernels ahead. TPCs that join in
// mid-kernel get an arm of their own with the kernels fed so far. Once the TPCs have changed, further kernels go to their partition,
// on a stream that waits for every arm before. A plain flight (urgent, on TPCs of its own) leaves TPCs between kernels only; one of
// short kernels goes to the GPU as a whole, in one call, and leaves them at its end.
//
// A kernel can run dry: every thread block that it had was on TPCs that were revoked, or found its predecessor given up. Once
// all arms are drained, such kernels are fed again; their counters say what is left of them.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "arm.h"
#include "control_stream.h"
#include "device.h"
#include "kernel_graph.h"
#include "kernel_run.h"
#include "partition_pool.h"
#include "report_slots.h"
#include "state_arena.h"

namespace missile::cuda {

// What all flights share.
struct FlightDeck {
  const Context& context;
  PartitionPool& partitions;
  SmTable sms;
  ControlStream control;
  StateArena states;
  ReportSlots reports;
  GraphPool graphs;
  std::vector<KernelCall> calls;  // scratch
};

class Flight {
 public:
  explicit Flight(FlightDeck& deck);
  ~Flight();
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;

  // Puts the first kernel on a stream. False: one of a partition that is larger than `tpcs`, where the others are revoked.
  bool start(const LaunchOrder& order, Network& network, TpcSet tpcs);
  // TPCs that it is still leaving join again once left.
  void extend(TpcSet tpcs);
  void evict(TpcSet tpcs);

  // Looks at what the kernels have reported; writes one event at most, if there is room. True if anything has changed.
  bool look(EventSink& events);
  // Puts one kernel on a stream, if any is due. True if so.
  bool feed();

  int64_t id() const { return id_; }
  int tenant() const { return static_cast<int>(run_.tenant); }
  bool isUrgent() const { return isUrgent_; }
  // Whether its end was told. Kernels that run dry and sweeps may still be under way.
  bool hasRetired() const { return hasRetired_; }
  // Whether a kernel reached outside its memory. Such a flight takes itself off the GPU.
  bool hasStrayed() const { return hasStrayed_; }
  // Whether it has strayed: told once.
  bool takeStray() { return hasStrayed_ && !std::exchange(strayIsTold_, true); }
  // Whether kernels of it that are begun and not done use coloured memory.
  bool usesColoured() const { return !hasRetired_ && endColoured_ > kernelsDone_; }
  // Whether a kernel of it is on a stream and has not reported that it is done, as its memory says now: also after the GPU has failed.
  bool isExecuting() const { return !hasRetired_ && report_.kernelsDone() < fed(); }
  // Nothing of it is left on the GPU. Only once retired.
  bool isDrained();
  // Drained: gives back all that it had, and may start anew.
  void land();

 private:
  // flight.cc: orders, and the end
  void join(TpcSet tpcs);
  void revoke(TpcSet tpcs);
  CUevent controlled();
  void retire(EventSink& events, uint32_t kernelsDone, uint32_t blocksLeft);

  // flight_feed.cc: what goes on which stream
  uint32_t fed() const { return main_ ? main_->next() : 0; }
  bool wantsMore() const;
  bool mainIsRight() const;
  bool hasOwnPartitionNow() const;
  void moveToOwnPartition();
  void openMain();
  void openJoining(TpcSet tpcs);
  void prepare(Arm& arm);
  bool catchUp();
  void launchNext(Arm& arm);
  KernelCall callOf(uint32_t index, const Partition& partition) const;
  bool launchGraph();
  void begin(uint32_t index);
  bool areArmsDrained();
  void releaseDrained();
  void rewindIfDry();

  // flight_reports.cc: what came back
  TpcSet whatLeft();
  bool readProgress();
  void tellLeft(TpcSet left, EventSink& events);
  void stop(EventSink& events);

  FlightDeck& deck_;
  const Driver& driver_;

  int64_t id_ = 0;
  bool isUrgent_ = false;
  KernelRun run_;
  uint32_t kernelsOrdered_ = 0;  // run_ has at most kMostKernelsPerLaunch of them
  StateArena::Slot state_;
  ReportSlot report_;
  KernelGraph* graph_ = nullptr;  // with a state and a report of its own, instead of those

  TpcSet staying_, leaving_;            // held; revoked, and not left yet
  TpcSet rejoining_;                    // of `leaving_`: to join again
  TpcSet revoked_;                      // as the state has it
  uint32_t generation_ = 0;
  uint32_t evictedAt_[kMostTpcs] = {};  // generation, of those that leave
  CUevent controlled_ = nullptr;        // behind what it gave the control stream, once that is asked for
  bool hasControlled_ = false, isControlRecorded_ = false;

  std::optional<Arm> main_;
  std::vector<Arm> others_;  // joined, or main before
  TpcSet aim_;               // TPCs for which the main arm was opened; none: others have joined since, or it has a better partition
  bool isPlain_ = false;
  uint32_t exposed_ = 0;     // kernels before this one may run dry
  uint32_t begun_ = 0;       // kernels before this one have their arguments
  uint32_t endColoured_ = 0; // one after the last of these that uses coloured memory

  uint32_t kernelsDone_ = 0;
  Farewell farthest_ = {};   // the last claim
  bool hasRetired_ = false;
  bool hasStrayed_ = false;
  bool strayIsTold_ = false;
};

}  // namespace missile::cuda
