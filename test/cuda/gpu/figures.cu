// What the kernels cost: elastic beside plain, coloured beside linear, and how soon an eviction is over.
#include "rig.cuh"

namespace rig {

namespace {

constexpr unsigned kThreads = 256;
constexpr unsigned kRepetitions = 15;
// FMAs that an SM of compute capability 8.6 to 9.0 starts in a cycle.
constexpr double kFmasPerCycle = 128;

struct Timer {
  cudaEvent_t from, to;
  Timer() {
    CHECK(cudaEventCreate(&from));
    CHECK(cudaEventCreate(&to));
  }
  ~Timer() {
    cudaEventDestroy(from);
    cudaEventDestroy(to);
  }
};

// Fastest time of what `put` puts on the stream, after `prepare` each time.
template <typename Prepare, typename Put>
double fastestUs(cudaStream_t stream, Prepare prepare, Put put) {
  Timer timer;
  float fastestMs = 1e9f;
  for (unsigned i = 0; i < kRepetitions; i++) {
    prepare();
    CHECK(cudaEventRecord(timer.from, stream));
    put();
    CHECK(cudaEventRecord(timer.to, stream));
    CHECK(cudaEventSynchronize(timer.to));
    float ms = 0;
    CHECK(cudaEventElapsedTime(&ms, timer.from, timer.to));
    fastestMs = std::min(fastestMs, ms);
  }
  CHECK(cudaGetLastError());
  return fastestMs * 1e3;
}

// A demand kernel by what one block of it does.
struct Shape {
  uint32_t blocks, residents;
  uint32_t inputUnits, outputUnits, rounds;
};

class Bench {
 public:
  Bench(Gpu& gpu, const Memory& input, const Memory& output) : gpu_(gpu), flight_(gpu), input_(input), output_(output) {}

  DemandArguments arguments(const Shape& shape) const {
    DemandArguments arguments{};
    arguments.parameters = arguments.input = input_.view();
    arguments.output = output_.view();
    arguments.inputUnits = shape.inputUnits;
    arguments.outputUnits = shape.outputUnits;
    arguments.allOutputUnits = uint64_t{shape.outputUnits} * shape.blocks;
    arguments.rounds = shape.rounds;
    return arguments;
  }

  // `chain` such kernels, one after the other; elastic ones begin while the one before leaves, as the executor has them.
  double us(const Shape& shape, bool elastic, bool coloured, unsigned chain = 1) {
    const cudaStream_t stream = gpu_.arms[0];
    const Function<DemandArguments> functions[2][2] = {{demand_plain_linear, demand_plain_coloured},
                                                       {demand_elastic_linear, demand_elastic_coloured}};
    const auto function = functions[elastic][coloured];
    // Shared memory that nobody uses keeps more than `residents` off an SM.
    const size_t shared = shape.residents >= 5 ? 0 : 220 * 1024 / shape.residents - 2048;
    CHECK(cudaFuncSetAttribute(reinterpret_cast<const void*>(function), cudaFuncAttributeMaxDynamicSharedMemorySize,
                               static_cast<int>(shared)));
    cudaLaunchAttribute early;
    early.id = cudaLaunchAttributeProgrammaticStreamSerialization;
    early.val.programmaticStreamSerializationAllowed = 1;
    cudaLaunchConfig_t config = {};
    config.gridDim = dim3(elastic ? std::min(shape.blocks, gpu_.sms * shape.residents) : shape.blocks);
    config.blockDim = dim3(kThreads);
    config.dynamicSmemBytes = shared;
    config.stream = stream;
    config.attrs = &early;
    return fastestUs(stream, [&] { flight_.reset(stream); },
                     [&] {
                       for (unsigned kernel = 0; kernel < chain; kernel++) {
                         config.numAttrs = elastic && kernel > 0 ? 1 : 0;
                         const KernelLaunch launch = flight_.kernel(kernel, 0, shape.blocks, kernel == 0 ? 0 : shape.blocks);
                         CHECK(cudaLaunchKernelEx(&config, function, launch, arguments(shape)));
                       }
                     });
  }

