// The SMs: thread blocks of the grids that streams have come to, on as many threads as are resident.
//
// A grid's thread blocks go to the SM of its partition with the most room, those of grids of greater priority first, as
// on a GPU. Everything here is called with the GPU's lock held; twins run without it.
#pragma once

#include <atomic>
#include <bitset>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "cuda/elastic.h"
#include "twins.h"
#include "settings.h"

namespace missile::fake {

using SmSet = std::bitset<cuda::kMostSms>;

// Threads that an SM has room for, and the most thread blocks, as on an H200.
constexpr unsigned kThreadsPerSm = 2048;
constexpr unsigned kMostCtasPerSm = 32;
// What large thread blocks leave of an SM: room for a small one of the executor's own, as its kernels do on a GPU.
constexpr unsigned kThreadsLeft = 96;

struct Grid {
  const Twin* twin;
  std::vector<std::vector<std::byte>> parameters;
  unsigned ctas, threads;
  SmSet allowed;
  int priority;                   // smaller is greater
  Mishap mishap;
  std::function<void()> retired;  // called with the lock held
  unsigned placed = 0, finished = 0;
};

class Sms {
 public:
  Sms(const Settings& settings, std::mutex& mutex) : settings_(settings), mutex_(mutex), free_(settings.sms, kThreadsPerSm) {}

  void submit(std::unique_ptr<Grid> grid);
  // Thread blocks of so many threads that an SM holds.
  unsigned residents(Appetite appetite, unsigned threads) const;
  SmSet all() const;
  // What waits is dropped, and what runs is to stop; `whenStopped` in idle().
  void drop();
  bool isIdle() const { return running_ == 0; }

  // Called with the error of a thread block that faulted.
  std::function<void(CUresult)> onFault;
  // Called whenever the last resident thread block has ended.
  std::function<void()> onIdle;
  // Thread blocks that run stop at their next pause.
  std::atomic<bool> isKilling{false};
  // Launches that a test holds stay; thread blocks of them that do.
  std::atomic<bool> isHolding{false};
  std::atomic<unsigned> held{0};

 private:
  struct Placed {
    std::shared_ptr<Grid> grid;
    unsigned index, sm;
  };
  unsigned roomOf(Appetite appetite, unsigned threads) const;
  int roomiestSm(const SmSet& allowed, unsigned room) const;
  void place();
  unsigned threadsNeeded() const;
  void work();
  void run(const Placed& cta);
  void retire(const Placed& cta);

  const Settings& settings_;
  std::mutex& mutex_;
  std::condition_variable hasWork_;
  std::vector<unsigned> free_;                // room of each SM, in threads
  std::list<std::shared_ptr<Grid>> waiting_;  // by priority, then age
  std::deque<Placed> placed_;                 // not yet taken up by a thread
  unsigned threads_ = 0, idleThreads_ = 0, running_ = 0;
};

}  // namespace missile::fake
