// Microseconds of a kernel in a chain, as graphs of the executor run them: plain, linear, each beginning before the one before has ended.
#include "launch.cuh"
#include "shapes.cuh"

namespace conv {

namespace {

constexpr size_t kWeightBytes = size_t{512} << 20, kImageBytes = size_t{512} << 20;
constexpr size_t kPartBytes = size_t{1} << 30, kCounterBytes = size_t{1} << 20;
constexpr double kMostBlockUs = 40;

class Arena {
 public:
  explicit Arena(size_t sizeBytes) : sizeBytes_(sizeBytes) {
    CHECK(cudaMalloc(&memory_, sizeBytes));
    CHECK(cudaMemset(memory_, 0, sizeBytes));
    std::vector<uint32_t> blocks(sizeBytes / kColourBlockBytes);
    for (uint32_t i = 0; i < blocks.size(); i++) blocks[i] = i ^ 5;
    CHECK(cudaMalloc(&blocks_, blocks.size() * 4));
    CHECK(cudaMemcpy(blocks_, blocks.data(), blocks.size() * 4, cudaMemcpyHostToDevice));
  }
  // Of a launch of the chain: another place each time, as long as there is room.
  MemoryView view(unsigned turn, size_t bytes, bool isColoured) const {
    bytes = (bytes + 1023) / 1024 * 1024;
    const size_t places = std::max<size_t>(1, sizeBytes_ / bytes), first = turn % places * bytes;
    if (isColoured) return {memory_, blocks_ + first / kColourBlockBytes, bytes};
    return {memory_ + first, nullptr, bytes};
  }

 private:
  unsigned char* memory_ = nullptr;
  uint32_t* blocks_ = nullptr;
  size_t sizeBytes_;
};

class Bench {
 public:
  explicit Bench(rig::Gpu& gpu)
      : gpu_(gpu),
        flight_(gpu),
        weights_(kWeightBytes),
        images_(kImageBytes),
        results_(kImageBytes),
        parts_(kPartBytes),
        counters_(kCounterBytes) {
    flight_.reset(gpu.arms[0]);
    CHECK(cudaStreamSynchronize(gpu.arms[0]));
    CHECK(cudaEventCreate(&from_));
    CHECK(cudaEventCreate(&to_));
  }

  static ConvArguments argumentsOf(const Shape& shape, uint32_t type) {
    const uint32_t unit = 16 / bytesOf(type);
    ConvArguments a{};
    a.type = type;
    a.batch = shape.batch;
    a.groups = a.dilationX = a.dilationY = a.splits = a.hasBias = a.activation = 1;
    a.inChannels = a.inPixelStride = (shape.inChannels + unit - 1) / unit * unit;
    a.outChannels = a.outPixelStride = (shape.outChannels + unit - 1) / unit * unit;
    a.outHeight = a.outWidth = shape.extent;
    a.inHeight = a.inWidth = shape.extent * shape.stride;
    a.kernelHeight = a.kernelWidth = shape.kernel;
    a.strideX = a.strideY = shape.stride;
    a.padTop = a.padLeft = shape.kernel / 2;
    return a;
  }

  double us(ConvArguments a, const ConvTile& tile, uint32_t splits, unsigned variant, double* blockUs) {
    a.splits = splits;
    variant_ = variant;
    const uint32_t pixels = a.batch * a.outHeight * a.outWidth;
    const uint32_t tiles = (pixels + tile.rows - 1) / tile.rows * ((a.outChannels + tile.columns - 1) / tile.columns);
    const std::string name = std::string("conv_") + kTypeNames[a.type] + "_" + std::to_string(tile.rows) + "x" + std::to_string(tile.columns);
    const Launch launch{functionsOf(name).variants[variant], tiles * splits, kTileThreads, tile.stages * (tile.rows + tile.columns) * kDepthStepBytes};
    const unsigned residents = residentsPerSm(launch);
    const size_t weightBytes = size_t{a.outChannels} * a.kernelHeight * a.kernelWidth * a.inChannels * bytesOf(a.type);
    const unsigned turns = static_cast<unsigned>(std::clamp<size_t>((size_t{96} << 20) / weightBytes, 8, 24));
    const auto addTurn = [&](unsigned turn) { add(a, tile, launch, turn, pixels, weightBytes); };
    const double us = variant < 2 ? chain(turns, addTurn) : fedChain(turns, addTurn);
    const double waves = std::max(1.0, static_cast<double>(launch.grid) / (residents * gpu_.sms));
    *blockUs = us / waves;
    return us;
  }

