// Microseconds of shapes that networks have, and GB/s of large ones: in chains, as graphs of the executor run plain kernels, each beginning before the
// one before has ended; and elastic, one after the other.
#include "kernels.cuh"

namespace memory_bound {

namespace {

// Memory of a shape, moved through in turns so that large ones do not stay in L2.
struct Shape {
  std::string about;
  Problem problem;
  std::vector<std::pair<uint32_t, size_t>> memory;  // where the view lies in the arguments, bytes
  double movedBytes;
};

uint32_t blockOutputsOf(uint64_t outputs) { return 1024 * static_cast<uint32_t>(std::clamp<uint64_t>(outputs / (1024 * 2048), 1, 8)); }

Strided dense(uint32_t type, const uint32_t (&extents)[kMostAxes]) {
  Strided at{type, 0, {}};
  uint32_t stride = 1;
  for (unsigned axis = kMostAxes; axis-- > 0; stride *= extents[axis]) at.strides[axis] = stride;
  return at;
}

struct MapShape {
  std::string about;
  std::vector<uint32_t> extents;  // the last ones
  uint32_t type;
  unsigned operands;
  std::vector<MapStep> steps;
  std::vector<uint32_t> strides;  // of operand 0, where it does not lie as the output does
  unsigned ofChannels = 0;        // operands that have the last axis alone, f32
};

Shape mapShape(const MapShape& shape) {
  MapArguments a{};
  for (uint32_t& extent : a.extents) extent = 1;
  std::copy(shape.extents.begin(), shape.extents.end(), a.extents + kMostAxes - shape.extents.size());
  const uint64_t outputs = product(a.extents, kMostAxes);
  a.blockOutputs = blockOutputsOf(outputs);
  a.operandCount = shape.operands + shape.ofChannels;
  a.outputAt = dense(shape.type, a.extents);
  for (unsigned i = 0; i < a.operandCount; i++) {
    a.operandAt[i] = i < shape.operands ? a.outputAt : Strided{0, 0, {0, 0, 0, 0, 0, 1}};
  }
  std::copy(shape.strides.begin(), shape.strides.end(), a.operandAt[0].strides + kMostAxes - shape.strides.size());
  a.stepCount = static_cast<uint32_t>(shape.steps.size());
  std::copy(shape.steps.begin(), shape.steps.end(), a.steps);
  const size_t bytes = outputs * rig::bytesOf(shape.type);
  Shape made{"map " + shape.about, problemOf("map", a, outputs, a.blockOutputs), {}, static_cast<double>((shape.operands + 1) * bytes)};
  for (unsigned i = 0; i < a.operandCount; i++) {
    const size_t own = i < shape.operands ? bytes : a.extents[5] * size_t{4};
    made.memory.push_back({static_cast<uint32_t>(offsetof(MapArguments, operands) + i * sizeof(missile::MemoryView)), own});
  }
  made.memory.push_back({offsetof(MapArguments, output), bytes});
  return made;
}

Shape poolShape(uint32_t type, uint32_t batch, uint32_t extent, uint32_t channels, uint32_t kernel, uint32_t stride, Pooling pooling) {
  PoolArguments a{};
  a.type = type;
  a.pooling = static_cast<uint32_t>(pooling);
  a.batch = batch;
  a.channels = a.inPixelStride = a.outPixelStride = channels;
  a.inHeight = a.inWidth = extent;
  a.outHeight = a.outWidth = extent / stride;
  a.kernelHeight = a.kernelWidth = kernel;
  a.strideX = a.strideY = stride;
  a.padTop = a.padLeft = kernel / 2 - (kernel % 2 == 0 ? kernel / 2 : 0);
  a.dilationX = a.dilationY = 1;
  const size_t in = size_t{batch} * extent * extent * channels, out = in / stride / stride;
  a.blockOutputs = blockOutputsOf(out);
  const std::string about = "pool " + std::to_string(kernel) + "/" + std::to_string(stride) + " " + std::to_string(batch) + "x" + std::to_string(extent) + "^2x" + std::to_string(channels);
  return {about, problemOf("pool", a, out, a.blockOutputs), {{offsetof(PoolArguments, input), in * rig::bytesOf(type)}, {offsetof(PoolArguments, output), out * rig::bytesOf(type)}},
          static_cast<double>((in + out) * rig::bytesOf(type))};
}

// The mean over `reduced` pixels of channels-last images.
Shape reduceShape(uint32_t type, uint32_t images, uint32_t pixels, uint32_t channels) {
  ReduceArguments a{};
  a.reduction = static_cast<uint32_t>(Reduction::mean);
  const uint32_t extents[kMostAxes] = {1, 1, images, channels, 1, pixels};
  std::copy(extents, extents + kMostAxes, a.extents);
  a.inputAt = {type, 0, {0, 0, pixels * channels, 1, 0, channels}};
  a.outputAt = {type, 0, {0, 0, channels, 1, 0, 0}};
  const size_t in = size_t{images} * pixels * channels * rig::bytesOf(type), out = in / pixels;
  return {"reduce " + std::to_string(images) + "x" + std::to_string(pixels) + "x" + std::to_string(channels), problemOf("reduce", a, images * channels, kReduceOutputs),
          {{offsetof(ReduceArguments, input), in}, {offsetof(ReduceArguments, output), out}}, static_cast<double>(in + out)};
}

Shape softmaxShape(uint32_t type, uint32_t rows, uint32_t columns) {
  SoftmaxArguments a{};
  const uint32_t extents[kMostAxes] = {1, 1, 1, 1, rows, columns};
  std::copy(extents, extents + kMostAxes, a.extents);
  a.inputAt = a.outputAt = dense(type, extents);
  const size_t bytes = size_t{rows} * columns * rig::bytesOf(type);
  return {"softmax " + std::to_string(rows) + "x" + std::to_string(columns), problemOf("softmax", a, rows, kSoftmaxRows),
          {{offsetof(SoftmaxArguments, input), bytes}, {offsetof(SoftmaxArguments, output), bytes}}, 2.0 * static_cast<double>(bytes)};
}

// With a residual.
Shape normShape(uint32_t type, uint32_t rows, uint32_t columns, bool isRowByBlock) {
  NormArguments a{};
  const uint32_t extents[kMostAxes] = {1, 1, 1, rows, 1, columns};
  std::copy(extents, extents + kMostAxes, a.extents);
  a.inputAt = a.outputAt = a.otherAt = dense(type, extents);
  a.epsilon = 1e-5f;
  a.join = static_cast<uint32_t>(Join::addAfter);
  a.isRowByBlock = isRowByBlock;
  const size_t bytes = size_t{rows} * columns * rig::bytesOf(type), ofChannels = size_t{columns} * 4;
  return {"norm " + std::to_string(rows) + "x" + std::to_string(columns) + (isRowByBlock ? " by block" : ""), problemOf("norm", a, rows, isRowByBlock ? 1 : kNormRows),
          {{offsetof(NormArguments, input), bytes}, {offsetof(NormArguments, gain), ofChannels}, {offsetof(NormArguments, shift), ofChannels},
           {offsetof(NormArguments, other), bytes}, {offsetof(NormArguments, output), bytes}},
          3.0 * static_cast<double>(bytes)};
}

Shape gatherShape(uint32_t type, uint32_t indices, uint32_t width) {
  GatherArguments a{};
  const uint32_t extents[kMostAxes] = {1, 1, 1, indices, 1, width};
  std::copy(extents, extents + kMostAxes, a.extents);
  a.blockOutputs = 1024;
  a.entries = 30522;
  a.entryStride = width;
  a.tableAt = {type, 0, {0, 0, 0, 0, 0, 1}};
  a.indicesAt = {3, 0, {0, 0, 0, 1, 0, 0}};
  a.outputAt = dense(type, extents);
  const size_t bytes = size_t{indices} * width * rig::bytesOf(type);
  return {"gather " + std::to_string(indices) + "x" + std::to_string(width), problemOf("gather", a, size_t{indices} * width, 1024),
          {{offsetof(GatherArguments, table), size_t{30522} * width * rig::bytesOf(type)}, {offsetof(GatherArguments, indices), indices * size_t{4}}, {offsetof(GatherArguments, output), bytes}},
          2.0 * static_cast<double>(bytes)};
}

// NCHW of three channels to channels-last of `padded`.
Shape imageShape(uint32_t type, uint32_t batch, uint32_t extent, uint32_t padded) {
  PadArguments a{};
  const uint32_t in[kMostAxes] = {1, 1, batch, extent, extent, 3}, out[kMostAxes] = {1, 1, batch, extent, extent, padded};
  std::copy(in, in + kMostAxes, a.inputExtents);
  std::copy(out, out + kMostAxes, a.extents);
  a.inputAt = {0, 0, {0, 0, 3 * extent * extent, extent, 1, extent * extent}};
  a.outputAt = dense(type, out);
  const size_t pixels = size_t{batch} * extent * extent;
  a.blockOutputs = blockOutputsOf(pixels * padded);
  return {"pad image " + std::to_string(batch) + "x" + std::to_string(extent) + "^2x3 to " + std::to_string(padded), problemOf("pad", a, pixels * padded, a.blockOutputs),
          {{offsetof(PadArguments, input), pixels * 12}, {offsetof(PadArguments, output), pixels * padded * rig::bytesOf(type)}},
          static_cast<double>(pixels * (12 + padded * rig::bytesOf(type)))};
}

Shape attentionShape(uint32_t type, uint32_t batch, uint32_t heads, uint32_t tokens, uint32_t keyWidth, uint32_t valueWidth, bool hasBias) {
  AttentionArguments a{};
  a.batch = batch;
  a.heads = heads;
  a.queries = a.keys = tokens;
  a.keyWidth = keyWidth;
  a.valueWidth = valueWidth;
  const auto lay = [&](uint32_t (&strides)[4], uint32_t width) {
    strides[3] = 1;
    strides[2] = heads * width;
    strides[1] = width;
    strides[0] = tokens * heads * width;
  };
  lay(a.queryStrides, keyWidth);
  lay(a.keyStrides, keyWidth);
  lay(a.valueStrides, valueWidth);
  lay(a.outStrides, valueWidth);
  a.scale = 0.125f;
  a.hasBias = hasBias;
  a.biasStrides[1] = tokens * tokens;
  a.biasStrides[2] = tokens;
  a.biasStrides[3] = 1;
  const uint32_t widest = std::max(keyWidth, valueWidth), width = widest <= 32 ? 32 : widest <= 64 ? 64 : 128;
  const std::string name = std::string("attention_") + rig::kTypeNames[type] + "_" + std::to_string(width);
  const size_t keys = size_t{batch} * heads * tokens * keyWidth * rig::bytesOf(type), values = keys / keyWidth * valueWidth;
  return {"attention " + std::to_string(batch) + "x" + std::to_string(heads) + " " + std::to_string(tokens) + "^2 " + std::to_string(keyWidth) + "/" + std::to_string(valueWidth),
          problemOf(name, a, size_t{batch} * heads * ((tokens + kAttentionQueries - 1) / kAttentionQueries), 1),
          {{offsetof(AttentionArguments, query), keys}, {offsetof(AttentionArguments, key), keys}, {offsetof(AttentionArguments, value), values},
           {offsetof(AttentionArguments, bias), size_t{heads} * tokens * tokens * 4}, {offsetof(AttentionArguments, output), values}},
          2.0 * static_cast<double>(keys + values)};
}

std::vector<Shape> shapesOf(uint32_t type) {
  const auto step = [](MapOp op, uint32_t a = 0, uint32_t b = 0, uint32_t c = 0) { return MapStep{static_cast<uint32_t>(op), a, b, c, 1}; };
  return {
      mapShape({"copy 1x56^2x256", {56 * 56 * 256}, type, 1, {}, {}}),
      mapShape({"copy 64 M", {64 << 20}, type, 1, {}, {}}),
      mapShape({"add relu 1x56^2x256", {56 * 56 * 256}, type, 2, {step(MapOp::add, 0, 1), step(MapOp::relu, 4)}, {}}),
      mapShape({"add relu 32 M", {32 << 20}, type, 2, {step(MapOp::add, 0, 1), step(MapOp::relu, 4)}, {}}),
      mapShape({"gelu 128x3072", {128 * 3072}, type, 1, {step(MapOp::gelu)}, {}}),
      mapShape({"gelu 32 M", {32 << 20}, type, 1, {step(MapOp::gelu)}, {}}),
      mapShape({"fma by channel 128x512", {128, 512}, type, 1, {step(MapOp::fma, 0, 1, 2)}, {}, 2}),
      mapShape({"fma by channel 64Kx512", {65536, 512}, type, 1, {step(MapOp::fma, 0, 1, 2)}, {}, 2}),
      mapShape({"shuffle 28^2x58x2", {28 * 28, 58, 2}, type, 1, {}, {116, 1, 58}}),
      mapShape({"transpose 12x128x64", {12, 128, 64}, type, 1, {}, {64, 768, 1}}),
      mapShape({"transpose 1280x49 of 49x1280", {1280, 49}, type, 1, {}, {1, 1280}}),
      poolShape(type, 1, 112, 64, 3, 2, Pooling::max),
      poolShape(type, 16, 112, 96, 3, 2, Pooling::max),
      poolShape(type, 1, 224, 64, 2, 2, Pooling::max),
      poolShape(type, 1, 56, 192, 2, 2, Pooling::mean),
      poolShape(type, 1, 56, 48, 3, 1, Pooling::mean),
      reduceShape(type, 1, 49, 1280),
      reduceShape(type, 1, 196, 672),
      reduceShape(type, 1, 784, 120),
      reduceShape(type, 112, 112, 32),
      reduceShape(type, 1, 112, 32),
      reduceShape(type, 1, 12544, 32),
      reduceShape(type, 2048, 196, 256),
      softmaxShape(type, 1, 1000),
      softmaxShape(type, 65536, 1000),
      normShape(type, 128, 768, false),
      normShape(type, 128, 768, true),
      normShape(type, 2048, 768, false),
      normShape(type, 2048, 768, true),
      normShape(type, 65536, 768, false),
      normShape(type, 256, 144, false),
      normShape(type, 256, 144, true),
      normShape(type, 512, 49152, true),
      gatherShape(type, 128, 768),
      imageShape(type, 1, 224, 16 / rig::bytesOf(type)),
      imageShape(type, 64, 224, 16 / rig::bytesOf(type)),
      attentionShape(type, 1, 12, 128, 64, 64, false),
      attentionShape(type, 16, 12, 128, 64, 64, false),
      attentionShape(type, 1, 4, 128, 32, 32, false),
      attentionShape(type, 4, 4, 256, 36, 36, false),
      attentionShape(type, 4, 4, 64, 48, 48, false),
      attentionShape(type, 1, 8, 49, 32, 128, true),
      attentionShape(type, 4, 16, 1024, 64, 64, false),
      attentionShape(type, 2, 8, 1024, 128, 128, false),
  };
}

class Bench {
 public:
  explicit Bench(rig::Gpu& gpu) : gpu_(gpu), flight_(gpu) {
    CHECK(cudaEventCreate(&from_));
    CHECK(cudaEventCreate(&to_));
  }

