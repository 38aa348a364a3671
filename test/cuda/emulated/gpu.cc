// The runtime of include/cuda_runtime.h.
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include "cuda.h"

namespace missile::cuda {
constexpr size_t kSharedBytes = 227 * 1024;  // of a thread block, as on Hopper
alignas(1024) thread_local unsigned char gStages[kSharedBytes];
}  // namespace missile::cuda

thread_local uint3 blockIdx;
thread_local dim3 blockDim, gridDim;

namespace emulated {

thread_local long long gClock = 0;

namespace {

thread_local unsigned gSm = 0;

constexpr unsigned kSms = 8;
constexpr unsigned kBlocksPerSm = 2;  // that it is said to hold; one runs at a time

// Things that are done one after the other, by a thread of their own.
class Queue {
 public:
  Queue() : thread_([this] { run(); }) {}

  void add(std::function<void()> thing) {
    const std::lock_guard guard(mutex_);
    things_.push_back(std::move(thing));
    changed_.notify_all();
  }
  bool isEmpty() {
    const std::lock_guard guard(mutex_);
    return things_.empty();
  }
  void awaitEmpty() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return things_.empty(); });
  }

 private:
  [[noreturn]] void run() {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !things_.empty(); });
      const std::function<void()>& thing = things_.front();
      lock.unlock();
      thing();
      lock.lock();
      things_.pop_front();
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> things_;
  std::thread thread_;
};

struct Grid {
  unsigned blocks, threads;
  std::function<void()> thread;
};

void runBlock(const Grid& grid, unsigned block, unsigned sm) {
  thread_local ThreadBlock threads;
  blockIdx = {block, 0, 0};
  gridDim = dim3(grid.blocks);
  blockDim = dim3(grid.threads);
  gSm = sm;
  try {
    threads.run(grid.threads, grid.thread);
  } catch (const std::exception& error) {
    std::printf("block %u: %s\n", block, error.what());
    std::fflush(stdout);
    std::_Exit(1);
  }
}

std::vector<std::unique_ptr<Queue>>& sms() {
  static std::vector<std::unique_ptr<Queue>> all = [] {
    std::vector<std::unique_ptr<Queue>> made(kSms);
    for (auto& sm : made) sm = std::make_unique<Queue>();
    return made;
  }();
  return all;
}

// Until all blocks have ended. They are dealt out in turns, so that every SM gets some.
void runOnSms(const Grid& grid) {
  std::mutex mutex;
  std::condition_variable changed;
  unsigned left = grid.blocks;
  for (unsigned block = 0; block < grid.blocks; block++) {
    const unsigned sm = block % kSms;
    sms()[sm]->add([&, block, sm] {
      runBlock(grid, block, sm);
      const std::lock_guard guard(mutex);
      if (--left == 0) changed.notify_all();
    });
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return left == 0; });
}

}  // namespace

uint32_t smId() { return gSm; }

void holdUp() {
  constexpr unsigned kOneIn = 128, kMostUs = 300;
  thread_local std::minstd_rand random(gSm + 1);
  if (random() % kOneIn == 0) std::this_thread::sleep_for(std::chrono::microseconds(random() % kMostUs));
}

unsigned long long nowNs() {
  constexpr long long kSlower = 1000;
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<unsigned long long>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count() / kSlower);
}

class Stream : public Queue {
 public:
  // Urgent kernels find room where others stay: they run beside them.
  explicit Stream(bool isUrgent) : isUrgent(isUrgent) {}
  const bool isUrgent;
};

namespace {

// Streams live as long as the program.
Stream* orDefault(Stream* stream) {
  static Stream* const usual = new Stream(false);
  return stream == nullptr ? usual : stream;
}

std::map<const void*, Prepare>& functions() {
  static std::map<const void*, Prepare> all;
  return all;
}

}  // namespace

void* allocate(size_t bytes) {
  constexpr size_t kAlignment = 512;
  void* const memory = std::aligned_alloc(kAlignment, (bytes + kAlignment) / kAlignment * kAlignment);
  std::memset(memory, 0xcd, bytes);
  return memory;
}

void release(void* memory) { std::free(memory); }

const void* remember(const void* function, Prepare prepare) {
  functions()[function] = std::move(prepare);
  return function;
}

void launch(const cudaLaunchConfig_t& config, std::function<void()> thread) {
  Stream* const stream = orDefault(config.stream);
  const Grid grid{config.gridDim.x, config.blockDim.x, std::move(thread)};
  stream->add([stream, grid] {
    if (!stream->isUrgent) return runOnSms(grid);
    for (unsigned block = 0; block < grid.blocks; block++) runBlock(grid, block, kSms);
  });
}

}  // namespace emulated

using emulated::orDefault;

void __nanosleep(unsigned) { std::this_thread::yield(); }

cudaError_t cudaSetDevice(int) { return cudaSuccess; }
cudaError_t cudaGetLastError() { return cudaSuccess; }
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  std::snprintf(properties->name, sizeof properties->name, "a GPU of threads");
  properties->multiProcessorCount = emulated::kSms;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr, int) {
  *value = 20'000;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  *least = 0;
  *greatest = -1;
  return cudaSuccess;
}
cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned, int priority) {
  *stream = new emulated::Stream(priority < 0);
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  orDefault(stream)->awaitEmpty();
  return cudaSuccess;
}
cudaError_t cudaStreamQuery(cudaStream_t stream) { return orDefault(stream)->isEmpty() ? cudaSuccess : cudaErrorNotReady; }

// As the default stream's: after what that has to do.
cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind) {
  orDefault(nullptr)->awaitEmpty();
  std::memcpy(to, from, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemset(void* at, int value, size_t bytes) {
  orDefault(nullptr)->awaitEmpty();
  std::memset(at, value, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* at, int value, size_t bytes, cudaStream_t stream) {
  orDefault(stream)->add([=] { std::memset(at, value, bytes); });
  return cudaSuccess;
}
cudaError_t cuStreamWriteValue32(cudaStream_t stream, CUdeviceptr address, uint32_t value, unsigned) {
  orDefault(stream)->add([=] { __atomic_store_n(reinterpret_cast<uint32_t*>(address), value, __ATOMIC_SEQ_CST); });
  return cudaSuccess;
}
cudaError_t cuStreamWriteValue64(cudaStream_t stream, CUdeviceptr address, uint64_t value, unsigned) {
  orDefault(stream)->add([=] { __atomic_store_n(reinterpret_cast<uint64_t*>(address), value, __ATOMIC_SEQ_CST); });
  return cudaSuccess;
}
cudaError_t cudaFuncSetAttribute(const void*, cudaFuncAttribute, int) { return cudaSuccess; }
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void*, int, size_t) {
  *blocks = emulated::kBlocksPerSm;
  return cudaSuccess;
}
cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* config, const void* function, void** parameters) {
  emulated::launch(*config, emulated::functions().at(function)(parameters));
  return cudaSuccess;
}
