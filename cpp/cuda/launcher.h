// Launches on the GPU: started, extended, taken back, and told when they end.
//
// Belongs to one thread; ends when nothing is in flight, or the context is lost. Nothing here waits for the GPU: `launch`, `extend` and
// `evict` put work on streams, `turn` looks at what the kernels have reported and feeds the next ones.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "control_stream.h"
#include "device.h"
#include "flight.h"
#include "network.h"
#include "partition_pool.h"
#include "report_slots.h"
#include "state_arena.h"

namespace missile::cuda {

class Launcher {
 public:
  // `networkOf` is asked once a launch; the network must live while `uses(tenant)`.
  Launcher(Context& context, const TpcMap& map, PartitionPool& partitions, SmTable sms,
           std::function<Network&(int tenant)> networkOf);

  // Throws std::logic_error for an order that only a bug can give, CallFailed.
  void launch(const LaunchOrder& order, TpcSet tpcs);
  // Both ignore a launch that has ended, and `extend` one that has lost its last TPC. Evictions reach the GPU with the next order of another
  // kind, or with the next turn: several of them together.
  void extend(int64_t launch, TpcSet tpcs);
  void evict(int64_t launch, TpcSet tpcs);

  // One look at every launch in flight: writes events, feeds streams (some kernels of urgent launches, one of the others), frees what is
  // drained. True if anything happened. Events for which there is no room are told by a later turn.
  bool turn(EventSink& events);

  // Whether anything is in flight, or not drained yet.
  bool busy() const { return !flights_.empty(); }
  // Whether a launch of the tenant is in flight or not drained yet: its memory is in use.
  bool uses(int tenant) const;
  // Brings the tenant's coloured memory on; its blocks move only while no kernel in flight or to come needs what is in them. True if
  // anything happened.
  bool tendMemory(int tenant);
  // The tenants whose kernels are on the GPU and not done, in order: after a fault, those of whom one has caused it.
  std::vector<int> executing() const;
  // Slots of memory that launches have; none when nothing is busy.
  size_t slotsTaken() const { return deck_.states.taken() + deck_.reports.taken(); }
  // Launches that began on a partition larger than their TPCs.
  uint64_t fallbacks() const { return fallbacks_; }
  // The tenant of a launch whose kernel reached outside its memory, for each such launch once and between the turns before it retires;
  // -1: no other. The launch stops by itself.
  int takeStray();

 private:
  Flight* find(int64_t launch);
  bool usesColoured(int tenant) const;
  void check(const LaunchOrder& order, const Network& network, TpcSet tpcs) const;
  bool feedOther();
  bool landDrained();

  const TpcMap& map_;
  FlightDeck deck_;
  std::function<Network&(int tenant)> networkOf_;
  std::vector<std::unique_ptr<Flight>> flights_;  // urgent ones first, then in order of launch
  std::vector<std::unique_ptr<Flight>> spare_;
  std::vector<int> strays_;  // tenants
  size_t lastFed_ = 0;       // of flights_: who is not urgent and was fed last
  uint64_t fallbacks_ = 0;
};

}  // namespace missile::cuda
