#include "problems.cuh"

#include <cmath>
#include <cstring>

namespace conv {

namespace {

uint32_t padded(uint32_t count, uint32_t to) { return (count + to - 1) / to * to; }
// With the bytes before it that a view has.
size_t wholeGranules(size_t bytes) { return (bytes + kColourBlockBytes - 1) / kColourBlockBytes * kColourBlockBytes; }

void store(std::byte* at, uint32_t type, float value) {
  withElement(type, [&]<typename T>(T) {
    const T element = fromFloat<T>(value);
    std::memcpy(at, &element, sizeof element);
  });
}
// Small multiples of a quarter, whose sums are exact in any order, or anything.
Operand operandOf(uint32_t viewAt, uint32_t type, size_t elements, bool exact, Random& random, float scale = 1) {
  Operand operand{viewAt, type, elements, {}};
  operand.bytes.resize(wholeGranules(elements * bytesOf(type)));
  std::normal_distribution<float> normal;
  for (size_t i = 0; i < operand.bytes.size(); i += bytesOf(type)) {
    store(&operand.bytes[i], type, exact ? 0.25f * static_cast<float>(random() % 9) - 1 : normal(random) * scale);
  }
  return operand;
}

void setWindow(ConvArguments& a, Random& random) {
  a.kernelHeight = once(random, 2) ? 1 : upTo(random, 5);
  a.kernelWidth = once(random, 4) ? upTo(random, 7) : a.kernelHeight;
  a.strideY = upTo(random, 2);
  a.strideX = once(random, 4) ? upTo(random, 3) : a.strideY;
  a.dilationY = once(random, 4) ? 2 : 1;
  a.dilationX = once(random, 4) ? 2 : 1;
  a.padTop = static_cast<uint32_t>(random() % a.kernelHeight);
  a.padLeft = static_cast<uint32_t>(random() % a.kernelWidth);
  a.outHeight = upTo(random, 20);
  a.outWidth = upTo(random, 20);
  // Such that the last window lies within one more row or column of padding than in front.
  const auto extent = [&](uint32_t out, uint32_t stride, uint32_t kernel, uint32_t dilation, uint32_t pad) {
    const uint32_t reach = (out - 1) * stride + (kernel - 1) * dilation + 1;
    return reach > 2 * pad ? reach - 2 * pad : 1;
  };
  a.inHeight = extent(a.outHeight, a.strideY, a.kernelHeight, a.dilationY, a.padTop);
  a.inWidth = extent(a.outWidth, a.strideX, a.kernelWidth, a.dilationX, a.padLeft);
}

// As weights are brought to a GPU.
void roundToTf32(Operand& operand) {
  for (size_t at = 0; at < operand.bytes.size(); at += sizeof(uint32_t)) {
    uint32_t bits;
    std::memcpy(&bits, operand.bytes.data() + at, sizeof bits);
    bits = (bits + 0x1000) & ~uint32_t{0x1fff};
    std::memcpy(operand.bytes.data() + at, &bits, sizeof bits);
  }
}

// Offsets, strides, epilogue and memory, once the shape is known.
Problem<ConvArguments> completed(const std::string& kernel, ConvArguments a, uint32_t unit, size_t weights, Random& random) {
  a.outOffset = unit * static_cast<uint32_t>(random() % 3);
  a.inOffset = unit * static_cast<uint32_t>(random() % 3);
  a.otherOffset = unit * static_cast<uint32_t>(random() % 3);
  const uint32_t pixels = a.batch * a.outHeight * a.outWidth, inPixels = a.batch * a.inHeight * a.inWidth;
  const bool isDepthwise = kernel.starts_with("depthwise");
  const uint32_t inChannels = padded(a.groups * a.inChannels, unit), outChannels = padded(a.groups * a.outChannels, unit);
  a.inPixelStride = inChannels + (once(random, 2) ? 0 : unit * upTo(random, 4));
  a.outPixelStride = outChannels + (once(random, 2) ? 0 : unit * upTo(random, 4));
  a.otherPixelStride = outChannels + (once(random, 2) ? 0 : unit * upTo(random, 4));
  a.hasBias = !once(random, 3);
  a.activation = static_cast<uint32_t>(random() % 10);
  a.join = static_cast<uint32_t>(random() % 4);
  const bool exact = once(random, 2);
  if (exact) a.activation = static_cast<uint32_t>(random() % 3);
  a.hasAffine = kernel.starts_with("conv_f") || kernel.starts_with("conv_b") ? once(random, 4) : 0;
  Problem<ConvArguments> problem{kernel, kernel, a, {}, 0, kTileThreads, 0, exact, ""};
  const auto add = [&](uint32_t at, uint32_t type, size_t elements, float scale = 1) {
    problem.operands.push_back(operandOf(at, type, elements, exact, random, scale));
  };
  const uint32_t depth = isDepthwise ? a.kernelHeight * a.kernelWidth : a.kernelHeight * a.kernelWidth * a.inChannels;
  add(offsetof(ConvArguments, input), a.type, a.inOffset + size_t{inPixels} * a.inPixelStride);
  add(offsetof(ConvArguments, weight), a.type, weights, 1 / std::sqrt(static_cast<float>(depth)));
  if (kernel.starts_with("conv_f32")) roundToTf32(problem.operands.back());
  add(offsetof(ConvArguments, bias), 0, size_t{a.groups} * a.outChannels);
  add(offsetof(ConvArguments, other), a.type, a.otherOffset + size_t{pixels} * a.otherPixelStride);
  add(offsetof(ConvArguments, gain), 0, size_t{a.groups} * a.outChannels);
  add(offsetof(ConvArguments, shift), 0, size_t{a.groups} * a.outChannels);
  add(offsetof(ConvArguments, prologueScale), a.prologueScaleType, size_t{a.batch} * a.inChannels);
  add(offsetof(ConvArguments, prologueShift), 0, a.inChannels);
  add(offsetof(ConvArguments, output), a.type, a.outOffset + size_t{pixels} * a.outPixelStride);
  char about[300];
  std::snprintf(about, sizeof about,
                "%ux%ux%u -> %ux%ux%u, %u groups of %u to %u, kernel %ux%u, stride %ux%u, pad %ux%u, dilation %ux%u, splits %u, %s, "
                "activation %u, join %u, affine %u, prologue %u",
                a.batch, a.inHeight, a.inWidth, a.batch, a.outHeight, a.outWidth, a.groups, a.inChannels, a.outChannels, a.kernelHeight,
                a.kernelWidth, a.strideY, a.strideX, a.padTop, a.padLeft, a.dilationY, a.dilationX, a.splits, exact ? "exact" : "normal",
                a.activation, a.join, a.hasAffine, a.hasPrologue);
  problem.about = about;
  return problem;
}

// Where the sums of splits wait for each other, before the output.
void addParts(Problem<ConvArguments>& problem, const ConvTile& tile, Random& random) {
  const size_t tiles = problem.grid / problem.arguments.splits;
  Operand partial = operandOf(offsetof(ConvArguments, partial), 0, size_t{problem.grid} * tile.rows * tile.columns, false, random);
  Operand arrivals{offsetof(ConvArguments, arrivals), 0, tiles, std::vector<std::byte>(wholeGranules(tiles * sizeof(uint32_t))), true};
  problem.operands.insert(problem.operands.end() - 1, {std::move(partial), std::move(arrivals)});
}

void setPrologue(ConvArguments& a, Random& random) {
  a.hasPrologue = !once(random, 3);
  a.hasPrologueShift = once(random, 2);
  a.prologueActivation = once(random, 2);
  a.prologueScaleType = once(random, 2) ? a.type : 0;
  a.prologueScaleStride = once(random, 2) ? a.inChannels : 0;
}

}  // namespace

Problem<ConvArguments> tiledConv(uint32_t type, const ConvTile& tile, double mostProducts, Random& random) {
  const uint32_t unit = 16 / bytesOf(type);
  ConvArguments a{};
  a.type = type;
  a.batch = upTo(random, 2);
  setWindow(a, random);
  if (once(random, 4)) {  // a linear layer
    a.batch = upTo(random, 300);
    a.outHeight = a.outWidth = a.inHeight = a.inWidth = a.kernelHeight = a.kernelWidth = a.strideX = a.strideY = 1;
    a.padTop = a.padLeft = 0;
  }
  a.groups = once(random, 4) ? upTo(random, 3) : 1;
  a.inChannels = unit * upTo(random, once(random, 3) ? 40 : 5);
  a.outChannels = unit * upTo(random, 40);
  a.splits = once(random, 2) ? upTo(random, 7) : 1;
  const double perChannel = 1.0 * a.batch * a.outHeight * a.outWidth * a.groups * a.outChannels * a.kernelHeight * a.kernelWidth;
  while (perChannel * a.inChannels > mostProducts && a.inChannels > unit) a.inChannels -= unit;
  const uint32_t depth = a.kernelHeight * a.kernelWidth * a.inChannels;
  if (a.kernelHeight == 1 && a.kernelWidth == 1 && a.groups == 1) setPrologue(a, random);
  const std::string name = std::string("conv_") + kTypeNames[type] + "_" + std::to_string(tile.rows) + "x" + std::to_string(tile.columns);
  auto problem = completed(name, a, unit, size_t{a.groups} * a.outChannels * depth, random);
  const uint32_t pixels = a.batch * a.outHeight * a.outWidth;
  problem.grid = (pixels + tile.rows - 1) / tile.rows * ((a.outChannels + tile.columns - 1) / tile.columns) * a.groups * a.splits;
  problem.sharedBytes = tile.stages * (tile.rows + tile.columns) * kDepthStepBytes;
  if (a.splits > 1) addParts(problem, tile, random);
  return problem;
}

Problem<ConvArguments> depthwiseConv(uint32_t type, Random& random) {
  const uint32_t unit = 16 / bytesOf(type);
  ConvArguments a{};
  a.type = type;
  a.batch = upTo(random, 2);
  setWindow(a, random);
  a.groups = unit * upTo(random, 20);
  a.inChannels = a.outChannels = a.splits = 1;
  auto problem = completed(std::string("depthwise_") + kTypeNames[type], a, unit, size_t{a.groups} * a.kernelHeight * a.kernelWidth, random);
  problem.grid = (a.batch * a.outHeight * a.outWidth * a.groups + kDepthwiseOutputs - 1) / kDepthwiseOutputs;
  problem.threads = 256;
  return problem;
}

Problem<ConvArguments> directConv(uint32_t type, Random& random) {
  ConvArguments a{};
  a.type = type;
  a.batch = upTo(random, 2);
  setWindow(a, random);
  a.isTransposed = once(random, 3);
  if (a.isTransposed) std::swap(a.inHeight, a.outHeight), std::swap(a.inWidth, a.outWidth);
  a.groups = upTo(random, 4);
  a.inChannels = upTo(random, 12);
  a.outChannels = upTo(random, 12);
  a.splits = 1;
  const uint32_t depth = a.kernelHeight * a.kernelWidth * a.inChannels;
  auto problem = completed("conv_direct", a, once(random, 2) ? 4 : 1, size_t{a.groups} * a.outChannels * depth, random);
  problem.grid = (a.batch * a.outHeight * a.outWidth * a.groups * a.outChannels + kDirectOutputs - 1) / kDirectOutputs;
  problem.threads = 256;
  return problem;
}

// Either matrix lies with K densest or across it, aligned or not.
Problem<MatmulArguments> product(uint32_t type, Random& random) {
  MatmulArguments a{};
  a.type = type;
  const uint32_t unit = once(random, 2) ? 8 : 1;
  a.rows = unit * upTo(random, 150 / unit);
  a.columns = unit * upTo(random, 150 / unit);
  a.depth = unit * upTo(random, 300 / unit);
  a.extents[0] = a.extents[1] = 1;
  a.extents[2] = upTo(random, 3);
  a.extents[3] = upTo(random, 3);
  const auto lay = [&](uint32_t height, uint32_t width, uint32_t& heightStride, uint32_t& widthStride, uint32_t(&strides)[4], uint32_t& offset) {
    const bool isAcross = once(random, 2);
    heightStride = isAcross ? 1 : width;
    widthStride = isAcross ? height : 1;
    strides[3] = height * width;
    strides[2] = strides[3] * a.extents[3];
    offset = unit * static_cast<uint32_t>(random() % 3);
    return size_t{offset} + size_t{strides[2]} * a.extents[2];
  };
  const size_t left = lay(a.rows, a.depth, a.aRowStride, a.aDepthStride, a.aStrides, a.aOffset);
  const size_t right = lay(a.depth, a.columns, a.bDepthStride, a.bColumnStride, a.bStrides, a.bOffset);
  const size_t other = lay(a.rows, a.columns, a.otherRowStride, a.otherColumnStride, a.otherStrides, a.otherOffset);
  const size_t output = lay(a.rows, a.columns, a.outRowStride, a.outColumnStride, a.outStrides, a.outOffset);
  a.alpha = 0.5f;
  a.activation = static_cast<uint32_t>(random() % 3);
  a.join = static_cast<uint32_t>(random() % 4);
  const std::string name = std::string("matmul_") + kTypeNames[type];
  Problem<MatmulArguments> problem{name, name, a, {}, 0, kTileThreads, kMatmulStages * 2 * kMatmulTile * kDepthStepBytes, once(random, 2), ""};
  const auto add = [&](uint32_t at, size_t elements) { problem.operands.push_back(operandOf(at, type, elements, problem.exact, random)); };
  add(offsetof(MatmulArguments, a), left);
  add(offsetof(MatmulArguments, b), right);
  add(offsetof(MatmulArguments, other), other);
  add(offsetof(MatmulArguments, output), output);
  const auto tiles = [](uint32_t extent) { return (extent + kMatmulTile - 1) / kMatmulTile; };
  problem.grid = tiles(a.rows) * tiles(a.columns) * a.extents[2] * a.extents[3];
  char about[128];
  std::snprintf(about, sizeof about, "%u of %ux%ux%u, strides of depth %u and %u", a.extents[2] * a.extents[3], a.rows, a.columns, a.depth,
                a.aDepthStride, a.bDepthStride);
  problem.about = about;
  return problem;
}

}  // namespace conv
