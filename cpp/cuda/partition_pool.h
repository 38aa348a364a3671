// The partitions that exist. A set of TPCs gets its own when it is first asked for, made by another thread; until then its users
// share the smallest one that contains it, with the TPCs outside revoked.
//
// One thread uses the pool (the executor's); it takes no lock and waits for nobody, but in `exact`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "partition.h"
#include "partition_maker.h"

namespace missile::cuda {

class PartitionPool {
 public:
  // Memory that green contexts may take before those least recently used are dropped. Too little, and sets that alternate are made
  // again and again, and run masked meanwhile.
  static constexpr size_t kBudgetBytes = 512 << 20;

  PartitionPool(Context& context, const TpcMap& map, size_t budgetBytes = kBudgetBytes);

  // The smallest partition that is ready and contains the TPCs; asks for their own if that is another. Hot path.
  Partition& nearest(TpcSet tpcs);
  // Whether `nearest` would give their own now. Hot path.
  bool isReady(TpcSet tpcs);
  // Whether there is to be none of their own, or not before memory has come back.
  bool isRefused(TpcSet tpcs) const;
  // Their own; waits until it is made. Throws std::runtime_error where the GPU cannot be partitioned, or the driver refuses.
  Partition& exact(TpcSet tpcs);
  Partition& whole() { return *ready_.front().partition; }
  bool partitionable() const { return map_.partitionable(); }
  // Memory of the GPU has come back: sets for which there was too little are made when they are asked for again.
  void memoryFreed() { lacking_.clear(); }
  // Whether streams of any partition are lent out.
  bool inUse() const;
  // Partitions made so far, but for the whole GPU.
  uint64_t made() const { return madeSoFar_; }

 private:
  struct Ready {
    std::unique_ptr<Partition> partition;
    uint64_t usedAt;
  };

  void request(TpcSet tpcs);
  void collect();
  void settleMade();
  void dropExcess();
  Ready* find(TpcSet tpcs);

  const TpcMap& map_;
  size_t mostPartitions_;
  uint64_t uses_ = 0, madeSoFar_ = 0;
  uint64_t destroyedSeen_ = 0;
  std::vector<Ready> ready_;      // the whole GPU first
  std::vector<TpcSet> awaited_;   // being made
  std::vector<TpcSet> refused_;   // the driver would not make them
  std::vector<TpcSet> lacking_;   // likewise, for want of memory
  std::string refusal_;
  std::vector<PartitionMaker::Made> made_;  // scratch
  PartitionMaker maker_;  // last: its thread ends before what it fills
};

}  // namespace missile::cuda
