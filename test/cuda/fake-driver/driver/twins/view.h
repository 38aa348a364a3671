// The memory of a MemoryView as kernels/memory.cuh reaches it, each access checked.
#pragma once

#include "../twins.h"
#include "elastic.h"
#include "memory_view.h"

namespace missile::fake {

template <bool kColoured>
class View {
 public:
  View(const Cta& cta, const MemoryView& view) : cta_(cta), view_(view) {}

  // The element at a byte offset, a multiple of its size. Throws Stray outside the view, DeviceFault where there is no memory.
  template <typename Element>
  Element* at(uint64_t offset) const {
    if (offset + sizeof(Element) > view_.sizeBytes) throw Stray{};
    return reinterpret_cast<Element*>(granule(offset / kColourBlockBytes) + offset % kColourBlockBytes);
  }

 private:
  // Neighbours mostly ask for the same granule.
  unsigned char* granule(uint64_t index) const {
    if (index == lastIndex_) return last_;
    uint64_t place = index;
    if constexpr (kColoured) {
      if (view_.blocks != nullptr) {
        cta_.mustHold(view_.blocks + index, sizeof(uint32_t));
        place = view_.blocks[index];
      }
    }
    unsigned char* const first = view_.base + place * kColourBlockBytes;
    const uint64_t left = view_.sizeBytes - index * kColourBlockBytes;
    cta_.mustHold(first, std::min<uint64_t>(left, kColourBlockBytes));
    lastIndex_ = index;
    return last_ = first;
  }

  const Cta& cta_;
  const MemoryView& view_;
  mutable uint64_t lastIndex_ = ~uint64_t{0};
  mutable unsigned char* last_ = nullptr;
};

}  // namespace missile::fake