 private:
  void add(ConvArguments a, const ConvTile& tile, const Launch& launch, unsigned turn, uint32_t pixels, size_t weightBytes) {
    const uint32_t bytes = bytesOf(a.type);
    const size_t outBytes = size_t{pixels} * a.outChannels * bytes, partBytes = size_t{launch.grid} * tile.rows * tile.columns * 4;
    a.input = images_.view(turn, size_t{a.batch} * a.inHeight * a.inWidth * a.inChannels * bytes, variant_ % 2);
    a.weight = weights_.view(turn, weightBytes, variant_ % 2);
    a.bias = a.prologueScale = a.prologueShift = weights_.view(0, 65536, variant_ % 2);
    a.output = results_.view(turn % 2, outBytes, variant_ % 2);
    a.partial = parts_.view(turn % 2, partBytes, variant_ % 2);
    a.arrivals = counters_.view(0, kCounterBytes, false);
    start(launch, &a);
  }

  // Elastic kernels are numbered, and as many of their thread blocks launched as the SMs hold.
  void start(Launch launch, const void* arguments) {
    if (variant_ < 2) {
      KernelLaunch kernel = flight_.kernel(0, 0, launch.grid, 0);
      kernel.repeats = kernel.isUntold = true;
      kernel.isSparse = launch.grid <= gpu_.sms / 2;
      launchOn(gpu_.arms[0], launch, kernel, arguments, true);
      return;
    }
    const bool isFirst = number_ == 0;
    const KernelLaunch kernel = flight_.kernel(number_ % rig::Flight::kKernels, 0, launch.grid, isFirst ? 0 : before_);
    before_ = launch.grid;
    number_++;
    launch.grid = std::min(launch.grid, residentsPerSm(launch) * gpu_.sms);
    launchOn(gpu_.arms[0], launch, kernel, arguments, !isFirst);
  }

  template <typename Add>
  double fedChain(unsigned turns, Add add) {
    const cudaStream_t stream = gpu_.arms[0];
    double best = 1e9;
    for (unsigned round = 0; round < 3; round++) {
      number_ = 0;
      flight_.reset(stream);
      CHECK(cudaEventRecord(from_, stream));
      for (unsigned turn = 0; turn < turns; turn++) add(turn);
      best = std::min(best, elapsedUs() / turns);
    }
    return best;
  }

  double elapsedUs() {
    float ms = 0;
    CHECK(cudaEventRecord(to_, gpu_.arms[0]));
    CHECK(cudaEventSynchronize(to_));
    CHECK(cudaEventElapsedTime(&ms, from_, to_));
    return ms * 1e3;
  }

  template <typename Add>
  double chain(unsigned turns, Add add) {
    const cudaStream_t stream = gpu_.arms[0];
    cudaGraph_t graph;
    cudaGraphExec_t exec;
    CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
    for (unsigned turn = 0; turn < turns; turn++) add(turn);
    CHECK(cudaStreamEndCapture(stream, &graph));
    CHECK(cudaGraphInstantiate(&exec, graph, 0));
    double best = 1e9;
    for (unsigned round = 0; round < 3; round++) {
      CHECK(cudaEventRecord(from_, stream));
      CHECK(cudaGraphLaunch(exec, stream));
      best = std::min(best, elapsedUs() / turns);
    }
    CHECK(cudaGraphExecDestroy(exec));
    CHECK(cudaGraphDestroy(graph));
    return best;
  }

