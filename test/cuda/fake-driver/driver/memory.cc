#include "memory.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>

namespace missile::fake {

namespace {

// Alignment of the driver's allocations.
constexpr size_t kAlignment = 512;
// Fresh memory holds anything but zeros.
constexpr int kJunk = 0xcd;
// Of large allocations only the beginning is spoilt: filling them would take memory that nobody may ever touch.
constexpr size_t kJunkBytes = 1 << 20;

void* take(size_t bytes) {
  void* address = std::aligned_alloc(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
  if (address != nullptr) std::memset(address, kJunk, std::min(bytes, kJunkBytes));
  return address;
}

void giveBack(Address address) { std::free(reinterpret_cast<void*>(address)); }

}  // namespace

Address Memory::allocate(size_t bytes) {
  const std::unique_lock lock(mutex_);
  if (bytes > totalBytes_ - usedBytes()) return 0;
  const auto address = reinterpret_cast<Address>(take(bytes));
  if (address == 0) return 0;
  const uint64_t pages = (bytes + kPageBytes - 1) / kPageBytes;
  const uint64_t page = firstFreePages(pages);
  pages_[page] = pages;
  device_[address] = {bytes, page};
  allocatedBytes_ += bytes;
  return address;
}

void* Memory::allocatePinned(size_t bytes) {
  const std::unique_lock lock(mutex_);
  void* address = take(bytes);
  if (address == nullptr) return nullptr;
  pinned_[reinterpret_cast<Address>(address)] = {bytes, 0};
  pinnedBytes_ += bytes;
  return address;
}

bool Memory::free(Address address) {
  const std::unique_lock lock(mutex_);
  const auto found = device_.find(address);
  if (found == device_.end()) return false;
  allocatedBytes_ -= found->second.bytes;
  pages_.erase(found->second.page);
  device_.erase(found);
  giveBack(address);
  return true;
}

bool Memory::freePinned(void* pointer) {
  const std::unique_lock lock(mutex_);
  const auto found = pinned_.find(reinterpret_cast<Address>(pointer));
  if (found == pinned_.end()) return false;
  pinnedBytes_ -= found->second.bytes;
  pinned_.erase(found);
  std::free(pointer);
  return true;
}

bool Memory::pin(void* pointer, size_t bytes) {
  const std::unique_lock lock(mutex_);
  const auto address = reinterpret_cast<Address>(pointer);
  if (bytes == 0 || holds(registered_, address, 1) || holds(pinned_, address, 1)) return false;
  registered_[address] = {bytes, 0};
  pinnedBytes_ += bytes;
  return true;
}

bool Memory::unpin(void* pointer) {
  const std::unique_lock lock(mutex_);
  const auto found = registered_.find(reinterpret_cast<Address>(pointer));
  if (found == registered_.end()) return false;
  pinnedBytes_ -= found->second.bytes;
  registered_.erase(found);
  return true;
}

void Memory::clear() {
  const std::unique_lock lock(mutex_);
  for (const Allocations* allocations : {&device_, &pinned_}) {
    for (const auto& [address, allocation] : *allocations) giveBack(address);
  }
  device_.clear();
  pinned_.clear();
  registered_.clear();
  pages_.clear();
  allocatedBytes_ = reservedBytes_ = pinnedBytes_ = 0;
}

bool Memory::reserve(size_t bytes) {
  const std::unique_lock lock(mutex_);
  if (bytes > totalBytes_ - usedBytes()) return false;
  reservedBytes_ += bytes;
  return true;
}

void Memory::unreserve(size_t bytes) {
  const std::unique_lock lock(mutex_);
  reservedBytes_ -= bytes;
}

bool Memory::holds(Address address, size_t bytes) const {
  const std::shared_lock lock(mutex_);
  return holds(device_, address, bytes) || holds(pinned_, address, bytes);
}

bool Memory::holdsPinned(const void* address) const {
  const std::shared_lock lock(mutex_);
  const auto first = reinterpret_cast<Address>(address);
  return holds(pinned_, first, 1) || holds(registered_, first, 1);
}

bool Memory::holds(const Allocations& allocations, Address address, size_t bytes) {
  auto after = allocations.upper_bound(address);
  if (after == allocations.begin()) return false;
  const auto& [start, allocation] = *std::prev(after);
  return address - start <= allocation.bytes && bytes <= allocation.bytes - (address - start);
}

std::optional<uint64_t> Memory::physicalOf(Address address) const {
  const std::shared_lock lock(mutex_);
  if (!holds(device_, address, 1)) return std::nullopt;
  const auto& [start, allocation] = *std::prev(device_.upper_bound(address));
  return allocation.page * kPageBytes + (address - start);
}

uint64_t Memory::firstFreePages(uint64_t pages) const {
  uint64_t candidate = firstPage_;
  for (const auto& [page, taken] : pages_) {
    if (page - candidate >= pages) break;
    candidate = page + taken;
  }
  return candidate;
}

}  // namespace missile::fake
