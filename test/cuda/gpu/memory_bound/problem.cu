#include "../problem.cuh"

namespace rig {

namespace {

constexpr unsigned kMostThreadsPerSm = 2048;

size_t wholeGranules(size_t bytes) { return (bytes + kColourBlockBytes - 1) / kColourBlockBytes * kColourBlockBytes; }

void store(std::byte* at, uint32_t type, float value) {
  missile::dnn::withElement(type, [&]<typename T>(T) {
    const T element = missile::dnn::fromFloat<T>(value);
    std::memcpy(at, &element, sizeof element);
  });
}

float load(const std::byte* at, uint32_t type) {
  return missile::dnn::withElement(type, [&]<typename T>(T) {
    T element;
    std::memcpy(&element, at, sizeof element);
    return missile::dnn::asFloat(element);
  });
}

// An operand's bytes on the GPU, scattered over a pool where a coloured variant is to see them.
class OnGpu {
 public:
  OnGpu(const std::vector<std::byte>& bytes, bool isScattered, uint64_t seed) : granules_(bytes.size() / kColourBlockBytes) {
    std::vector<uint32_t> pool(isScattered ? granules_ * 3 / 2 + 1 : granules_);
    std::iota(pool.begin(), pool.end(), 0u);
    if (isScattered) std::shuffle(pool.begin(), pool.end(), Random(seed));
    blocks_.assign(pool.begin(), pool.begin() + static_cast<long>(granules_));
    all_.resize(pool.size() * kColourBlockBytes, std::byte{0xff});  // NaN where nobody may look
    for (size_t i = 0; i < granules_; i++) std::memcpy(at(i), &bytes[i * kColourBlockBytes], kColourBlockBytes);
    CHECK(cudaMalloc(&memory_, all_.size() + 1));
    CHECK(cudaMalloc(&table_, (granules_ + 1) * sizeof(uint32_t)));
    CHECK(cudaMemcpy(memory_, all_.data(), all_.size(), cudaMemcpyHostToDevice));
    CHECK(cudaMemcpy(table_, blocks_.data(), granules_ * sizeof(uint32_t), cudaMemcpyHostToDevice));
    view = {memory_, isScattered ? table_ : nullptr, bytes.size()};
  }
  ~OnGpu() {
    cudaFree(memory_);
    cudaFree(table_);
  }
  OnGpu(const OnGpu&) = delete;
  OnGpu& operator=(const OnGpu&) = delete;

  std::vector<std::byte> read() {
    CHECK(cudaMemcpy(all_.data(), memory_, all_.size(), cudaMemcpyDeviceToHost));
    std::vector<std::byte> bytes(granules_ * kColourBlockBytes);
    for (size_t i = 0; i < granules_; i++) std::memcpy(&bytes[i * kColourBlockBytes], at(i), kColourBlockBytes);
    return bytes;
  }

  MemoryView view;

 private:
  std::byte* at(size_t granule) { return &all_[blocks_[granule] * size_t{kColourBlockBytes}]; }

