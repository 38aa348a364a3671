// Device memory and pinned memory, both of the host: addresses are what they are, so kernels' twins use them directly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <shared_mutex>

#include "errors.h"
#include "settings.h"

namespace missile::fake {

using Address = unsigned long long;

class Memory {
 public:
  static constexpr uint64_t kPageBytes = 2 << 20;

  explicit Memory(const Settings& settings) : totalBytes_(settings.memoryBytes), firstPage_(settings.firstPage) {}

  // 0 where there is not so much.
  Address allocate(size_t bytes);
  void* allocatePinned(size_t bytes);
  // False for what was not allocated so.
  bool free(Address address);
  bool freePinned(void* address);
  // Pins memory that is the process's own, from now on or no more. False where that cannot be.
  bool pin(void* address, size_t bytes);
  bool unpin(void* address);
  // Frees all, as a context that goes does, and unpins what is the process's own.
  void clear();
  // Memory that the driver keeps for itself. False where there is not so much.
  bool reserve(size_t bytes);
  void unreserve(size_t bytes);

  // Whether one allocation of either kind holds all these bytes. May be asked by kernels, at any time.
  bool holds(Address address, size_t bytes) const;
  bool holdsPinned(const void* address) const;
  // Where a byte of device memory lies on the made-up board: whole pages of 2 MiB, the first free ones.
  std::optional<uint64_t> physicalOf(Address address) const;

  size_t totalBytes() const { return totalBytes_; }
  // What was allocated, and what the driver has reserved.
  size_t usedBytes() const { return allocatedBytes_ + reservedBytes_; }
  size_t allocatedBytes() const { return allocatedBytes_; }
  size_t pinnedBytes() const { return pinnedBytes_; }

 private:
  struct Allocation {
    size_t bytes;
    uint64_t page;  // the first; pinned memory has none
  };
  using Allocations = std::map<Address, Allocation>;
  uint64_t firstFreePages(uint64_t pages) const;
  static bool holds(const Allocations& allocations, Address address, size_t bytes);

  const size_t totalBytes_;
  const uint64_t firstPage_;
  mutable std::shared_mutex mutex_;
  Allocations device_, pinned_, registered_;
  std::map<uint64_t, uint64_t> pages_;  // first page -> pages, of what is allocated
  size_t allocatedBytes_ = 0, reservedBytes_ = 0, pinnedBytes_ = 0;
};

}  // namespace missile::fake
