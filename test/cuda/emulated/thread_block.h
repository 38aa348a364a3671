// A thread block on the CPU: its threads take turns on one thread of the operating system, each until it comes to a barrier of its block or an
// instruction that its warp does together. Who goes on first after a barrier is anybody's guess, as on a GPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <vector>

namespace emulated {

constexpr unsigned kWarpThreads = 32;

class Fiber;

class ThreadBlock {
 public:
  ThreadBlock();
  ~ThreadBlock();

  // Runs `body` as so many threads, a multiple of a warp, until all have returned. Throws std::logic_error where some wait for others for ever.
  void run(unsigned threads, const std::function<void()>& body);

  // The block that the calling thread belongs to.
  static ThreadBlock& current();

  // Of the calling thread.
  unsigned thread() const { return running_; }
  void barrier();
  // Whether it is so for any thread of the block.
  bool anyOf(bool is);
  // What the last lane to come does for all of its warp: `operands` has what each lane gave.
  using Together = void (*)(void* const (&operands)[kWarpThreads]);
  void together(void* operand, Together act);

  // 16 bytes that come to `to` from `from`, or zeros from nowhere, when they are waited for.
  void copyLater(unsigned char* to, const void* from);
  void commitCopies();
  void awaitCopies(unsigned groupsUnderWay);

 private:
  friend class Fiber;
  struct Warp {
    void* operands[kWarpThreads];
    unsigned arrived = 0;
  };

  void runUntilAllWait();
  void wait();

  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Warp> warps_;
  std::vector<unsigned> ready_;
  const std::function<void()>* body_ = nullptr;
  unsigned threads_ = 0, running_ = 0, atBarrier_ = 0, ended_ = 0;
  bool any_ = false, anyBefore_ = false;
  std::minstd_rand random_;
};

}  // namespace emulated
