#include "tenant_copies.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace missile::cuda {

namespace {

// Neighbours in the stream that are neighbours in the storage too are one run, the padding between them included.
std::vector<CopyRun> runsOf(const std::vector<ParameterPiece>& pieces) {
  std::vector<CopyRun> runs;
  for (const ParameterPiece& piece : pieces) {
    const bool follows = !runs.empty() && piece.firstByte - runs.back().firstByte == piece.streamByte - runs.back().streamByte;
    if (!follows) runs.push_back({piece.streamByte, piece.firstByte, 0});
    runs.back().sizeBytes = piece.streamByte + piece.streamBytes() - runs.back().streamByte;
  }
  return runs;
}

std::vector<CopyRun> wholeOf(uint64_t sizeBytes) {
  if (sizeBytes == 0) return {};
  return {{0, 0, sizeBytes}};
}

}  // namespace

TenantCopies::TenantCopies(const Context& context, const Executable& executable, TenantMemory& memory, std::unique_ptr<PinnedMemory> parameters)
    : hasContents_(executable.hasContents), memory_(memory), parameterStorage_(executable.parameterStorage) {
  const uint64_t inputBytes = memory.sizeBytes(executable.inputStorage), outputBytes = memory.sizeBytes(executable.outputStorage);
  targets_.emplace_back(memory.linear(parameterStorage_),
                        hasContents_ ? runsOf(executable.pieces) : wholeOf(memory.sizeBytes(parameterStorage_)),
                        parameters == nullptr ? nullptr : parameters->host());
  if (parameters != nullptr) memories_.push_back(std::move(parameters));
  input_ = pinned(context, inputBytes);
  for (std::byte*& output : outputs_) output = pinned(context, outputBytes);
  for (int slot = 0; slot < kSlots; slot++) {
    const auto of = [&](uint32_t storage) { return memory.linear(storage, std::min<uint32_t>(slot, executable.storages[storage].slots - 1)); };
    targets_.emplace_back(of(executable.inputStorage), wholeOf(inputBytes), input_);
    targets_.emplace_back(of(executable.outputStorage), wholeOf(outputBytes), outputs_[slot]);
  }
}

std::byte* TenantCopies::pinned(const Context& context, uint64_t sizeBytes) {
  if (!hasContents_ || sizeBytes == 0) return nullptr;
  return memories_.emplace_back(std::make_unique<PinnedMemory>(context, sizeBytes))->host();
}

const CopyTarget& TenantCopies::target(CopyPurpose purpose, int slot) const {
  const auto first = 1 + 2 * static_cast<size_t>(slot);
  switch (purpose) {
    case CopyPurpose::weights: return targets_[0];
    case CopyPurpose::input: return targets_.at(first);
    case CopyPurpose::output: return targets_.at(first + 1);
  }
  throw std::logic_error("a copy of unknown purpose");
}

void TenantCopies::arrived(CopyPurpose purpose, int slot, uint64_t streamByte, uint64_t sizeBytes) {
  const CopyTarget& whole = target(purpose, slot);
  if (purpose == CopyPurpose::output && streamByte + sizeBytes == whole.streamBytes()) lastOutput_ = slot;
  if (purpose != CopyPurpose::weights) return;
  for (uint64_t moved = 0; moved < sizeBytes;) {
    const CopyTarget::Place place = whole.at(streamByte + moved, sizeBytes - moved);
    memory_.wrote(parameterStorage_, place.firstByte, place.sizeBytes);
    moved += place.sizeBytes;
  }
}

void TenantCopies::setInput(std::span<const std::byte> bytes) {
  const uint64_t wanted = target(CopyPurpose::input, 0).streamBytes();
  if (!hasContents_ || bytes.size() != wanted) {
    throw std::runtime_error("the network's input has " + std::to_string(hasContents_ ? wanted : 0) + " bytes, not " + std::to_string(bytes.size()));
  }
  if (input_ != nullptr) std::memcpy(input_, bytes.data(), bytes.size());
}

std::span<const std::byte> TenantCopies::output() const {
  if (!hasContents_ || lastOutput_ < 0) throw std::runtime_error("no output has arrived yet");
  return {outputs_[lastOutput_], target(CopyPurpose::output, lastOutput_).streamBytes()};
}

void TenantCopies::bringAll(const Driver& driver) const {
  if (!hasContents_) return;
  bring(driver, target(CopyPurpose::weights, 0));
  for (int slot = 0; slot < kSlots; slot++) bring(driver, target(CopyPurpose::input, slot));
}

void TenantCopies::bring(const Driver& driver, const CopyTarget& target) const {
  for (uint64_t at = 0; at < target.streamBytes();) {
    const CopyTarget::Place place = target.at(at, target.streamBytes());
    driver.cuMemcpyHtoD(place.device, static_cast<const void*>(place.host), static_cast<size_t>(place.sizeBytes));
    at += place.sizeBytes;
  }
  driver.cuStreamSynchronize(static_cast<CUstream>(nullptr));
}

}  // namespace missile::cuda
