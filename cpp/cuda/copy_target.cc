#include "copy_target.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace missile::cuda {

CopyTarget::CopyTarget(CUdeviceptr linear, std::vector<CopyRun> runs, std::byte* host)
    : linear_(linear),
      runs_(std::move(runs)),
      host_(host),
      streamBytes_(runs_.empty() ? 0 : runs_.back().streamByte + runs_.back().sizeBytes) {}

CopyTarget::Place CopyTarget::at(uint64_t streamByte, uint64_t mostBytes) const {
  const bool isThere = streamBytes_ > 0 && (host_ == nullptr || streamByte < streamBytes_);
  if (!isThere) throw std::logic_error("a copy of more than there is to copy");
  const uint64_t from = streamByte % streamBytes_;
  const CopyRun& run = *std::prev(std::ranges::upper_bound(runs_, from, {}, &CopyRun::streamByte));
  const uint64_t skipped = from - run.streamByte, firstByte = run.firstByte + skipped;
  return {.device = linear_ + firstByte,
          .host = host_ == nullptr ? nullptr : host_ + from,
          .firstByte = firstByte,
          .sizeBytes = std::min(mostBytes, run.sizeBytes - skipped)};
}

}  // namespace missile::cuda
