// Every kernel's results for random problems, in all variants, against its CPU reference's, and against each other's bit by bit.
#include <cmath>

#include "cuda/arrivals.h"
#include "problems.cuh"

namespace conv {

namespace {

class OnGpu {
 public:
  OnGpu(const std::vector<std::byte>& bytes, bool scattered, uint64_t seed) : granules_(bytes.size() / kColourBlockBytes) {
    std::vector<uint32_t> pool(scattered ? granules_ * 3 / 2 + 1 : granules_);
    std::iota(pool.begin(), pool.end(), 0u);
    if (scattered) std::shuffle(pool.begin(), pool.end(), Random(seed));
    blocks_.assign(pool.begin(), pool.begin() + static_cast<long>(granules_));
    all_.resize(pool.size() * kColourBlockBytes, std::byte{0xff});  // NaN where nobody may look
    for (size_t i = 0; i < granules_; i++) {
      std::memcpy(&all_[blocks_[i] * size_t{kColourBlockBytes}], &bytes[i * kColourBlockBytes], kColourBlockBytes);
    }
    CHECK(cudaMalloc(&memory_, all_.size()));
    CHECK(cudaMalloc(&table_, (granules_ + 1) * 4));
    CHECK(cudaMemcpy(memory_, all_.data(), all_.size(), cudaMemcpyHostToDevice));
    CHECK(cudaMemcpy(table_, blocks_.data(), granules_ * 4, cudaMemcpyHostToDevice));
    view = {memory_, scattered ? table_ : nullptr, bytes.size()};
  }
  ~OnGpu() {
    cudaFree(memory_);
    cudaFree(table_);
  }
  OnGpu(const OnGpu&) = delete;

  std::vector<std::byte> read() {
    CHECK(cudaMemcpy(all_.data(), memory_, all_.size(), cudaMemcpyDeviceToHost));
    std::vector<std::byte> bytes(granules_ * kColourBlockBytes);
    for (size_t i = 0; i < granules_; i++) {
      std::memcpy(&bytes[i * kColourBlockBytes], &all_[blocks_[i] * size_t{kColourBlockBytes}], kColourBlockBytes);
    }
    return bytes;
  }

  MemoryView view;

