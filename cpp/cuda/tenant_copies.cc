#include "tenant_copies.h"

#include <algorithm>
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

TenantCopies::TenantCopies(const Executable& executable, TenantMemory& memory, HostContents host)
    : hasContents_(executable.hasContents), memory_(memory), parameterStorage_(executable.parameterStorage), host_(std::move(host)) {
  const auto& [parameters, requests, pinned] = host_;
  targets_.emplace_back(memory.linear(parameterStorage_),
                        hasContents_ ? runsOf(executable.pieces) : wholeOf(memory.sizeBytes(parameterStorage_)),
                        parameters == nullptr ? nullptr : parameters->host());
  for (int slot = 0; slot < kSlots; slot++) {
    const auto add = [&](uint32_t storage, std::byte* at) {
      const CUdeviceptr linear = memory.linear(storage, std::min<uint32_t>(slot, executable.storages[storage].slots - 1));
      targets_.emplace_back(linear, wholeOf(memory.sizeBytes(storage)), at);
    };
    add(executable.inputStorage, requests == nullptr ? nullptr : requests->input().data());
    add(executable.outputStorage, requests == nullptr ? nullptr : requests->output(slot).data());
  }
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

void TenantCopies::arrived(uint64_t streamByte, uint64_t sizeBytes) {
  const CopyTarget& whole = target(CopyPurpose::weights, 0);
  for (uint64_t moved = 0; moved < sizeBytes;) {
    const CopyTarget::Place place = whole.at(streamByte + moved, sizeBytes - moved);
    memory_.wrote(parameterStorage_, place.firstByte, place.sizeBytes);
    moved += place.sizeBytes;
  }
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
