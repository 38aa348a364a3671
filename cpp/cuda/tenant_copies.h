// What copies bring to a tenant and take away: its parameters, read from their file once, the input that requests get, and their outputs. All
// of it lies in pinned memory, so that the copy engines reach it.
//
// An executable without contents has none of that: its copies move whatever lies in the lanes' staging memory.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "context.h"
#include "copy_target.h"
#include "device.h"
#include "executable.h"
#include "tenant_memory.h"

namespace missile::cuda {

class TenantCopies {
 public:
  // `parameters`: see readParameters. `memory` outlives it. Throws CallFailed.
  TenantCopies(const Context& context, const Executable& executable, TenantMemory& memory, std::unique_ptr<PinnedMemory> parameters);

  const CopyTarget& target(CopyPurpose purpose, int slot) const;
  // So much of the stream has been copied. Called before kernels that read it may start.
  void arrived(CopyPurpose purpose, int slot, uint64_t streamByte, uint64_t sizeBytes);

  // What every request gets from now on; one whose input is on its way may get some of both. Throws std::runtime_error where it is not as
  // large as the network's input.
  void setInput(std::span<const std::byte> bytes);
  // The last one that has arrived whole. Throws std::runtime_error where none has.
  std::span<const std::byte> output() const;
  // Parameters and input, at once: for measuring.
  void bringAll(const Driver& driver) const;

 private:
  // Memory for contents; none where there are none.
  std::byte* pinned(const Context& context, uint64_t sizeBytes);
  void bring(const Driver& driver, const CopyTarget& target) const;

  const bool hasContents_;
  TenantMemory& memory_;
  const uint32_t parameterStorage_;
  std::vector<std::unique_ptr<PinnedMemory>> memories_;
  std::byte* input_ = nullptr;
  std::byte* outputs_[kSlots] = {};
  std::vector<CopyTarget> targets_;  // parameters, then inputs and outputs by slot
  int lastOutput_ = -1;              // slot
};

}  // namespace missile::cuda
