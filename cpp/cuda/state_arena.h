// Device memory for the LaunchState of launches in flight. It must be zero before a launch starts, and zeroing takes the GPU some
// microseconds: so states are handed out one after another from chunks, and a chunk is zeroed as a whole once nothing on it is in use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "context.h"
#include "device.h"
#include "elastic.h"

namespace missile::cuda {

class StateArena {
 public:
  struct Chunk;
  struct Slot {
    CUdeviceptr address = 0;
    Chunk* chunk = nullptr;
  };

  // Holds a few hundred launches a chunk.
  static constexpr size_t kChunkBytes = 256 << 10;
  // A long launch keeps its chunk from being zeroed, and a tenant has one launch at a time: so many chunks always leave one to fill while
  // others are zeroed. Fewer: device memory is taken while launches wait. 17 MiB in all.
  static constexpr unsigned kChunks = kMaxTenants + 4;

  explicit StateArena(const Context& context);
  ~StateArena();

  // Zeroed state of a launch of that many kernels. Takes another chunk of device memory if all are in use. Throws CallFailed.
  Slot take(uint32_t kernels);
  // Nothing on the GPU touches the slot any more.
  void giveBack(Slot slot);

  // Slots that are taken.
  unsigned taken() const;

 private:
  void addChunk();
  void seekChunk();
  void zero(Chunk& chunk);

  const Context& context_;
  CUstream housekeeping_ = nullptr;
  std::vector<std::unique_ptr<Chunk>> chunks_;
  Chunk* current_ = nullptr;
};

}  // namespace missile::cuda
