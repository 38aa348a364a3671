#include "thread_block.h"

#include <setjmp.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <stdexcept>

namespace emulated {

namespace {

constexpr size_t kStackBytes = 256 * 1024;

thread_local ThreadBlock* gCurrent = nullptr;
// Where threads of a block that wait go back to.
thread_local jmp_buf gScheduler;

struct Copy {
  unsigned char* to;
  const void* from;
};

}  // namespace

// Switched by _longjmp, which costs no system call; only its first start takes a context.
class Fiber {
 public:
  Fiber() : stack_(mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {
    if (stack_ == MAP_FAILED) throw std::runtime_error("no memory for a stack");
  }
  ~Fiber() { munmap(stack_, kStackBytes); }
  Fiber(const Fiber&) = delete;

  void reset() {
    hasStarted_ = false;
    copies.clear();
    groupEnds.clear();
  }

  void resume() {
    if (_setjmp(gScheduler) != 0) return;
    if (hasStarted_) _longjmp(here_, 1);
    hasStarted_ = true;
    ucontext_t start;
    getcontext(&start);
    start.uc_stack.ss_sp = stack_;
    start.uc_stack.ss_size = kStackBytes;
    start.uc_link = nullptr;
    makecontext(&start, reinterpret_cast<void (*)()>(&Fiber::main), 0);
    setcontext(&start);
  }

  void yield() {
    if (_setjmp(here_) == 0) _longjmp(gScheduler, 1);
  }

  std::deque<Copy> copies;
  std::deque<size_t> groupEnds;  // copies of each group, the oldest first
  size_t open = 0;               // copies of no group yet

 private:
  static void main() {
    ThreadBlock& block = *gCurrent;
    (*block.body_)();
    block.ended_++;
    _longjmp(gScheduler, 1);
  }

  void* const stack_;
  bool hasStarted_ = false;
  jmp_buf here_;
};

ThreadBlock::ThreadBlock() : random_(2026) {}
ThreadBlock::~ThreadBlock() = default;

ThreadBlock& ThreadBlock::current() { return *gCurrent; }

void ThreadBlock::run(unsigned threads, const std::function<void()>& body) {
  while (fibers_.size() < threads) fibers_.push_back(std::make_unique<Fiber>());
  gCurrent = this;
  body_ = &body;
  threads_ = threads;
  atBarrier_ = ended_ = 0;
  any_ = anyBefore_ = false;
  warps_.assign((threads + kWarpThreads - 1) / kWarpThreads, {});
  ready_.clear();
  for (unsigned thread = 0; thread < threads; thread++) {
    fibers_[thread]->reset();
    ready_.push_back(thread);
  }
  while (ended_ < threads) {
    runUntilAllWait();
    if (ended_ == threads) break;
    if (atBarrier_ + ended_ < threads || atBarrier_ == 0) throw std::logic_error("threads of a block wait for others for ever");
    atBarrier_ = 0;
    anyBefore_ = any_;
    any_ = false;
    for (unsigned thread = 0; thread < threads; thread++) ready_.push_back(thread);
  }
}

// Whole warps in any order, since most of what they do they do together.
void ThreadBlock::runUntilAllWait() {
  while (!ready_.empty()) {
    std::vector<unsigned> round;
    round.swap(ready_);
    const unsigned turn = static_cast<unsigned>(random_()) % std::max<size_t>(1, round.size());
    std::rotate(round.begin(), round.begin() + turn, round.end());
    for (const unsigned thread : round) {
      running_ = thread;
      fibers_[thread]->resume();
    }
  }
}

void ThreadBlock::wait() {
  fibers_[running_]->yield();
}

void ThreadBlock::barrier() {
  atBarrier_++;
  wait();
}

bool ThreadBlock::anyOf(bool is) {
  any_ |= is;
  barrier();
  return anyBefore_;
}

void ThreadBlock::together(void* operand, Together act) {
  Warp& warp = warps_[running_ / kWarpThreads];
  warp.operands[running_ % kWarpThreads] = operand;
  if (++warp.arrived < kWarpThreads) {
    wait();
    return;
  }
  warp.arrived = 0;
  act(warp.operands);
  const unsigned first = running_ / kWarpThreads * kWarpThreads;
  for (unsigned thread = first; thread < first + kWarpThreads; thread++) {
    if (thread != running_) ready_.push_back(thread);
  }
}

void ThreadBlock::copyLater(unsigned char* to, const void* from) {
  Fiber& fiber = *fibers_[running_];
  fiber.copies.push_back({to, from});
  fiber.open++;
}

void ThreadBlock::commitCopies() {
  Fiber& fiber = *fibers_[running_];
  fiber.groupEnds.push_back(fiber.open);
  fiber.open = 0;
}

void ThreadBlock::awaitCopies(unsigned groupsUnderWay) {
  Fiber& fiber = *fibers_[running_];
  while (fiber.groupEnds.size() > groupsUnderWay) {
    for (size_t i = fiber.groupEnds.front(); i > 0; i--) {
      const Copy copy = fiber.copies.front();
      fiber.copies.pop_front();
      if (copy.from == nullptr) {
        std::memset(copy.to, 0, 16);
      } else {
        std::memcpy(copy.to, copy.from, 16);
      }
    }
    fiber.groupEnds.pop_front();
  }
}

}  // namespace emulated
