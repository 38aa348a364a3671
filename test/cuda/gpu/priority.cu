// What a priority stream gives: a kernel on two thirds of the SMs' worth of thread blocks arrives beside a flood of plain kernels that fill the GPU.
// The hardware puts its thread blocks first as others end, and takes none off.
#include "rig.cuh"

namespace rig {

namespace {

constexpr unsigned kThreads = 256;
constexpr unsigned kArrivals = 300;
constexpr double kFmasPerCycle = 128;  // as figures.cu
constexpr double kFloodUs = 20'000;    // one kernel of the flood
constexpr double kPauseUs = 200;       // between two arrivals
constexpr double kLsUs = 4;
// One thread block an SM: shared memory that nobody uses keeps others off.
constexpr int kSharedBytes = 200 * 1024;

DemandArguments computing(const Gpu& gpu, const Memory& memory, double blockUs) {
  DemandArguments arguments{};
  arguments.parameters = arguments.input = arguments.output = memory.view();
  arguments.rounds = static_cast<uint32_t>(blockUs * 1e-6 * gpu.smHz * kFmasPerCycle / (kThreads * kDemandChains));
  return arguments;
}

// Two kernels are always on the stream.
class Flood {
 public:
  Flood(const Gpu& gpu, const Memory& memory, cudaStream_t stream, double blockUs)
      : stream_(stream), flight_(gpu), arguments_(computing(gpu, memory, blockUs)),
        blocks_(static_cast<uint32_t>(kFloodUs / blockUs) * gpu.sms) {
    flight_.reset(stream);
    for (cudaEvent_t& event : ends_) CHECK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
    for (unsigned i = 0; i < 2; i++) push();
  }
  ~Flood() {
    CHECK(cudaStreamSynchronize(stream_));
    for (const cudaEvent_t event : ends_) cudaEventDestroy(event);
  }
  void topUp() {
    if (cudaEventQuery(ends_[next_]) == cudaSuccess) push();
  }

 private:
  void push() {
    demand_plain_linear<<<blocks_, kThreads, kSharedBytes, stream_>>>(flight_.kernel(0, 0, blocks_, 0), arguments_);
    CHECK(cudaEventRecord(ends_[next_], stream_));
    next_ ^= 1;
  }

  cudaStream_t stream_;
  Flight flight_;
  DemandArguments arguments_;
  uint32_t blocks_;
  cudaEvent_t ends_[2];
  unsigned next_ = 0;
};

}  // namespace

void priorityStreams(Gpu& gpu) {
  int least = 0, greatest = 0;
  CHECK(cudaDeviceGetStreamPriorityRange(&least, &greatest));
  cudaStream_t low, high;
  CHECK(cudaStreamCreateWithPriority(&low, cudaStreamNonBlocking, least));
  CHECK(cudaStreamCreateWithPriority(&high, cudaStreamNonBlocking, greatest));
  CHECK(cudaFuncSetAttribute(reinterpret_cast<const void*>(demand_plain_linear), cudaFuncAttributeMaxDynamicSharedMemorySize, kSharedBytes));
  const Memory memory(kColourBlockBytes * 1024, Layout::linear);
  Flight urgent(gpu);
  const DemandArguments arguments = computing(gpu, memory, kLsUs);
  const uint32_t blocks = gpu.sms * 2 / 3;
  std::printf("\na kernel of %u blocks on a priority stream, from the host's call until it is told\nbeside blocks of   p50 us   p99 us\n", blocks);
  for (const double blockUs : {0.0, 5.0, 20.0, 40.0, 80.0}) {
    std::unique_ptr<Flood> flood;
    if (blockUs > 0) flood = std::make_unique<Flood>(gpu, memory, low, blockUs);
    std::vector<double> us;
    for (unsigned arrival = 0; arrival < kArrivals; arrival++) {
      urgent.reset(high);
      CHECK(cudaStreamSynchronize(high));
      if (flood) flood->topUp();
      spinUs(kPauseUs + static_cast<double>(arrival % 97));
      const auto from = Clock::now();
      demand_plain_linear<<<blocks, kThreads, kSharedBytes, high>>>(urgent.kernel(0, 0, blocks, 0), arguments);
      while (urgent.kernelsDone() == 0) {
      }
      us.push_back(usSince(from));
    }
    std::printf("%13.0f us %8.1f %8.1f\n", blockUs, percentile(us, 0.5), percentile(us, 0.99));
  }
  CHECK(cudaGetLastError());
  cudaStreamDestroy(low);
  cudaStreamDestroy(high);
}

}  // namespace rig
