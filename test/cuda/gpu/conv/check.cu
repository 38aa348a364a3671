// Every kernel's results for random problems, in all variants, against its CPU reference's.
#include <cmath>

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

// Evicted after a while, and then done from where it stopped.
void runElastic(rig::Gpu& gpu, const Launch& launch, uint32_t blocks, const void* arguments, Random& random) {
  rig::Flight flight(gpu);
  const cudaStream_t stream = gpu.arms[0];
  flight.reset(stream);
  launchOn(stream, launch, flight.kernel(0, 0, blocks, 0), arguments, false);
  rig::spinUs(static_cast<double>(random() % 30));
  flight.revoke(gpu.all(), true);
  if (!flight.waitForFarewells(gpu.all(), 2e6)) std::printf("no farewell\n");
  CHECK(cudaStreamSynchronize(stream));
  CHECK(cudaStreamSynchronize(gpu.control));
  if (flight.kernelsDone() > 0) return;
  const uint32_t done = flight.stop().claimed;
  flight.reset(stream);
  launchOn(stream, launch, flight.kernel(0, done, blocks - done, 0), arguments, false);
  CHECK(cudaStreamSynchronize(stream));
}

// Of splits the sums alone matter: which of them has which part of K is the kernel's affair.
double worstError(const Operand& output, unsigned splits, const std::vector<std::byte>& got, const std::vector<std::byte>& expected) {
  double worst = 0, largest = 1e-30;
  const size_t elements = splits > 1 ? output.elements / splits : got.size() / bytesOf(output.type);
  const auto sumAt = [&](const std::vector<std::byte>& all, size_t element) {
    double sum = 0;
    for (unsigned split = 0; split < splits; split++) sum += load(&all[(split * elements + element) * bytesOf(output.type)], output.type);
    return sum;
  };
  for (size_t i = 0; i < elements; i++) {
    const double a = sumAt(got, i), b = sumAt(expected, i);
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
  for (unsigned variant = 0; variant < 4; variant++) {
    std::vector<std::unique_ptr<OnGpu>> memory;
    for (const Operand& operand : problem.operands) {
      memory.push_back(std::make_unique<OnGpu>(operand.bytes, variant % 2 == 1 && !once(random, 8), random()));
      setView(&problem.arguments, operand.viewAt, memory.back()->view);
    }
    Launch launch{functionsOf(problem.kernel).variants[variant], problem.grid, problem.threads, problem.sharedBytes};
    const unsigned residents = residentsPerSm(launch);
    if (variant >= 2) {
      launch.grid = std::min(problem.grid, upTo(random, 4) * (residents == 0 ? 1 : residents));
      runElastic(gpu, launch, problem.grid, &problem.arguments, random);
    } else {
      rig::Flight flight(gpu);
      flight.reset(gpu.arms[0]);
      launchOn(gpu.arms[0], launch, flight.kernel(0, 0, problem.grid, 0), &problem.arguments, false);
      CHECK(cudaStreamSynchronize(gpu.arms[0]));
    }
    CHECK(cudaGetLastError());
    const double error = worstError(output, problem.splits, memory.back()->read(), expected);
    all.problems++;
    all.error = std::max(all.error, error);
    if (error <= tolerance(output, problem.arguments.type, problem.exact)) continue;
    if (all.wrong++ < 3) std::printf("  %s variant %u: error %.2g of %s\n", problem.kernel.c_str(), variant, error, problem.about.c_str());
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

bool check(rig::Gpu& gpu, unsigned problems) {
  Random random(2026);
  bool good = true;
  for (uint32_t type = 0; type < 3; type++) {
    const std::string name = kTypeNames[type];
    for (const ConvTile& tile : kConvTiles) {
      const std::string size = std::to_string(tile.rows) + "x" + std::to_string(tile.columns);
      good &= solveSome(gpu, "conv_" + name + "_" + size, problems, random, [&] { return tiledConv(type, tile, random); });
    }
    good &= solveSome(gpu, "depthwise_" + name, problems, random, [&] { return depthwiseConv(type, random); });
    good &= solveSome(gpu, "conv_direct " + name, problems, random, [&] { return directConv(type, random); });
    good &= solveSome(gpu, "joinSplits " + name, problems, random, [&] { return joiningSplits(type, random); });
    good &= solveSome(gpu, "matmul_" + name, problems, random, [&] { return product(type, random); });
  }
  return good;
}

}  // namespace conv
