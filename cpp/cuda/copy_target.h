// Where copies of one kind go to or come from: a stream of bytes that lies in pieces of one storage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "driver.h"

namespace missile::cuda {

// Consecutive bytes of a stream that lie one behind the other in the storage.
struct CopyRun {
  uint64_t streamByte, firstByte, sizeBytes;
};

class CopyTarget {
 public:
  // `linear`: the storage's first byte. `runs`: the whole stream, in order. `host`: its bytes in pinned memory; null: nobody looks at them,
  // and the stream begins anew where it ends.
  CopyTarget(CUdeviceptr linear, std::vector<CopyRun> runs, std::byte* host);

  uint64_t streamBytes() const { return streamBytes_; }

  struct Place {
    CUdeviceptr device;
    std::byte* host;      // null: anywhere
    uint64_t firstByte;   // of the storage
    uint64_t sizeBytes;
  };
  // Of at most `mostBytes` from a byte of the stream on, as many as lie together. Throws std::logic_error where there is nothing.
  Place at(uint64_t streamByte, uint64_t mostBytes) const;

 private:
  CUdeviceptr linear_;
  std::vector<CopyRun> runs_;
  std::byte* host_;
  uint64_t streamBytes_;
};

}  // namespace missile::cuda