  void run(Shape& shape, uint32_t type) {
    double us[rig::kVariants];
    for (unsigned variant = 0; variant < rig::kVariants; variant++) {
      const bool isColoured = variant % 2 == 1;
      std::vector<std::unique_ptr<rig::Memory>> memory;
      for (const auto& [at, bytes] : shape.memory) {
        memory.push_back(std::make_unique<rig::Memory>((bytes + 1023) / 1024 * 1024, isColoured ? rig::Layout::withGaps : rig::Layout::linear, memory.size()));
        const missile::MemoryView view = memory.back()->view();
        std::memcpy(&shape.problem.arguments[at], &view, sizeof view);
      }
      us[variant] = chain(variantsOf(shape.problem.kernel).functions[variant], shape.problem, variant >= 2);
    }
    std::printf("%-34s %-4s %6u blocks %8.1f us %6.0f GB/s | coloured %8.1f | elastic %8.1f %8.1f\n", shape.about.c_str(), rig::kTypeNames[type],
                shape.problem.grid, us[0], shape.movedBytes / us[0] * 1e-3, us[1], us[2], us[3]);
  }

 private:
  // Of one kernel among many like it.
  double chain(const void* function, const Problem& problem, bool isElastic) {
    const unsigned length = problem.grid > 4096 ? 6 : 24;
    const cudaStream_t stream = gpu_.arms[0];
    const uint32_t residents = gpu_.sms * rig::residentsPerSm(function, problem);
    cudaGraph_t graph;
    cudaGraphExec_t exec;
    CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
    for (unsigned i = 0; i < length; i++) {
      missile::cuda::KernelLaunch launch = flight_.kernel(isElastic ? i : 0, 0, problem.grid, isElastic && i > 0 ? problem.grid : 0);
      launch.repeats = launch.isUntold = !isElastic;
      launch.isSparse = !isElastic && problem.grid <= gpu_.sms / 2;
      launchOn(stream, function, isElastic ? std::min(residents, problem.grid) : problem.grid, problem, launch, !isElastic);
    }
    CHECK(cudaStreamEndCapture(stream, &graph));
    CHECK(cudaGraphInstantiate(&exec, graph, 0));
    float best = 1e9f;
    for (unsigned round = 0; round < 3; round++) {
      flight_.reset(stream);
      float ms = 0;
      CHECK(cudaEventRecord(from_, stream));
      CHECK(cudaGraphLaunch(exec, stream));
      CHECK(cudaEventRecord(to_, stream));
      CHECK(cudaEventSynchronize(to_));
      CHECK(cudaEventElapsedTime(&ms, from_, to_));
      best = std::min(best, ms);
    }
    CHECK(cudaGraphExecDestroy(exec));
    CHECK(cudaGraphDestroy(graph));
    return best * 1e3 / length;
  }

  rig::Gpu& gpu_;
  rig::Flight flight_;
  cudaEvent_t from_, to_;
};

}  // namespace

void bench(rig::Gpu& gpu) {
  Bench bench(gpu);
  for (const uint32_t type : {0u, 1u}) {
    for (Shape& shape : shapesOf(type)) bench.run(shape, type);
  }
}

}  // namespace memory_bound