 private:
  size_t granules_;
  std::vector<uint32_t> blocks_;
  std::vector<std::byte> all_;
  unsigned char* memory_ = nullptr;
  uint32_t* table_ = nullptr;
};

void setView(void* arguments, uint32_t at, const MemoryView& view) { std::memcpy(static_cast<std::byte*>(arguments) + at, &view, sizeof view); }

// Evicted after a while. Blocks that are done.
uint32_t runUntilEvicted(rig::Gpu& gpu, const Launch& launch, uint32_t blocks, uint32_t attempt, const void* arguments, Random& random) {
  rig::Flight flight(gpu);
  const cudaStream_t stream = gpu.arms[0];
  flight.reset(stream);
  CHECK(cudaStreamSynchronize(stream));
  KernelLaunch kernel = flight.kernel(0, 0, blocks, 0);
  kernel.attempt = attempt;
  launchOn(stream, launch, kernel, arguments, false);
  gpu.spinUs(static_cast<double>(random() % 30));
  flight.revoke(gpu.all(), true);
  if (!flight.waitForFarewells(gpu.all(), rig::kHungUs)) std::printf("no farewell\n");
  CHECK(cudaStreamSynchronize(stream));
  CHECK(cudaStreamSynchronize(gpu.control));
  return flight.kernelsDone() > 0 ? blocks : flight.stop().claimed;
}

void runBlocks(rig::Gpu& gpu, const Launch& launch, uint32_t first, uint32_t blocks, uint32_t attempt, const void* arguments) {
  rig::Flight flight(gpu);
  flight.reset(gpu.arms[0]);
  KernelLaunch kernel = flight.kernel(0, first, blocks, 0);
  kernel.attempt = attempt;
  launchOn(gpu.arms[0], launch, kernel, arguments, false);
  CHECK(cudaStreamSynchronize(gpu.arms[0]));
}

// Evicted in its midst and done from where it stopped; before that, maybe, evicted and given up.
void runElastic(rig::Gpu& gpu, const Launch& launch, uint32_t blocks, const void* arguments, Random& random) {
  uint32_t attempt = attemptAfter(kWholeAttempt);
  if (once(random, 2)) {
    runUntilEvicted(gpu, launch, blocks, attempt, arguments, random);
    attempt = attemptAfter(attempt);
  }
  const uint32_t done = runUntilEvicted(gpu, launch, blocks, attempt, arguments, random);
  if (done < blocks) runBlocks(gpu, launch, done, blocks - done, attempt, arguments);
}

// As a graph has it; before that, maybe, some of its blocks as the profiler has them.
void runPlain(rig::Gpu& gpu, Launch launch, const void* arguments, Random& random) {
  const uint32_t blocks = launch.grid;
  if (once(random, 2)) {
    launch.grid = upTo(random, blocks);
    runBlocks(gpu, launch, 0, launch.grid, kTrialAttempt, arguments);
    launch.grid = blocks;
  }
  runBlocks(gpu, launch, 0, blocks, kWholeAttempt, arguments);
}

// In every word: for the next time.
bool hasArrivedNobody(const std::vector<std::byte>& words) {
  uint32_t arrived = 0, word;
  for (size_t at = 0; at < words.size(); at += sizeof word) {
    std::memcpy(&word, &words[at], sizeof word);
    arrived += arrivedOf(word);
  }
  return arrived == 0;
}

double worstError(const Operand& output, const std::vector<std::byte>& got, const std::vector<std::byte>& expected) {
  double worst = 0, largest = 1e-30;
  for (size_t at = 0; at < got.size(); at += bytesOf(output.type)) {
    const double a = load(&got[at], output.type), b = load(&expected[at], output.type);
    if (!std::isfinite(a)) return INFINITY;
    worst = std::max(worst, std::abs(a - b));
    largest = std::max(largest, std::abs(b));
  }
  return worst / largest;
}

// What rounding leaves: of the storage, of TF32's 11 bits where numbers are any (a product of three operands with few terms reached 1.5e-3), and of
// a half type's prologue, whose results are rounded before they are multiplied.
double tolerance(const Operand& output, uint32_t type, bool exact) {
  const double storage = output.type == 0 ? 1e-6 : output.type == 1 ? 1e-3 : 8e-3;
  return exact ? storage + 2e-6 : storage + (type == 0 ? 3e-3 : type == 1 ? 1e-3 : 8e-3);
}

struct Worst {
  double error = 0;
  unsigned problems = 0, wrong = 0;
};

template <typename Arguments>
void solve(rig::Gpu& gpu, Problem<Arguments>& problem, Worst& all, Random& random) {
  Operand& output = problem.operands.back();
  std::vector<std::byte> expected = output.bytes;
  for (Operand& operand : problem.operands) {
    std::byte* const bytes = &operand == &output ? expected.data() : operand.bytes.data();
    setView(&problem.arguments, operand.viewAt, {reinterpret_cast<unsigned char*>(bytes), nullptr, operand.bytes.size()});
  }
  findKernel(problem.reference)->reference(&problem.arguments);
  std::vector<std::byte> first;
  for (unsigned variant = 0; variant < 4; variant++) {
    std::vector<std::unique_ptr<OnGpu>> memory;
    for (const Operand& operand : problem.operands) {
      const bool isScattered = variant % 2 == 1 && !operand.isCounters && !once(random, 8);
      memory.push_back(std::make_unique<OnGpu>(operand.bytes, isScattered, random()));
      setView(&problem.arguments, operand.viewAt, memory.back()->view);
    }
    Launch launch{functionsOf(problem.kernel).variants[variant], problem.grid, problem.threads, problem.sharedBytes};
    const unsigned residents = residentsPerSm(launch);
    if (variant >= 2) {
      launch.grid = std::min(problem.grid, upTo(random, 4) * (residents == 0 ? 1 : residents));
      runElastic(gpu, launch, problem.grid, &problem.arguments, random);
    } else {
      runPlain(gpu, launch, &problem.arguments, random);
    }
    CHECK(cudaGetLastError());
    const std::vector<std::byte> got = memory.back()->read();
    if (variant == 0) first = got;
    bool nobodyWaits = true;
    for (size_t i = 0; i < memory.size(); i++) {
      if (problem.operands[i].isCounters) nobodyWaits &= hasArrivedNobody(memory[i]->read());
    }
    const double error = worstError(output, got, expected);
    all.problems++;
    all.error = std::max(all.error, error);
    if (error <= tolerance(output, problem.arguments.type, problem.exact) && got == first && nobodyWaits) continue;
    if (all.wrong++ < 3) {
      std::printf("  %s variant %u: error %.2g%s%s of %s\n", problem.kernel.c_str(), variant, error, got == first ? "" : ", other bits",
                  nobodyWaits ? "" : ", counters", problem.about.c_str());
    }
  }
}

template <typename Make>
bool solveSome(rig::Gpu& gpu, const std::string& name, unsigned problems, Random& random, Make make) {
  Worst worst;
  for (unsigned i = 0; i < problems; i++) {
    auto problem = make();
    solve(gpu, problem, worst, random);
  }
  std::printf("%-22s %3u runs, largest error %.1e%s\n", name.c_str(), worst.problems, worst.error, worst.wrong == 0 ? "" : "  WRONG");
  return worst.wrong == 0;
}

}  // namespace

bool check(rig::Gpu& gpu, unsigned problems, double mostProducts) {
  Random random(2026);
  bool good = true;
  for (uint32_t type = 0; type < 3; type++) {
    const std::string name = kTypeNames[type];
    for (const ConvTile& tile : kConvTiles) {
      const std::string size = std::to_string(tile.rows) + "x" + std::to_string(tile.columns);
      good &= solveSome(gpu, "conv_" + name + "_" + size, problems, random, [&] { return tiledConv(type, tile, mostProducts, random); });
    }
    good &= solveSome(gpu, "depthwise_" + name, problems, random, [&] { return depthwiseConv(type, random); });
    good &= solveSome(gpu, "conv_direct " + name, problems, random, [&] { return directConv(type, random); });
    good &= solveSome(gpu, "matmul_" + name, problems, random, [&] { return product(type, random); });
  }
  return good;
}

}  // namespace conv
