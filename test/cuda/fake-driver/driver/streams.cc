#include "streams.h"

namespace missile::fake {

void Stream::add(Operation operation) {
  operations_.push_back(std::move(operation));
  advance();
}

void Stream::record(Event& event) {
  event.latest = std::make_shared<Record>();
  add([record = event.latest] {
    record->isDone = true;
    record->at = std::chrono::steady_clock::now();
    for (const StreamPtr& waiter : std::exchange(record->waiters, {})) waiter->finish();
    return true;
  });
}

void Stream::waitFor(const Event& event) {
  if (event.latest == nullptr) return;
  add([this, record = event.latest] {
    if (!record->isDone) record->waiters.push_back(shared_from_this());
    return record->isDone;
  });
}

void Stream::finish() {
  isBusy_ = false;
  advance();
}

void Stream::drop() {
  operations_.clear();
  isBusy_ = false;
}

void Stream::advance() {
  const StreamPtr alive = shared_from_this();
  while (!isBusy_ && !operations_.empty()) {
    const Operation operation = std::move(operations_.front());
    operations_.pop_front();
    isBusy_ = true;
    if (operation()) isBusy_ = false;
  }
  // Also after an event was recorded with more to do: its waiters on the host look again.
  onIdle_();
}

}  // namespace missile::fake
