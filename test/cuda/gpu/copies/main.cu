// What a lone copy of 1 MiB to a GPU takes, and why: where its bytes lie, how long the copy engine had nothing to do before, and whether other threads
// speak with the driver meanwhile. In the repository's root, with nvcc and a GPU:
//
//   test/cuda/gpu/build.sh FOLDER copies && FOLDER/copies
//
// As a copy lane does it: two streams in turn, an event behind each copy, looked at until it is done.
#include <sys/mman.h>

#include <functional>
#include <thread>

#include "rig.cuh"

namespace {

using namespace rig;

constexpr size_t kFewBytes = 64, kCopyBytes = size_t{1} << 20, kLargeBytes = size_t{64} << 20;
constexpr unsigned kCopies = 500, kWarmUps = 20;

// Where the bytes of each copy lie, one copy after the other.
struct Source {
  const char* name;
  unsigned char* at;
  size_t bytes;
};

// Another thread's calls while it lives: `call` with a stream and an event of its own, again and again.
class Company {
 public:
  explicit Company(const std::function<void(cudaStream_t, cudaEvent_t)>& call) : thread_([this, call] { run(call); }) {}
  ~Company() {
    isOver_ = true;
    thread_.join();
  }

 private:
  void run(const std::function<void(cudaStream_t, cudaEvent_t)>& call) {
    cudaStream_t stream;
    cudaEvent_t event;
    CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    CHECK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
    CHECK(cudaEventRecord(event, stream));
    while (!isOver_) call(stream, event);
    CHECK(cudaStreamSynchronize(stream));
  }

  std::atomic<bool> isOver_{false};
  std::thread thread_;
};

class Lane {
 public:
  Lane() {
    for (cudaStream_t& stream : streams_) CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    CHECK(cudaEventCreateWithFlags(&arrived_, cudaEventDisableTiming));
  }

  // Before each copy nothing for `idleUs`, or a few bytes every `awakeUs` of it.
  void measure(const Source& source, double idleUs, const char* company, double awakeUs = 0) {
    std::vector<double> copyCall, eventCall, whole;
    for (unsigned i = 0; i < kWarmUps + kCopies; i++) {
      for (const auto from = Clock::now(); usSince(from) < idleUs; spinUs(awakeUs > 0 ? awakeUs : idleUs)) {
        if (awakeUs > 0) stayAwake(source);
      }
      const cudaStream_t stream = streams_[i % 2];
      const unsigned char* const from = source.at + i * kCopyBytes % source.bytes;
      const auto begin = Clock::now();
      CHECK(cudaMemcpyAsync(to_.data(), from, kCopyBytes, cudaMemcpyHostToDevice, stream));
      const double copyUs = usSince(begin);
      CHECK(cudaEventRecord(arrived_, stream));
      const double eventUs = usSince(begin) - copyUs;
      while (cudaEventQuery(arrived_) == cudaErrorNotReady) {
      }
      if (i < kWarmUps) continue;
      whole.push_back(usSince(begin));
      copyCall.push_back(copyUs);
      eventCall.push_back(eventUs);
    }
    std::printf("%-36s %8.0f  %-28s %6.1f %6.1f %6.1f %9.1f %7.1f\n", source.name, idleUs, company, percentile(whole, 0.5), percentile(whole, 0.9),
                percentile(whole, 0.99), percentile(copyCall, 0.5), percentile(eventCall, 0.5));
  }

 private:
  void stayAwake(const Source& source) {
    for (const cudaStream_t stream : streams_) CHECK(cudaMemcpyAsync(few_.data(), source.at, kFewBytes, cudaMemcpyHostToDevice, stream));
  }

  cudaStream_t streams_[2];
  cudaEvent_t arrived_;
  Buffer<unsigned char> to_{kCopyBytes}, few_{kFewBytes};
};

unsigned char* pinned(size_t bytes) {
  void* at = nullptr;
  CHECK(cudaHostAlloc(&at, bytes, cudaHostAllocDefault));
  std::memset(at, 1, bytes);
  return static_cast<unsigned char*>(at);
}

// As a request's contents lie: memory that two processes map, registered.
unsigned char* shared(size_t bytes) {
  void* const at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  std::memset(at, 1, bytes);
  CHECK(cudaHostRegister(at, bytes, cudaHostRegisterDefault));
  return static_cast<unsigned char*>(at);
}

}  // namespace

int main() {
  const Gpu gpu;
  Lane lane;
  const Source one{"1 MiB, pinned", pinned(kCopyBytes), kCopyBytes}, large{"64 MiB by turns, pinned", pinned(kLargeBytes), kLargeBytes},
      mapped{"1 MiB, shared memory, registered", shared(kCopyBytes), kCopyBytes};
  std::printf("\n1 MiB to the GPU, us from the call until its event is seen\n%-36s %8s  %-28s %6s %6s %6s %9s %7s\n", "from", "idle us", "other threads",
              "p50", "p90", "p99", "copy call", "event");
  for (const Source& source : {one, large, mapped}) {
    for (const double idleUs : {0.0, 100.0, 1000.0, 5000.0}) lane.measure(source, idleUs, "none");
  }
  const auto beside = [&](double idleUs, const char* company, const std::function<void(cudaStream_t, cudaEvent_t)>& call) {
    const Company others(call);
    lane.measure(mapped, idleUs, company);
  };
  beside(100, "one looks at an event", [](cudaStream_t, cudaEvent_t event) { cudaEventQuery(event); });
  beside(100, "one records an event a 10 us", [](cudaStream_t stream, cudaEvent_t event) {
    CHECK(cudaEventRecord(event, stream));
    spinUs(10);
  });
  const Buffer<uint32_t> seen(kMostSms);
  beside(100, "one launches a kernel a 30 us", [&](cudaStream_t stream, cudaEvent_t) {
    whereabouts<<<1, 32, 0, stream>>>(seen.data(), 1);
    CHECK(cudaGetLastError());
    spinUs(30);  // longer than it stays
  });
  // If it is sleep that takes time, of the link, the engine or a stream's channel: who keeps which awake, and how often must that be?
  const Buffer<unsigned char> few(kFewBytes);
  beside(5000, "one copies 64 bytes a 200 us", [&](cudaStream_t stream, cudaEvent_t) {
    CHECK(cudaMemcpyAsync(few.data(), one.at, kFewBytes, cudaMemcpyHostToDevice, stream));
    spinUs(200);
  });
  for (const double awakeUs : {50.0, 200.0, 1000.0}) {
    char company[40];
    std::snprintf(company, sizeof company, "none; 64 bytes a %.0f us", awakeUs);
    lane.measure(mapped, 5000, company, awakeUs);
  }
  return 0;
}
