#include "partition_pool.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace missile::cuda {

namespace {

bool isIn(const std::vector<TpcSet>& sets, TpcSet tpcs) { return std::find(sets.begin(), sets.end(), tpcs) != sets.end(); }

}  // namespace

PartitionPool::PartitionPool(Context& context, const TpcMap& map, size_t budgetBytes)
    : map_(map), mostPartitions_(std::max<size_t>(1, budgetBytes / Partition::kSizeBytes)), maker_(context, map) {
  ready_.reserve(mostPartitions_ + 1);
  ready_.push_back({std::make_unique<Partition>(context, map, map.all()), 0});
}

PartitionPool::Ready* PartitionPool::find(TpcSet tpcs) {
  const auto found = std::find_if(ready_.begin(), ready_.end(), [&](const Ready& r) { return r.partition->tpcs() == tpcs; });
  return found == ready_.end() ? nullptr : &*found;
}

Partition& PartitionPool::nearest(TpcSet tpcs) {
  collect();
  Ready* found = find(tpcs);
  if (found == nullptr) {
    request(tpcs);
    found = &ready_.front();
    for (Ready& candidate : ready_) {
      const TpcSet has = candidate.partition->tpcs();
      if (has.contains(tpcs) && has.size() < found->partition->tpcs().size()) found = &candidate;
    }
  }
  found->usedAt = ++uses_;
  return *found->partition;
}

bool PartitionPool::isReady(TpcSet tpcs) {
  collect();
  return find(tpcs) != nullptr;
}

bool PartitionPool::isRefused(TpcSet tpcs) const { return isIn(refused_, tpcs) || isIn(lacking_, tpcs); }

Partition& PartitionPool::exact(TpcSet tpcs) {
  while (find(tpcs) == nullptr) {
    if (!partitionable()) throw std::runtime_error("the driver cannot partition the GPU; CUDA 12.4 or newer can");
    if (isRefused(tpcs)) throw std::runtime_error(refusal_);
    request(tpcs);
    maker_.await(made_);
    settleMade();
  }
  return nearest(tpcs);
}

bool PartitionPool::inUse() const {
  return std::any_of(ready_.begin(), ready_.end(), [](const Ready& ready) { return ready.partition->inUse(); });
}

void PartitionPool::request(TpcSet tpcs) {
  if (!partitionable() || isIn(awaited_, tpcs) || isRefused(tpcs)) return;
  awaited_.push_back(tpcs);
  maker_.request(tpcs);
}

void PartitionPool::collect() {
  maker_.collect(made_);
  if (!made_.empty()) settleMade();
  const uint64_t destroyed = maker_.destroyed();
  if (std::exchange(destroyedSeen_, destroyed) != destroyed) memoryFreed();
  dropExcess();
}

void PartitionPool::settleMade() {
  for (PartitionMaker::Made& made : made_) {
    std::erase(awaited_, made.tpcs);
    if (made.partition == nullptr) {
      (made.lackedMemory ? lacking_ : refused_).push_back(made.tpcs);
      refusal_ = made.refusal;
    } else {
      ready_.push_back({std::move(made.partition), ++uses_});
      madeSoFar_++;
    }
  }
  made_.clear();
}

// Never the one used last: whoever has just got it is about to use it. And only while nothing runs: the driver then takes 0.03 ms,
// but it stopped launches for up to 100 ms when the GPU was busy (measured on an H200).
void PartitionPool::dropExcess() {
  while (ready_.size() - 1 > mostPartitions_ && !inUse()) {
    auto oldest = ready_.end();
    for (auto candidate = ready_.begin() + 1; candidate != ready_.end(); ++candidate) {
      if (candidate->partition->inUse() || candidate->partition->isKept() || candidate->usedAt == uses_) continue;
      if (oldest == ready_.end() || candidate->usedAt < oldest->usedAt) oldest = candidate;
    }
    if (oldest == ready_.end()) return;
    maker_.destroy(std::move(oldest->partition));
    ready_.erase(oldest);
  }
}

}  // namespace missile::cuda
