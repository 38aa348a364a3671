// What copies bring to a tenant and take away: its parameters, read from their file once, and what its requests have in common with the
// addon (request_contents.h). All of it lies in pinned memory, so that the copy engines reach it.
//
// An executable without contents has none of that: its copies move whatever lies in the lanes' staging memory.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "context.h"
#include "copy_target.h"
#include "device.h"
#include "executable.h"
#include "request_contents.h"
#include "tenant_memory.h"

namespace missile::cuda {

// Memory of the host that copies of a tenant go to and come from. Null: the executable has none of it.
struct HostContents {
  std::unique_ptr<PinnedMemory> parameters;  // see readParameters
  std::unique_ptr<RequestContents> requests;
  std::unique_ptr<PinnedRegion> requestsPinned;
};

class TenantCopies {
 public:
  // `memory` outlives it.
  TenantCopies(const Executable& executable, TenantMemory& memory, HostContents host);

  const CopyTarget& target(CopyPurpose purpose, int slot) const;
  // So much of the parameters has been copied. Called before kernels that read it may start.
  void arrived(uint64_t streamByte, uint64_t sizeBytes);

  // Parameters and input, at once: for measuring.
  void bringAll(const Driver& driver) const;

 private:
  void bring(const Driver& driver, const CopyTarget& target) const;

  const bool hasContents_;
  TenantMemory& memory_;
  const uint32_t parameterStorage_;
  HostContents host_;
  std::vector<CopyTarget> targets_;  // parameters, then inputs and outputs by slot
};

}  // namespace missile::cuda
