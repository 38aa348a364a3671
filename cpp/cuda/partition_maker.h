// A thread that makes and destroys partitions beside the executor's, since either can take milliseconds.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "partition.h"

namespace missile::cuda {

class PartitionMaker {
 public:
  // What became of a request: a partition, or why there is none.
  struct Made {
    TpcSet tpcs;
    std::unique_ptr<Partition> partition;
    std::string refusal;
    bool lackedMemory;  // that is why there is none
  };

  PartitionMaker(const Context& context, const TpcMap& map);
  ~PartitionMaker();
  PartitionMaker(const PartitionMaker&) = delete;
  PartitionMaker& operator=(const PartitionMaker&) = delete;

  void request(TpcSet tpcs);
  void destroy(std::unique_ptr<Partition> partition);
  // Partitions whose memory has come back so far.
  uint64_t destroyed() const { return destroyed_.load(std::memory_order_acquire); }
  // Moves what was made since the last call to `out`. One atomic load if there is nothing, or the thread is just handing over.
  void collect(std::vector<Made>& out);
  // As collect, but waits until there is something. Only with a request under way.
  void await(std::vector<Made>& out);

 private:
  void run();
  Made make(TpcSet tpcs) const;
  void handOver(std::vector<Made>& out);

  const Context& context_;
  const TpcMap& map_;
  std::atomic<bool> hasMade_ = false;
  std::atomic<uint64_t> destroyed_ = 0;
  std::mutex mutex_;  // guards what follows, for as long as it takes to move a pointer
  std::condition_variable work_, news_;
  std::deque<TpcSet> requests_;
  std::vector<std::unique_ptr<Partition>> doomed_;
  std::vector<Made> made_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace missile::cuda
