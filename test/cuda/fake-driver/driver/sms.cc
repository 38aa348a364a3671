#include "sms.h"

#include <sys/prctl.h>

#include <algorithm>
#include <thread>

namespace missile::fake {

namespace {

// So that a sleep of some microseconds takes them, not 50 more.
constexpr unsigned long kTimerSlackNs = 1000;

}  // namespace

void Sms::submit(std::unique_ptr<Grid> grid) {
  const auto after = std::find_if(waiting_.begin(), waiting_.end(),
                                  [&](const auto& other) { return other->priority > grid->priority; });
  waiting_.insert(after, std::move(grid));
  place();
}

SmSet Sms::all() const {
  SmSet sms;
  for (unsigned sm = 0; sm < settings_.sms; sm++) sms.set(sm);
  return sms;
}

unsigned Sms::roomOf(Appetite appetite, unsigned threads) const {
  const unsigned warps = (threads + 31) / 32 * 32;
  const unsigned share = appetite == Appetite::large ? (kThreadsPerSm - kThreadsLeft) / settings_.ctasPerSm
                                                     : kThreadsPerSm / kMostCtasPerSm;
  return std::max(warps, share);
}

unsigned Sms::residents(Appetite appetite, unsigned threads) const { return kThreadsPerSm / roomOf(appetite, threads); }

int Sms::roomiestSm(const SmSet& allowed, unsigned room) const {
  int best = -1;
  for (unsigned sm = 0; sm < settings_.sms; sm++) {
    if (!allowed[sm] || free_[sm] < room) continue;
    if (best < 0 || free_[sm] > free_[static_cast<unsigned>(best)]) best = static_cast<int>(sm);
  }
  return best;
}

void Sms::place() {
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    Grid& grid = **at;
    const unsigned room = roomOf(grid.twin->appetite, grid.threads);
    for (int sm; grid.placed < grid.ctas && (sm = roomiestSm(grid.allowed, room)) >= 0; grid.placed++, running_++) {
      free_[static_cast<unsigned>(sm)] -= room;
      placed_.push_back({*at, grid.placed, static_cast<unsigned>(sm)});
    }
    at = grid.placed == grid.ctas ? waiting_.erase(at) : std::next(at);
  }
  const unsigned needed = threadsNeeded();
  for (unsigned waking = 0; waking < std::min(needed, idleThreads_); waking++) hasWork_.notify_one();
  for (unsigned started = idleThreads_; started < needed; started++) {
    if (threads_ == settings_.sms * kMostCtasPerSm) break;
    threads_++;
    idleThreads_++;
    std::thread([this] { work(); }).detach();
  }
}

// For what is placed and not yet taken up.
unsigned Sms::threadsNeeded() const {
  const auto brief = std::ranges::count_if(placed_, [](const Placed& cta) { return cta.grid->twin->pace == Pace::brief; });
  return static_cast<unsigned>(std::ssize(placed_) - brief + std::min<ptrdiff_t>(brief, 1));
}

void Sms::work() {
  prctl(PR_SET_TIMERSLACK, kTimerSlackNs);
  std::unique_lock lock(mutex_);
  for (;;) {
    hasWork_.wait(lock, [&] { return !placed_.empty(); });
    idleThreads_--;
    while (!placed_.empty()) {
      const Placed cta = std::move(placed_.front());
      placed_.pop_front();
      lock.unlock();
      CUresult fault = CUDA_SUCCESS;
      try {
        run(cta);
      } catch (const Killed&) {
      } catch (const DeviceFault& thrown) {
        fault = thrown.error;
      }
      lock.lock();
      if (fault != CUDA_SUCCESS) onFault(fault);
      retire(cta);
    }
    idleThreads_++;
  }
}

void Sms::run(const Placed& cta) {
  if (isKilling) return;
  if (cta.grid->mishap == Mishap::fault) throw DeviceFault{CUDA_ERROR_ILLEGAL_ADDRESS};
  std::vector<void*> parameters;
  for (std::vector<std::byte>& parameter : cta.grid->parameters) parameters.push_back(parameter.data());
  const Cta self{cta.index, cta.grid->ctas, cta.grid->threads, cta.sm, cta.grid->mishap};
  Cta::current = &self;
  cta.grid->twin->body(self, parameters.data());
}

void Sms::retire(const Placed& cta) {
  free_[cta.sm] += roomOf(cta.grid->twin->appetite, cta.grid->threads);
  running_--;
  if (++cta.grid->finished == cta.grid->ctas && !isKilling) cta.grid->retired();
  place();
  if (running_ == 0) onIdle();
}

void Sms::drop() {
  isKilling = true;
  waiting_.clear();
}

}  // namespace missile::fake
