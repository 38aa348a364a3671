// Kernels of one launch that follow one another on one stream. Several arms of a launch work on the same counters.
#pragma once

#include <algorithm>
#include <cstdint>

#include "partition.h"

namespace missile::cuda {

class Arm {
 public:
  // The kernels from `next` to `end` are to be put on the stream, which is lent to the arm until `release`.
  Arm(const Driver& driver, PartitionStream& stream, uint32_t next, uint32_t end)
      : driver_(&driver), stream_(&stream), next_(next), end_(end) {}

  const Partition& partition() const { return *stream_->partition; }
  CUstream stream() const { return stream_->stream; }

  uint32_t next() const { return next_; }
  bool isFed() const { return next_ >= end_; }
  void advanced() {
    next_++;
    marked_ = false;
    follows_ = true;
  }
  // What comes next follows a kernel of this arm directly, and may begin while that one is leaving.
  bool follows() const { return follows_; }
  void skipTo(uint32_t kernel) { next_ = std::max(next_, kernel); }
  // All of them were put on the stream.
  void finished() {
    next_ = end_;
    marked_ = false;
  }
  PartitionStream& lent() const { return *stream_; }
  void rewindTo(uint32_t kernel) {
    next_ = kernel;
    follows_ = false;
  }
  // It gets no more.
  void close() { end_ = next_; }

  // What is put on it from now on waits for the event.
  void await(CUevent event) {
    driver_->cuStreamWaitEvent(stream_->stream, event, 0u);
    follows_ = false;
  }
  // An event that happens once everything put on it so far is done.
  CUevent mark() {
    if (!marked_) driver_->cuEventRecord(stream_->event, stream_->stream);
    marked_ = true;
    follows_ = false;
    return stream_->event;
  }
  bool isDrained() { return driver_->isDone(mark()); }
  // Drained: the stream goes back to its partition.
  void release() const { stream_->partition->giveBack(*stream_); }

 private:
  const Driver* driver_;
  PartitionStream* stream_;
  uint32_t next_, end_;
  bool marked_ = false, follows_ = false;
};

}  // namespace missile::cuda
