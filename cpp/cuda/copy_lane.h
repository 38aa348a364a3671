// One direction of PCIe: chunks go to the copy engine as they are ordered, alternately on two streams, so that the engine goes from
// one to the next without waiting for the host. Completion is seen by querying the event of the oldest chunk alone: two chunks in
// flight reach 33 GB/s at 256 KiB and 53 at 4 MiB that way, write-value memory operations 28 (measured on an H200).
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "context.h"
#include "device.h"
#include "tenant_copies.h"

namespace missile::cuda {

// A chunk of a copy, and of whom.
struct CopyChunk {
  CopyOrder order;
  TenantCopies* copies = nullptr;
};

class CopyLane {
 public:
  // Takes `stagingBytes` of pinned memory. Throws CallFailed.
  CopyLane(const Context& context, Direction direction, size_t stagingBytes);
  ~CopyLane();
  CopyLane(const CopyLane&) = delete;
  CopyLane& operator=(const CopyLane&) = delete;

  // Hands a chunk to the engine. Throws CallFailed.
  void submit(const CopyChunk& chunk);
  // The oldest chunk, once it has arrived, until pop(); null: it has not, or there is none. Throws CallFailed.
  const CopyChunk* front() const;
  void pop();

  bool busy() const { return !inFlight_.empty(); }

 private:
  struct InFlight {
    CopyChunk chunk;
    CUevent arrived;
  };

  CUevent takeEvent();
  uint64_t move(const CopyTarget& target, uint64_t streamByte, uint64_t mostBytes, CUstream stream);

  const Driver& driver_;
  Direction direction_;
  PinnedMemory staging_;
  std::array<CUstream, 2> streams_{};
  size_t nextStream_ = 0;
  std::deque<InFlight> inFlight_;
  std::vector<CUevent> idleEvents_;
};

}  // namespace missile::cuda
