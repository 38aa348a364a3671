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

// Moves one contiguous piece of at most so many bytes; what does not fit before the end of either memory starts over there.
uint64_t CopyLane::move(uint64_t mostBytes, CopyTarget& target, CUstream stream) {
  const uint64_t storageBytes = target.memory->sizeBytes(target.storage);
  if (storageBytes == 0) throw std::logic_error("a copy into a storage that holds nothing");
  const uint64_t piece = std::min({mostBytes, storageBytes, uint64_t{staging_.sizeBytes()}});
  if (target.nextByte + piece > storageBytes) target.nextByte = 0;
  if (nextStagingByte_ + piece > staging_.sizeBytes()) nextStagingByte_ = 0;
  std::byte* const host = staging_.host() + nextStagingByte_;
  const CUdeviceptr device = target.memory->linear(target.storage) + target.nextByte;
  if (direction_ == Direction::h2d) {
    driver_.cuMemcpyHtoDAsync(device, static_cast<const void*>(host), static_cast<size_t>(piece), stream);
  } else {
    driver_.cuMemcpyDtoHAsync(static_cast<void*>(host), device, static_cast<size_t>(piece), stream);
  }
  target.nextByte += piece;
  nextStagingByte_ += piece;
  return piece;
}

void CopyLane::submit(const CopyChunk& chunk) {
  CUstream stream = streams_[nextStream_];
  nextStream_ ^= 1;
  CopyTarget& target = *chunk.target;
  auto left = static_cast<uint64_t>(chunk.sizeBytes);
  InFlight made{{chunk.copy, chunk.tenant, chunk.sizeBytes, direction_, target.memory, target.storage, 0, 0}, takeEvent()};
  CopyArrival& arrival = made.arrival;
  while (left > 0) {
    const uint64_t piece = move(left, target, stream);
    const uint64_t firstByte = target.nextByte - piece;
    // Pieces of one chunk lie one behind the other, unless it starts over: then it counts as the whole storage.
    const bool follows = arrival.movedBytes == 0 || firstByte == arrival.firstByte + arrival.movedBytes;
    arrival.firstByte = arrival.movedBytes == 0 ? firstByte : follows ? arrival.firstByte : 0;
    arrival.movedBytes = follows ? arrival.movedBytes + piece : target.memory->sizeBytes(target.storage);
    left -= piece;
  }
  driver_.cuEventRecord(made.arrived, stream);
  inFlight_.push_back(made);
}

bool CopyLane::turn(CopyArrivals& arrivals) {
  bool arrived = false;
  while (!inFlight_.empty() && arrivals.room() > 0 && driver_.isDone(inFlight_.front().arrived)) {
    idleEvents_.push_back(inFlight_.front().arrived);
    arrivals.push(inFlight_.front().arrival);
    inFlight_.pop_front();
    arrived = true;
  }
  return arrived;
}

}  // namespace missile::cuda
