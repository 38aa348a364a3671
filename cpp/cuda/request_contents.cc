#include "request_contents.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace missile::cuda {

namespace {

// Each part begins on a page, which is what the driver pins.
constexpr uint64_t kPageBytes = 4096;

constexpr uint64_t wholePages(uint64_t sizeBytes) { return (sizeBytes + kPageBytes - 1) / kPageBytes * kPageBytes; }

constexpr uint64_t allBytes(uint64_t inputBytes, uint64_t outputBytes) { return wholePages(inputBytes) + kSlots * wholePages(outputBytes); }

}  // namespace

RequestContents::RequestContents(uint64_t inputBytes, uint64_t outputBytes)
    : inputBytes_(inputBytes), outputBytes_(outputBytes), memory_(allBytes(inputBytes, outputBytes)) {}

RequestContents::RequestContents(File file, uint64_t inputBytes, uint64_t outputBytes)
    : inputBytes_(inputBytes), outputBytes_(outputBytes), memory_(std::move(file), allBytes(inputBytes, outputBytes)) {}

std::span<std::byte> RequestContents::output(int slot) const {
  if (slot < 0 || slot >= kSlots) throw std::logic_error("there is no slot " + std::to_string(slot));
  return {first() + wholePages(inputBytes_) + static_cast<uint64_t>(slot) * wholePages(outputBytes_), outputBytes_};
}

}  // namespace missile::cuda
