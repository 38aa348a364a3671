#include "copy_thread.h"

#include <chrono>
#include <stdexcept>

namespace missile::cuda {

namespace {

constexpr std::chrono::hours kLongestSleep{1};

}  // namespace

CopyThread::CopyThread(const Context& context, Direction direction, size_t stagingBytes)
    : context_(context), lane_(context, direction, stagingBytes), thread_([this] { run(); }) {}

CopyThread::~CopyThread() {
  stopping_.store(true, std::memory_order_release);
  bell_.ring();
  thread_.join();
}

void CopyThread::submit(const CopyChunk& chunk) {
  if (!orders_.push(chunk)) throw std::logic_error("more chunks than may be under way");
  inFlight_++;
  inFlightOf_[chunk.order.tenant]++;
  bell_.ring();
}

const CopyChunk* CopyThread::front() {
  if (failed_.load(std::memory_order_acquire)) std::rethrow_exception(failure_);
  return arrivals_.front();
}

void CopyThread::pop() {
  inFlight_--;
  inFlightOf_[arrivals_.front()->order.tenant]--;
  arrivals_.pop();
}

// After a failure the context is lost: orders are dropped until the owner closes everything.
void CopyThread::run() {
  try {
    context_.makeCurrent();
    work();
  } catch (...) {
    failure_ = std::current_exception();
    failed_.store(true, std::memory_order_release);
  }
}

void CopyThread::work() {
  auto lastMoved = Doorbell::Clock::now();
  for (unsigned look = 0; !stopping_.load(std::memory_order_acquire); look++) {
    bool moved = false;
    while (const CopyChunk* chunk = orders_.front()) {
      lane_.submit(*chunk);
      orders_.pop();
      moved = true;
    }
    moved |= lane_.turn(arrivals_);
    const auto now = Doorbell::Clock::now();
    if (moved || lane_.busy()) lastMoved = now;
    if (now - lastMoved < std::chrono::nanoseconds(kLingerNs)) {
      lookAgain(look);
    } else {
      bell_.sleepUntil(now + kLongestSleep,
                       [&] { return orders_.front() != nullptr || stopping_.load(std::memory_order_acquire); });
    }
  }
}

}  // namespace missile::cuda