  size_t granules_;
  std::vector<uint32_t> blocks_;
  std::vector<std::byte> all_;
  unsigned char* memory_ = nullptr;
  uint32_t* table_ = nullptr;
};

void setView(Problem& problem, uint32_t at, const MemoryView& view) { std::memcpy(&problem.arguments[at], &view, sizeof view); }

// Evicted after a while, and then done from where it stopped.
void runElastic(Gpu& gpu, const void* function, const Problem& problem, Random& random) {
  Flight flight(gpu);
  const cudaStream_t stream = gpu.arms[0];
  const uint32_t grid = std::min(problem.grid, upTo(random, 4) * residentsPerSm(function, problem));
  flight.reset(stream);
  CHECK(cudaStreamSynchronize(stream));
  launchOn(stream, function, grid, problem, flight.kernel(0, 0, problem.grid, 0), false);
  gpu.spinUs(static_cast<double>(random() % 30));
  flight.revoke(gpu.all(), true);
  if (!flight.waitForFarewells(gpu.all(), kHungUs)) std::printf("no farewell\n");
  CHECK(cudaStreamSynchronize(stream));
  CHECK(cudaStreamSynchronize(gpu.control));
  if (flight.kernelsDone() > 0) return;
  const uint32_t done = flight.stop().claimed;
  flight.reset(stream);
  launchOn(stream, function, grid, problem, flight.kernel(0, done, problem.grid - done, 0), false);
  CHECK(cudaStreamSynchronize(stream));
}

void runPlain(Gpu& gpu, const void* function, const Problem& problem) {
  Flight flight(gpu);
  flight.reset(gpu.arms[0]);
  launchOn(gpu.arms[0], function, problem.grid, problem, flight.kernel(0, 0, problem.grid, 0), false);
  CHECK(cudaStreamSynchronize(gpu.arms[0]));
}

double errorOf(uint32_t type, const std::vector<std::byte>& got, const std::vector<std::byte>& expected) {
  double worst = 0, largest = 1e-30;
  for (size_t i = 0; i < got.size(); i += bytesOf(type)) {
    const double a = load(&got[i], type), b = load(&expected[i], type);
    if (!std::isfinite(a) || !std::isfinite(b)) return INFINITY;
    worst = std::max(worst, std::abs(a - b));
    largest = std::max(largest, std::abs(b));
  }
  return worst / largest;
}

}  // namespace

Operand operandOf(uint32_t viewAt, uint32_t type, size_t elements, bool isExact, Random& random) {
  Operand operand{viewAt, type, {}};
  operand.bytes.resize(wholeGranules(elements * bytesOf(type)));
  std::normal_distribution<float> normal;
  for (size_t i = 0; i < operand.bytes.size(); i += bytesOf(type)) {
    store(&operand.bytes[i], type, isExact || type == 3 ? 0.25f * static_cast<float>(random() % 17) - 2 : normal(random));
  }
  return operand;
}

void launchOn(cudaStream_t stream, const void* function, uint32_t grid, const Problem& problem, const KernelLaunch& launch, bool isProgrammatic) {
  cudaLaunchAttribute attribute;
  attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attribute.val.programmaticStreamSerializationAllowed = isProgrammatic;
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(grid);
  config.blockDim = dim3(problem.threads);
  config.dynamicSmemBytes = problem.sharedBytes;
  config.stream = stream;
  config.attrs = &attribute;
  config.numAttrs = 1;
  void* parameters[] = {const_cast<KernelLaunch*>(&launch), const_cast<std::byte*>(problem.arguments.data())};
  CHECK(cudaLaunchKernelExC(&config, function, parameters));
}

unsigned residentsPerSm(const void* function, const Problem& problem) {
  int residents = 0;
  CHECK(cudaFuncSetAttribute(function, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(problem.sharedBytes)));
  CHECK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&residents, function, static_cast<int>(problem.threads), problem.sharedBytes));
  return std::clamp(static_cast<unsigned>(residents), 1u, (kMostThreadsPerSm - 32) / problem.threads);
}

void solve(Gpu& gpu, const Variants& variants, Problem& problem, Tally& tally, Random& random) {
  std::vector<std::byte> expected = problem.operands.back().bytes, first;
  for (Operand& operand : problem.operands) {
    std::byte* const bytes = &operand == &problem.operands.back() ? expected.data() : operand.bytes.data();
    setView(problem, operand.viewAt, {reinterpret_cast<unsigned char*>(bytes), nullptr, operand.bytes.size()});
  }
  missile::dnn::findKernel(problem.kernel)->reference(problem.arguments.data());
  for (unsigned variant = 0; variant < kVariants; variant++) {
    std::vector<std::unique_ptr<OnGpu>> memory;
    for (const Operand& operand : problem.operands) {
      memory.push_back(std::make_unique<OnGpu>(operand.bytes, variant % 2 == 1 && !once(random, 8), random()));
      setView(problem, operand.viewAt, memory.back()->view);
    }
    if (variant < 2) {
      runPlain(gpu, variants.functions[variant], problem);
    } else {
      runElastic(gpu, variants.functions[variant], problem, random);
    }
    CHECK(cudaGetLastError());
    const std::vector<std::byte> got = memory.back()->read();
    if (variant == 0) first = got;
    const double error = errorOf(problem.operands.back().type, got, expected);
    tally.runs++;
    tally.error = std::max(tally.error, error);
    if (error <= problem.tolerance && got == first) continue;
    const char* const why = got == first ? "" : ", not as plain and linear";
    if (tally.wrong++ < 4) std::printf("  %s variant %u: error %.2g of %s%s\n", problem.kernel.c_str(), variant, error, problem.about.c_str(), why);
  }
}

}  // namespace rig
