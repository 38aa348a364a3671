// The stream on which launches are told what they may use. All such writes go through it in the order in which they are given: an older one
// can never undo a younger one.
#pragma once

#include <cstdint>

#include "context.h"
#include "elastic.h"
#include "index_set.h"

namespace missile::cuda {

class ControlStream {
 public:
  explicit ControlStream(Context& context);
  ~ControlStream();
  ControlStream(const ControlStream&) = delete;
  ControlStream& operator=(const ControlStream&) = delete;

  // The launch's thread blocks leave these TPCs, and start on none of them.
  void revoke(CUdeviceptr state, uint32_t generation, TpcSet revoked) const;
  // Says farewell for the revoked TPCs on which there are no thread blocks.
  void sweep(CUdeviceptr state, CUdeviceptr report) const;
  // The event happens once everything given so far has taken effect.
  void record(CUevent event) const { driver_.cuEventRecord(event, stream_); }

 private:
  const Driver& driver_;
  CUfunction sweep_;
  CUstream stream_ = nullptr;
};

}  // namespace missile::cuda
