// What a tenant's requests bring and take away, in memory that the addon and the GPU host both map: an input, and an output for each slot.
// The GPU host has it pinned. The addon writes the input while nothing of it is on its way to the GPU, and reads an output once it has
// arrived and before the next one is on its way to that slot; so neither asks the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "device.h"
#include "shared_memory.h"

namespace missile::cuda {

class RequestContents {
 public:
  // Makes it, zeroed. Throws std::system_error.
  RequestContents(uint64_t inputBytes, uint64_t outputBytes);
  // Maps what the addon has made. Throws std::system_error, std::runtime_error.
  RequestContents(File file, uint64_t inputBytes, uint64_t outputBytes);

  std::span<std::byte> input() const { return {first(), inputBytes_}; }
  // Throws std::logic_error for a slot that there is not.
  std::span<std::byte> output(int slot) const;

  const SharedMemory& memory() const { return memory_; }

 private:
  std::byte* first() const { return static_cast<std::byte*>(memory_.address()); }

  uint64_t inputBytes_, outputBytes_;
  SharedMemory memory_;
};

}  // namespace missile::cuda
