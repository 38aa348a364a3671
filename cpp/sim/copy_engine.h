// One copy engine: serves the chunks of one direction in the order in which they came.
//
// A chunk takes chunkNs + bytes / bandwidth once the engine reaches it, which is idleStartNs after it was submitted at the
// soonest. Nothing can overtake, so a chunk's end is known when it is submitted.
#pragma once

#include <cstdint>
#include <limits>

#include "fifo.h"

namespace missile::sim {

struct CopyChunk {
  int64_t copy;
  int tenant;
  double sizeBytes;
  int64_t endNs;
};

class CopyEngine {
 public:
  CopyEngine(double gBs, double chunkNs, double idleStartNs)
      : gBs_(gBs), chunkNs_(chunkNs), idleStartNs_(idleStartNs) {}

  void submit(int64_t atNs, int64_t copy, int tenant, double sizeBytes);

  int64_t nextNs() const { return queue_.empty() ? std::numeric_limits<int64_t>::max() : queue_.front().endNs; }
  const CopyChunk& front() const { return queue_.front(); }
  void pop() { queue_.pop(); }

 private:
  double gBs_, chunkNs_, idleStartNs_;
  Fifo<CopyChunk> queue_;
  int64_t freeNs_ = 0;  // the end of the last chunk so far
};

}  // namespace missile::sim
