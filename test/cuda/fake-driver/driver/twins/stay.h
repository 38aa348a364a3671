// The protocol of cpp/cuda/elastic.h for the CPU: the twin of cpp/cuda/kernels/elastic.cuh, function by function.
//
// All operations are sequentially consistent, which holds whatever the fences of the GPU's kernels promise.
#pragma once

#include <atomic>
#include <chrono>

#include "../twins.h"
#include "cuda/elastic.h"

namespace missile::fake {

using cuda::Farewell;
using cuda::KernelLaunch;
using cuda::KernelProgress;
using cuda::LaunchReport;
using cuda::LaunchState;

// A word that kernels, copy engines and the host share.
template <typename Word>
std::atomic_ref<Word> shared(Word& word) {
  return std::atomic_ref<Word>(word);
}

// Thrown by the work of a logical block that reaches outside its views.
struct Stray {};

inline bool isRevoked(LaunchState& state, unsigned tpc) { return (shared(state.revoked[tpc / 32]) >> tpc % 32 & 1) != 0; }

inline void bidFarewell(LaunchState& state, LaunchReport& report, unsigned tpc) {
  uint32_t generation;
  do {
    generation = shared(state.generation);
    if (!isRevoked(state, tpc) || shared(state.busy[tpc]) != 0) return;
    shared(report.left[tpc]) = Farewell{generation, 0, 0}.packed() | shared(state.farthest);
  } while (shared(state.generation) != generation);
}

// A thread block's stay on an SM.
class Stay {
 public:
  Stay(const Cta& cta, const KernelLaunch& launch)
      : cta_(cta), launch_(launch), state_(*launch.state), own_(state_.progress()[launch.kernel]), since_(Clock::now()) {
    cta.mustHold(&own_, sizeof own_);
    cta.mustHold(launch.report, sizeof *launch.report);
    tpc_ = launch.sms.tpcOfSm[cta.sm];
  }

  // Persistent: does work(logical block) for one block after the other until none is left or the TPC is revoked.
  template <typename Work>
  void runElastic(Work work) {
    if (isRevoked(state_, tpc_)) return;
    shared(state_.busy[tpc_])++;
    isRevoked_ = isRevoked(state_, tpc_);
    if (!isRevoked_ && waitForKernelBefore()) {
      while (claim()) {
        doBlock(launch_.firstBlock + lastClaim_, work);
        finished_++;
      }
    }
    leave();
  }

  // One thread block a logical block.
  template <typename Work>
  void runPlain(Work work) {
    doBlock(launch_.firstBlock + cta_.index, work);
    if (!launch_.isUntold) addDone(1);
    addBusyTime();
  }

 private:
  using Clock = std::chrono::steady_clock;
  // After so long without anybody at work on the kernel before it was evicted. Far longer than on a GPU: its thread blocks may wait for
  // a CPU meanwhile.
  static constexpr std::chrono::milliseconds kPatience{20};

  // A block that strays is told to the host and skips what it would have done.
  template <typename Work>
  void doBlock(uint32_t block, Work work) {
    try {
      if (cta_.mishap == Mishap::stray) throw Stray{};
      work(block);
    } catch (const Stray&) {
      shared(launch_.report->strayBlock) = 1 + block;
    }
    cta_.workOneBlock();
  }

  // False: this thread block has nothing to wait for.
  bool waitForKernelBefore() {
    if (launch_.blocksBefore == 0) return true;
    KernelProgress& before = state_.progress()[launch_.kernel - 1];
    Clock::time_point lastSeenAtWork = Clock::now();
    for (;;) {
      const uint32_t done = shared(before.done);
      // One more: the host has been told.
      if (done > launch_.blocksBefore) return true;
      if ((isRevoked_ = isRevoked(state_, tpc_))) return false;
      const uint32_t claimed = shared(before.claimed);
      const bool isDeserted = claimed < launch_.blocksBefore && claimed == done;
      if (!isDeserted) lastSeenAtWork = Clock::now();
      if (Clock::now() - lastSeenAtWork > kPatience) return false;
      cta_.pause();
    }
  }

  bool claim() {
    isRevoked_ = isRevoked(state_, tpc_);
    if (isRevoked_) return false;
    const uint32_t block = shared(own_.claimed)++;
    if (block >= launch_.blocks) return false;
    lastClaim_ = block;
    return true;
  }

  // Of the launch, for the host; only then may others go on to the next kernel.
  void addDone(uint32_t blocks) {
    if (shared(own_.done).fetch_add(blocks) + blocks != launch_.blocks) return;
    shared(launch_.report->kernelsDone) = launch_.kernel + 1;
    shared(own_.done) += launch_.repeats ? 0u - launch_.blocks : 1u;
  }

  void addBusyTime() const {
    const auto ns = std::chrono::nanoseconds(Clock::now() - since_).count();
    shared(launch_.sms.busyNs[launch_.tenant * cuda::kMostSms + cta_.sm]) += static_cast<unsigned long long>(ns);
  }

  void raiseFarthest(unsigned long long farewell) {
    auto farthest = shared(state_.farthest);
    for (unsigned long long seen = farthest; seen < farewell && !farthest.compare_exchange_weak(seen, farewell);) {
    }
  }

  void leave() {
    if (finished_ > 0) {
      if (isRevoked_) raiseFarthest(Farewell{0, launch_.kernel, lastClaim_ + 1}.packed());
      addDone(finished_);
    }
    addBusyTime();
    if (--shared(state_.busy[tpc_]) == 0) bidFarewell(state_, *launch_.report, tpc_);
  }

  const Cta& cta_;
  const KernelLaunch& launch_;
  LaunchState& state_;
  KernelProgress& own_;
  const Clock::time_point since_;
  unsigned tpc_ = 0;
  uint32_t finished_ = 0, lastClaim_ = 0;
  bool isRevoked_ = false;
};

// Does a logical block of a kernel whose memory is linear or coloured.
template <typename Arguments>
using BlockWork = void (*)(const Cta&, const KernelLaunch&, const Arguments&, uint32_t block);

template <typename Arguments, BlockWork<Arguments> work>
void elastic(const Cta& cta, KernelLaunch launch, Arguments arguments) {
  Stay(cta, launch).runElastic([&](uint32_t block) { work(cta, launch, arguments, block); });
}

template <typename Arguments, BlockWork<Arguments> work>
void plain(const Cta& cta, KernelLaunch launch, Arguments arguments) {
  Stay(cta, launch).runPlain([&](uint32_t block) { work(cta, launch, arguments, block); });
}

// The four variants of executable.h, as MISSILE_KERNEL makes them for the GPU.
template <typename Arguments, BlockWork<Arguments> linear, BlockWork<Arguments> coloured>
struct KernelTwins {
  explicit KernelTwins(const std::string& name)
      : elasticLinear(name + "_elastic_linear", &elastic<Arguments, linear>, Appetite::large),
        elasticColoured(name + "_elastic_coloured", &elastic<Arguments, coloured>, Appetite::large),
        plainLinear(name + "_plain_linear", &plain<Arguments, linear>, Appetite::large),
        plainColoured(name + "_plain_coloured", &plain<Arguments, coloured>, Appetite::large) {}

  TwinEntry elasticLinear, elasticColoured, plainLinear, plainColoured;
};

}  // namespace missile::fake
