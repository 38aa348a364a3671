// What the executor's two sides share: whoever holds the Device, and the threads in the GPU host: one for kernels and one for the copy engine of
// each direction, each with a ring of orders and one of events. It lies in memory that both processes map, so nothing in it points anywhere,
// and the clock of both is the steady one.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>

#include "block_map.h"
#include "colour_pool.h"
#include "device.h"
#include "doorbell.h"
#include "inquiry.h"
#include "latency_histogram.h"
#include "protocol.h"
#include "spsc_ring.h"
#include "tpc_times.h"

namespace missile::cuda {

// A line of text in shared memory; a longer one is cut off.
class SharedLine {
 public:
  void set(const std::string& line) {
    const size_t length = std::min(line.size(), text_.size() - 1);
    std::memcpy(text_.data(), line.data(), length);
    text_[length] = '\0';
  }
  std::string get() const { return text_.data(); }

 private:
  std::array<char, 512> text_{};
};

// To the executor's thread.
struct ExecutorOrder {
  CommandKind kind{};
  LaunchOrder launch{};  // of all kinds: id, tenant
  IndexSet set{};
  // Chunks of copies that were ordered before a release, by direction.
  std::array<uint64_t, kDirections> copiesBefore{};
  // When the completion that this order answers was seen; 0: it answers none.
  int64_t answersNs = 0;
};

// To the thread of its direction.
struct CopyThreadOrder {
  CopyOrder copy{};
  int64_t answersNs = 0;  // as above
};

struct ExecutorEvent {
  EventKind kind{};
  int64_t id = 0;
  TpcSet tpcs{};
  int kernelsDone = 0;
  int64_t blocksLeft = 0;
  double movedBytes = 0;
  int64_t atNs = 0;  // seen by the thread that tells it
};
using EventRing = SpscRing<ExecutorEvent, 4096>;

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
  // A tenant whose memory is not coloured though that is wanted, and why; -1: there is none.
  int uncolouredTenant = -1;
  SharedLine uncolouredWhy;
};

struct ExecutorExchange {
  // Of one life of the GPU.
  struct Traffic {
    struct Copies {
      SpscRing<CopyThreadOrder, 1024> orders;
      EventRing seen;
      Doorbell orderBell;
    };

    SpscRing<ExecutorOrder, 4096> orders;
    EventRing seen;
    std::array<Copies, kDirections> copies;
    Doorbell orderBell, eventBell;
    Inquiry<ExecutorHealth> health;
    // Of the tenant that it names when it is asked for.
    Inquiry<BlockMap> blocks;
    // Written before the event deviceFailed, of which there is one.
    SharedLine failure;
  };

  // Forgets the traffic with a host that is no more; what has been counted stays.
  void renew() { std::construct_at(&traffic); }
  // Of the steady clock since the GPU was first opened.
  int64_t clockNs() const {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(Doorbell::Clock::now() - openedAt).count();
  }
  Doorbell::Clock::time_point timeOf(int64_t clockNs) const { return openedAt + std::chrono::nanoseconds(clockNs); }

  const Doorbell::Clock::time_point openedAt = Doorbell::Clock::now();
  Traffic traffic;
  // The executor's thread adds.
  TpcTimes tpcTimes;
  // Each thread of the host adds to one: the executor's, and those of copies by direction.
  LatencyHistogram decisions;
  std::array<LatencyHistogram, kDirections> copyDecisions;
};

}  // namespace missile::cuda
