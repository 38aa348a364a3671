// The stream on which launches are told what they may use. All such writes go through it in the order in which they are given: an older one
// can never undo a younger one.
//
// An LS request mostly takes TPCs from several launches at once. What is given is put on the stream together: writes for all of them in one
// driver call, before the kernel that looks after them. Writes need no SM, which may all be taken; thread blocks make room by leaving.
#pragma once

#include <cstdint>
#include <vector>

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

  // The launch's thread blocks leave the revoked TPCs, and start on none of them, once that is flushed. `changed`: those of which that was not
  // said before, or no longer holds.
  void revoke(CUdeviceptr state, uint32_t generation, TpcSet revoked, TpcSet changed);
  // The same, and farewell is said for those of them on which there are no thread blocks.
  void evict(CUdeviceptr state, CUdeviceptr report, uint32_t generation, TpcSet revoked, TpcSet changed);
  // Puts on the stream what was given since the last time. Throws CallFailed.
  void flush();
  // The event happens once everything given so far has taken effect.
  void record(CUevent event);

 private:
  const Driver& driver_;
  CUfunction sweep_;
  CUstream stream_ = nullptr;
  // Given, and not flushed yet.
  std::vector<CUstreamBatchMemOpParams> writes_;
  Sweeps sweeps_{};
  unsigned swept_ = 0;
};

}  // namespace missile::cuda