  rig::Gpu& gpu_;
  rig::Flight flight_;
  Arena weights_, images_, results_, parts_, counters_;
  cudaEvent_t from_, to_;
  unsigned variant_ = 0, number_ = 0;
  uint32_t before_ = 0;
};

struct Choice {
  double us, blockUs;
  std::string name;
};

// All tiles without splits, and with those that give every SM something to do or make blocks short.
std::vector<Choice> choices(Bench& bench, const ConvArguments& a) {
  std::vector<Choice> all;
  const uint32_t pixels = a.batch * a.outHeight * a.outWidth;
  const uint32_t steps = (a.kernelHeight * a.kernelWidth * a.inChannels * bytesOf(a.type) + kDepthStepBytes - 1) / kDepthStepBytes;
  for (const ConvTile& tile : kConvTiles) {
    const uint32_t tiles = (pixels + tile.rows - 1) / tile.rows * ((a.outChannels + tile.columns - 1) / tile.columns);
    double blockUs = 0;
    for (const uint32_t splits : {1u, 2u, 3u, 4u, 6u, 8u, 12u, 16u, 24u}) {
      const bool isLong = blockUs > kMostBlockUs;
      if (splits > 1 && (steps / splits < 2 || (!isLong && (tiles * splits > 600 || tiles > 264)))) continue;
      if (splits == 1 && tiles < 8 && steps > 64) continue;
      if (size_t{tiles} * splits * tile.rows * tile.columns * 4 > kPartBytes / 2) continue;
      const double us = bench.us(a, tile, splits, 0, &blockUs);
      all.push_back({us, blockUs, std::to_string(tile.rows) + "x" + std::to_string(tile.columns) + (splits == 1 ? "" : "/" + std::to_string(splits))});
    }
  }
  std::sort(all.begin(), all.end(), [](const Choice& left, const Choice& right) { return left.us < right.us; });
  return all;
}

void benchNetwork(Bench& bench, const Network& network, uint32_t type, bool isBrief) {
  double totalUs = 0, gflop = 0;
  if (!isBrief) {
    std::printf("%s %s: rows x columns x depth, kernel/stride x count: us of tile/splits, ! where a block takes longer than %.0f us\n",
                network.name.c_str(), kTypeNames[type], kMostBlockUs);
  }
  for (const Shape& shape : network.shapes) {
    const ConvArguments a = Bench::argumentsOf(shape, type);
    const std::vector<Choice> all = choices(bench, a);
    const uint32_t pixels = a.batch * a.outHeight * a.outWidth, depth = a.kernelHeight * a.kernelWidth * a.inChannels;
    const double work = 2e-9 * pixels * a.outChannels * depth;
    double best = 1e9;
    for (const Choice& choice : all) best = choice.blockUs <= kMostBlockUs ? std::min(best, choice.us) : best;
    if (best == 1e9) best = all[0].us;
    totalUs += best * shape.count;
    gflop += work * shape.count;
    if (isBrief) continue;
    std::printf("%6ux%4ux%4u k%u/%u x%-2u %6.1f TF |", pixels, a.outChannels, depth, shape.kernel, shape.stride, shape.count, work / best * 1e3);
    for (size_t i = 0; i < std::min<size_t>(all.size(), 9); i++) {
      std::printf(" %s%s %.1f", all[i].name.c_str(), all[i].blockUs > kMostBlockUs ? "!" : "", all[i].us);
    }
    std::printf("\n");
  }
  std::printf("%s %s: all convolutions %.0f us, %.1f TFLOP/s\n", network.name.c_str(), kTypeNames[type], totalUs, gflop / totalUs * 1e3);
}

// What relu(x * scale + shift) of the input costs.
void benchPrologue(Bench& bench) {
  std::printf("us without and with a prologue\n");
  for (const Shape& shape : {Shape{16, 56, 336, 192, 1, 1, 1}, Shape{16, 28, 480, 192, 1, 1, 1}, Shape{16, 14, 1248, 192, 1, 1, 1}}) {
    for (uint32_t type = 0; type < 2; type++) {
      std::printf("%s %ux192x%u:", kTypeNames[type], shape.batch * shape.extent * shape.extent, shape.inChannels);
      ConvArguments a = Bench::argumentsOf(shape, type);
      for (const ConvTile& tile : kConvTiles) {
        double blockUs = 0;
        a.hasPrologue = a.hasPrologueShift = a.prologueActivation = 0;
        std::printf("  %ux%u %.1f", tile.rows, tile.columns, bench.us(a, tile, 1, 0, &blockUs));
        a.hasPrologue = a.hasPrologueShift = a.prologueActivation = 1;
        std::printf(" %.1f", bench.us(a, tile, 1, 0, &blockUs));
      }
      std::printf("\n");
    }
  }
}

// What colours and elasticity cost.
void benchVariants(Bench& bench) {
  struct Row {
    Shape shape;
    unsigned tile;
    uint32_t splits;
  };
  std::printf("us of plain linear, plain coloured, elastic linear, elastic coloured\n");
  for (const Row& row : {Row{{16, 56, 256, 64, 1, 1, 1}, 1, 1}, Row{{16, 28, 128, 128, 3, 1, 1}, 2, 1}, Row{{16, 14, 256, 256, 3, 1, 1}, 2, 2},
                         Row{{16, 14, 1024, 1024, 1, 1, 1}, 0, 1}, Row{{1, 28, 128, 128, 3, 1, 1}, 5, 4}, Row{{1, 7, 512, 512, 3, 1, 1}, 4, 12}}) {
    for (uint32_t type = 0; type < 2; type++) {
      const ConvTile& tile = kConvTiles[row.tile];
      std::printf("%s %ux%ux%u k%u %ux%u/%u:", kTypeNames[type], row.shape.batch * row.shape.extent * row.shape.extent, row.shape.outChannels,
                  row.shape.inChannels * row.shape.kernel * row.shape.kernel, row.shape.kernel, tile.rows, tile.columns, row.splits);
      double blockUs = 0;
      for (unsigned variant = 0; variant < 4; variant++) {
        std::printf(" %.1f", bench.us(Bench::argumentsOf(row.shape, type), tile, row.splits, variant, &blockUs));
      }
      std::printf("\n");
    }
  }
}

}  // namespace

void bench(rig::Gpu& gpu, const char* what) {
  Bench bench(gpu);
  if (*what == '\0') {
    benchVariants(bench);
    benchPrologue(bench);
  }
  const Network networks[] = {resnet34(1), mobilenetV3(1), resnet152(16), densenet161(16), vgg19(16), bert(1), resnet34(16), bert(16)};
  for (const Network& network : networks) {
    if (!network.name.starts_with(what)) continue;
    benchNetwork(bench, network, 0, false);
    benchNetwork(bench, network, 1, network.name != "resnet152 b16");
    std::fflush(stdout);
  }
}

}  // namespace conv
