#include "partition_maker.h"

#include <utility>

namespace missile::cuda {

PartitionMaker::PartitionMaker(const Context& context, const TpcMap& map)
    : context_(context), map_(map), thread_([this] { run(); }) {}

PartitionMaker::~PartitionMaker() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  work_.notify_one();
  thread_.join();
}

void PartitionMaker::request(TpcSet tpcs) {
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(tpcs);
  }
  work_.notify_one();
}

void PartitionMaker::destroy(std::unique_ptr<Partition> partition) {
  {
    const std::lock_guard lock(mutex_);
    doomed_.push_back(std::move(partition));
  }
  work_.notify_one();
}

void PartitionMaker::collect(std::vector<Made>& out) {
  if (!hasMade_.load(std::memory_order_acquire)) return;
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (lock.owns_lock()) handOver(out);
}

void PartitionMaker::await(std::vector<Made>& out) {
  std::unique_lock lock(mutex_);
  news_.wait(lock, [this] { return !made_.empty(); });
  handOver(out);
}

void PartitionMaker::handOver(std::vector<Made>& out) {
  for (Made& made : made_) out.push_back(std::move(made));
  made_.clear();
  hasMade_.store(false, std::memory_order_release);
}

PartitionMaker::Made PartitionMaker::make(TpcSet tpcs) const {
  try {
    context_.makeCurrent();
    return {tpcs, std::make_unique<Partition>(context_, map_, tpcs), "", false};
  } catch (const CallFailed& error) {
    return {tpcs, nullptr, error.what(), error.code == CUDA_ERROR_OUT_OF_MEMORY};
  }
}

// Requests first: somebody runs masked until they are met, and nobody waits for memory to come back.
void PartitionMaker::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [this] { return ending_ || !requests_.empty() || !doomed_.empty(); });
    if (ending_) return;
    if (!requests_.empty()) {
      const TpcSet tpcs = requests_.front();
      requests_.pop_front();
      lock.unlock();
      Made made = make(tpcs);
      lock.lock();
      made_.push_back(std::move(made));
      hasMade_.store(true, std::memory_order_release);
      news_.notify_one();
    } else {
      std::vector<std::unique_ptr<Partition>> doomed = std::exchange(doomed_, {});
      lock.unlock();
      const size_t count = doomed.size();
      doomed.clear();
      destroyed_.fetch_add(count, std::memory_order_release);
      lock.lock();
    }
  }
}

}  // namespace missile::cuda
