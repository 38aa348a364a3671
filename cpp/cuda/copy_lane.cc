#include "copy_lane.h"

#include <algorithm>
#include <stdexcept>

namespace missile::cuda {

CopyLane::CopyLane(const Context& context, Direction direction, size_t stagingBytes)
    : driver_(context.driver()), direction_(direction), staging_(context, stagingBytes) {
  for (CUstream& stream : streams_) driver_.cuStreamCreateWithPriority(&stream, CU_STREAM_NON_BLOCKING, 0);
}

CopyLane::~CopyLane() {
  for (CUstream stream : streams_) {
    if (stream == nullptr) continue;
    quietly([&] { driver_.cuStreamSynchronize(stream); });
    quietly([&] { driver_.cuStreamDestroy(stream); });
  }
  for (const InFlight& chunk : inFlight_) idleEvents_.push_back(chunk.arrived);
  for (CUevent event : idleEvents_) quietly([&] { driver_.cuEventDestroy(event); });
}

CUevent CopyLane::takeEvent() {
  CUevent event = nullptr;
  if (idleEvents_.empty()) {
    driver_.cuEventCreate(&event, CU_EVENT_DISABLE_TIMING);
    return event;
  }
  event = idleEvents_.back();
  idleEvents_.pop_back();
  return event;
}

// Moves one piece that lies together, of at most so many bytes, and returns how many.
uint64_t CopyLane::move(const CopyTarget& target, uint64_t streamByte, uint64_t mostBytes, CUstream stream) {
  const CopyTarget::Place place = target.at(streamByte, mostBytes);
  const uint64_t piece = place.host == nullptr ? std::min<uint64_t>(place.sizeBytes, staging_.sizeBytes()) : place.sizeBytes;
  // Bytes at which nobody looks all come from one place, as a tenant's own input does at every request.
  std::byte* const host = place.host == nullptr ? staging_.host() : place.host;
  if (direction_ == Direction::h2d) {
    driver_.cuMemcpyHtoDAsync(place.device, static_cast<const void*>(host), static_cast<size_t>(piece), stream);
  } else {
    driver_.cuMemcpyDtoHAsync(static_cast<void*>(host), place.device, static_cast<size_t>(piece), stream);
  }
  return piece;
}

void CopyLane::submit(const CopyChunk& chunk) {
  CUstream stream = streams_[nextStream_];
  nextStream_ ^= 1;
  const CopyOrder& order = chunk.order;
  const CopyTarget& target = chunk.copies->target(order.purpose, order.slot);
  const auto firstByte = static_cast<uint64_t>(order.firstByte), sizeBytes = static_cast<uint64_t>(order.sizeBytes);
  for (uint64_t moved = 0; moved < sizeBytes;) moved += move(target, firstByte + moved, sizeBytes - moved, stream);
  const InFlight made{chunk, takeEvent()};
  driver_.cuEventRecord(made.arrived, stream);
  inFlight_.push_back(made);
}

const CopyChunk* CopyLane::front() const {
  return inFlight_.empty() || !driver_.isDone(inFlight_.front().arrived) ? nullptr : &inFlight_.front().chunk;
}

void CopyLane::pop() {
  idleEvents_.push_back(inFlight_.front().arrived);
  inFlight_.pop_front();
}

}  // namespace missile::cuda