 private:
  Gpu& gpu_;
  Flight flight_;
  const Memory &input_, &output_;
};

uint32_t roundsFor(const Gpu& gpu, double us, unsigned residents) {
  return static_cast<uint32_t>(us * 1e-6 * gpu.smHz * kFmasPerCycle / (kThreads * kDemandChains * residents));
}

}  // namespace

void overheadOfElastic(Gpu& gpu) {
  const Memory memory(kColourBlockBytes * 1024, Layout::linear);
  Bench bench(gpu, memory, memory);
  constexpr unsigned kWaves = 40;
  std::printf("\nelastic beside plain, %u waves of blocks that only compute\nblocks an SM   block us   plain us   elastic us   more\n", kWaves);
  for (const unsigned residents : {5u, 2u}) {
    for (const double blockUs : {5.0, 20.0, 40.0, 80.0}) {
      const Shape shape{gpu.sms * residents * kWaves, residents, 0, 0, roundsFor(gpu, blockUs, residents)};
      const double plain = bench.us(shape, false, false), elastic = bench.us(shape, true, false);
      std::printf("%12u %10.1f %10.1f %12.1f %+5.1f %%\n", residents, plain / kWaves, plain, elastic, 100 * (elastic / plain - 1));
    }
  }
  constexpr unsigned kChain = 50;
  std::printf("chains of %u kernels of one wave, a kernel\n", kChain);
  for (const double blockUs : {0.1, 5.0, 10.0}) {
    const Shape shape{gpu.sms * 2, 2, 0, 0, roundsFor(gpu, blockUs, 2)};
    const double plain = bench.us(shape, false, false, kChain) / kChain, elastic = bench.us(shape, true, false, kChain) / kChain;
    std::printf("%12u %10.1f %10.2f %12.2f %+5.2f us\n", 2u, blockUs, plain, elastic, elastic - plain);
  }
}

void overheadOfColours(Gpu& gpu) {
  constexpr size_t kBytes = size_t{1} << 30;
  constexpr uint32_t kBlockUnits = 16 * 1024 / kUnitBytes;
  constexpr unsigned kChain = 5;
  struct Row {
    const char* name;
    size_t inputBytes;
    Shape shape;
  };
  const uint32_t streaming = kBytes / (16 * 1024);
  const Row rows[] = {
      {"reads and writes 1 GiB in blocks of 16 KiB", kBytes, {streaming, 5, kBlockUnits, kBlockUnits, 0}},
      {"reads and writes 1 GiB in blocks of 32 KiB", kBytes, {streaming / 2, 5, 2 * kBlockUnits, 2 * kBlockUnits, 0}},
      {"reads and writes 1 GiB in blocks of 64 KiB", kBytes, {streaming / 4, 5, 4 * kBlockUnits, 4 * kBlockUnits, 0}},
      {"reads 1 GiB in blocks of 16 KiB", kBytes, {streaming, 5, kBlockUnits, 0, 0}},
      {"reads 1 GiB in blocks of 32 KiB", kBytes, {streaming / 2, 5, 2 * kBlockUnits, 0, 0}},
      {"reads 16 MiB of L2 32 times", size_t{16} << 20, {streaming / 2, 5, kBlockUnits, 0, 0}},
      {"computes 3 MFLOP and reads 64 KiB a block", size_t{64} << 20, {gpu.sms * 200, 2, 4096, 256, 732}},
      {"computes 3 MFLOP a block", size_t{1} << 20, {gpu.sms * 200, 2, 4, 4, 732}},
  };
  std::printf("\ncoloured beside linear, a kernel of a chain; by a table that moves nothing, and with blocks as a pool hands them out\n%-46s variant   linear us       GB/s   by table us   more   coloured us   more\n", "");
  for (const Row& row : rows) {
    const Memory linearIn(row.inputBytes, Layout::linear), linearOut(kBytes, Layout::linear);
    const Memory inOrderIn(row.inputBytes, Layout::inOrder), inOrderOut(kBytes, Layout::inOrder);
    const Memory colouredIn(row.inputBytes, Layout::withGaps), colouredOut(kBytes, Layout::withGaps, 2);
    Bench linear(gpu, linearIn, linearOut), byTable(gpu, inOrderIn, inOrderOut), coloured(gpu, colouredIn, colouredOut);
    for (const bool elastic : {false, true}) {
      // Linear before and after: on a card that warms up, the later one is the faster.
      const double before = linear.us(row.shape, elastic, false, kChain);
      const double byTableUs = byTable.us(row.shape, elastic, true, kChain) / kChain;
      const double colouredUs = coloured.us(row.shape, elastic, true, kChain) / kChain;
      const double linearUs = std::min(before, linear.us(row.shape, elastic, false, kChain)) / kChain;
      const double bytes = double{kUnitBytes} * row.shape.blocks * (row.shape.inputUnits + row.shape.outputUnits);
      const auto more = [&](double us) { return 100 * (us / linearUs - 1); };
      std::printf("%-46s %7s %11.1f %10.0f %13.1f %+5.1f %% %12.1f %+5.1f %%\n", row.name, elastic ? "elastic" : "plain", linearUs,
                  bytes / linearUs / 1e3, byTableUs, more(byTableUs), colouredUs, more(colouredUs));
    }
  }
}

bool evictionLatency(Gpu& gpu) {
  constexpr unsigned kTrials = 300;
  constexpr uint32_t kBlocks = 1 << 22;
  const Memory counts(size_t{kBlocks} * 32 * sizeof(uint32_t), Layout::linear);
  Flight flight(gpu);
  std::printf("\neviction of everything, from the host's call until it is told that all have left\nblock us   p50 us   p90 us   p99 us\n");
  for (const double blockUs : {0.5, 5.0, 20.0, 40.0, 80.0}) {
    const TallyArguments arguments{counts.view(), static_cast<uint32_t>(blockUs * 1e-6 * gpu.smHz)};
    std::vector<double> us;
    for (unsigned trial = 0; trial < kTrials; trial++) {
      flight.reset(gpu.arms[0]);
      tally_elastic_linear<<<gpu.sms * 8, 32, 0, gpu.arms[0]>>>(flight.kernel(0, 0, kBlocks, 0), arguments);
      CHECK(cudaGetLastError());
      spinUs(150 + static_cast<double>(trial % 40));
      const auto from = Clock::now();
      flight.revoke(gpu.all(), true);
      if (!flight.waitForFarewells(gpu.all(), 1e6)) {
        std::printf("a TPC did not say farewell\n");
        return false;
      }
      us.push_back(usSince(from));
      CHECK(cudaStreamSynchronize(gpu.arms[0]));
      CHECK(cudaStreamSynchronize(gpu.control));
    }
    std::printf("%8.1f %8.1f %8.1f %8.1f\n", blockUs, percentile(us, 0.5), percentile(us, 0.9), percentile(us, 0.99));
  }
  return true;
}

}  // namespace rig
