// Streams: queues of operations, one under way at a time; and events, which tell how far a stream has come.
//
// No thread belongs to a stream. Whoever adds an operation to an idle stream starts it, and whoever ends one (a thread block, a copy
// engine, a stream that records an event) starts the next, always with the GPU's lock held.
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "sms.h"

namespace missile::fake {

class Stream;
using StreamPtr = std::shared_ptr<Stream>;

// Priorities of streams: smaller is greater.
constexpr int kLeastPriority = 0, kGreatestPriority = -5;
inline int clampedPriority(int priority) { return std::clamp(priority, kGreatestPriority, kLeastPriority); }

// One cuEventRecord: an event means the latest one, a wait means the one at the time of its call.
struct Record {
  bool isDone = false;
  std::chrono::steady_clock::time_point at{};
  std::vector<StreamPtr> waiters;
};

struct Event {
  unsigned flags;
  std::shared_ptr<Record> latest;
};

// Kernels one behind the other, as a stream under capture was given them. Launched, each is put on a stream.
struct Graph {
  std::vector<std::function<void(Stream&)>> kernels;
};

class Stream : public std::enable_shared_from_this<Stream> {
 public:
  // Starts an operation. True: it is done already; otherwise finish() will be called.
  using Operation = std::function<bool()>;

  Stream(SmSet sms, int priority, std::function<void()> onIdle) : sms(sms), priority(priority), onIdle_(std::move(onIdle)) {}

  const SmSet sms;
  const int priority;
  // Takes what the stream is given, while not null.
  std::shared_ptr<Graph> capture;

  void add(Operation operation);
  void record(Event& event);
  void waitFor(const Event& event);
  // The operation under way is done.
  void finish();
  void drop();
  bool isIdle() const { return !isBusy_ && operations_.empty(); }

 private:
  void advance();

  std::function<void()> onIdle_;
  std::deque<Operation> operations_;
  bool isBusy_ = false;
};

}  // namespace missile::fake
