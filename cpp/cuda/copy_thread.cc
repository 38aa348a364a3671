#include "copy_thread.h"

#include <chrono>

#include "seen_events.h"

namespace missile::cuda {

namespace {

constexpr std::chrono::hours kLongestSleep{1};

}  // namespace

CopyThread::CopyThread(const Context& context, Direction direction, size_t stagingBytes, ExecutorExchange& exchange)
    : context_(context),
      exchange_(exchange),
      traffic_(exchange.traffic.copies[static_cast<size_t>(direction)]),
      decisions_(exchange.copyDecisions[static_cast<size_t>(direction)]),
      lane_(context, direction, stagingBytes),
      thread_([this] { run(); }) {}

CopyThread::~CopyThread() {
  stopping_.store(true, std::memory_order_release);
  traffic_.orderBell.ring();
  thread_.join();
}

bool CopyThread::settle() {
  if (failed_.load(std::memory_order_acquire)) std::rethrow_exception(failure_);
  bool any = false;
  for (const CopyChunk* chunk = parameters_.front(); chunk != nullptr; chunk = parameters_.front()) {
    const CopyOrder& order = chunk->order;
    chunk->copies->arrived(static_cast<uint64_t>(order.firstByte), static_cast<uint64_t>(order.sizeBytes));
    parameters_.pop();
    any = true;
  }
  return any;
}

// After a failure the context is lost: orders are dropped until the owner closes everything.
void CopyThread::run() {
  try {
    context_.makeCurrent();
    work();
  } catch (...) {
    failure_ = std::current_exception();
    failed_.store(true, std::memory_order_release);
    dropOrders();
  }
}

void CopyThread::work() {
  auto lastMoved = Doorbell::Clock::now();
  for (unsigned look = 0; !stopping_.load(std::memory_order_acquire); look++) {
    bool moved = takeOrders();
    moved |= tellArrivals();
    const auto now = Doorbell::Clock::now();
    if (moved || lane_.busy()) lastMoved = now;
    if (now - lastMoved < std::chrono::nanoseconds(kLingerNs)) {
      lookAgain(look);
    } else {
      sleep();
    }
  }
}

void CopyThread::dropOrders() {
  while (!stopping_.load(std::memory_order_acquire)) {
    while (traffic_.orders.front() != nullptr) traffic_.orders.pop();
    sleep();
  }
}

void CopyThread::sleep() {
  traffic_.orderBell.sleepUntil(Doorbell::Clock::now() + kLongestSleep, [&] {
    return traffic_.orders.front() != nullptr || stopping_.load(std::memory_order_acquire);
  });
}

bool CopyThread::takeOrders() {
  bool any = false;
  while (const CopyThreadOrder* order = traffic_.orders.front()) {
    if (order->answersNs > 0) decisions_.record(exchange_.clockNs() - order->answersNs);
    submitting_ = order->copy.tenant;
    lane_.submit({order->copy, copiesOf_[submitting_].load(std::memory_order_acquire)});
    submitting_ = -1;
    traffic_.orders.pop();
    any = true;
  }
  return any;
}

// The owner learns of parameters before anybody can order kernels that read them; and that a chunk is told, before its tenant can be released.
bool CopyThread::tellArrivals() {
  SeenEvents events(exchange_, traffic_.seen);
  bool any = false;
  for (const CopyChunk* chunk = lane_.front(); chunk != nullptr && !events.full(); chunk = lane_.front()) {
    const CopyOrder order = chunk->order;
    if (order.purpose == CopyPurpose::weights && !parameters_.push(*chunk)) break;
    lane_.pop();
    told_.fetch_add(1, std::memory_order_release);
    events.copyRetired(order.id, order.sizeBytes);
    any = true;
  }
  return any;
}

}  // namespace missile::cuda
