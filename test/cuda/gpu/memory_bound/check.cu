// Random problems: every kernel's result, in all variants, against its CPU reference's.
#include "kernels.cuh"

namespace memory_bound {

namespace {

using rig::once;
using rig::operandOf;
using rig::roundedUp;
using rig::upTo;

constexpr uint32_t kF32 = 0, kI32 = 3;

// What rounding to a type leaves of a result, of the largest one.
double roundingOf(uint32_t type) { return type == kF32 || type == kI32 ? 4e-6 : type == 1 ? 1e-3 : 8e-3; }

uint32_t blockOutputs(Random& random) { return 1024 * upTo(random, 3); }

// How a tensor lies: axes in any order or in theirs, with gaps or without; quads aligned or not. Adds its elements to `elements`.
Strided lay(uint32_t type, const uint32_t (&extents)[kMostAxes], Random& random, size_t& elements, bool mayBroadcast = false) {
  Strided at{type, 0, {}};
  std::vector<unsigned> order(kMostAxes);
  std::iota(order.begin(), order.end(), 0u);
  if (once(random, 3)) std::shuffle(order.begin(), order.end(), random);
  const uint32_t unit = once(random, 2) ? 4 : 1;
  size_t stride = 1;
  for (unsigned i = kMostAxes; i-- > 0;) {
    const unsigned axis = order[i];
    if (mayBroadcast && once(random, 4)) continue;
    at.strides[axis] = static_cast<uint32_t>(stride);
    stride *= extents[axis];
    if (once(random, 4)) stride += unit * upTo(random, 3);
    if (unit > 1 && stride > 1) stride = roundedUp(static_cast<uint32_t>(stride), unit);
  }
  at.offset = unit * static_cast<uint32_t>(random() % 4);
  elements = at.offset + stride;
  return at;
}

void anyExtents(uint32_t (&extents)[kMostAxes], uint64_t most, Random& random) {
  for (uint32_t& extent : extents) extent = 1;
  for (unsigned i = 0; i < 12; i++) {
    uint32_t& extent = extents[once(random, 2) ? kMostAxes - 1 : random() % kMostAxes];
    const uint32_t before = extent;
    extent *= upTo(random, 7);
    if (product(extents, kMostAxes) > most) extent = before;
  }
  if (once(random, 2)) extents[kMostAxes - 1] = roundedUp(extents[kMostAxes - 1], 4);
}

std::string shown(const uint32_t (&extents)[kMostAxes]) {
  std::string text;
  for (const uint32_t extent : extents) text += (text.empty() ? "" : "x") + std::to_string(extent);
  return text;
}

uint32_t anyType(Random& random) { return static_cast<uint32_t>(random() % 3); }

// Steps whose results are neither infinite nor, where operands are as near as rounding leaves them, far apart.
void addSteps(MapArguments& a, MapOp op, Random& random) {
  const auto add = [&](MapOp what, uint32_t x, uint32_t y, uint32_t z, float constant) {
    a.steps[a.stepCount++] = {static_cast<uint32_t>(what), x, y, z, constant};
    return kMostOperands + a.stepCount - 1;
  };
  const auto operand = [&] { return static_cast<uint32_t>(random() % a.operandCount); };
  uint32_t x = operand();
  const bool isPositive = op == MapOp::log || op == MapOp::sqrt || op == MapOp::pow || op == MapOp::powConstant || op == MapOp::reciprocal ||
                          op == MapOp::divConstant || op == MapOp::div;
  if (isPositive) x = add(MapOp::maxConstant, add(MapOp::abs, x, 0, 0, 0), 0, 0, 0.25f);
  const uint32_t y = isPositive ? x : operand();
  uint32_t last = add(op, op == MapOp::div ? operand() : x, y, operand(), op == MapOp::powConstant && once(random, 2) ? 2.0f : 0.75f);
  const MapOp harmless[] = {MapOp::add, MapOp::sub, MapOp::mul, MapOp::min, MapOp::max, MapOp::fma, MapOp::tanh, MapOp::addConstant, MapOp::relu6, MapOp::negate};
  for (unsigned more = static_cast<unsigned>(random() % 5); more > 0; more--) {
    const uint32_t before = once(random, 2) ? last : kMostOperands + static_cast<uint32_t>(random() % a.stepCount);
    const uint32_t clipped = add(MapOp::minConstant, before, 0, 0, 4);
    last = add(harmless[random() % std::size(harmless)], clipped, operand(), last, 0.5f);
  }
}

Problem mapping(uint32_t type, Random& random) {
  static unsigned next = 0;
  MapArguments a{};
  anyExtents(a.extents, 30000, random);
  a.blockOutputs = blockOutputs(random);
  a.operandCount = upTo(random, kMostOperands);
  size_t elements[kMostOperands + 1];
  for (unsigned i = 0; i < a.operandCount; i++) {
    a.operandAt[i] = lay(once(random, 3) ? anyType(random) : once(random, 8) ? kI32 : type, a.extents, random, elements[i], i > 0 || once(random, 4));
  }
  a.outputAt = lay(type, a.extents, random, elements[kMostOperands]);
  if (!once(random, 6)) addSteps(a, static_cast<MapOp>(next++ % (static_cast<unsigned>(MapOp::celu) + 1)), random);
  Problem problem = problemOf("map", a, product(a.extents, kMostAxes), a.blockOutputs);
  for (unsigned i = 0; i < a.operandCount; i++) {
    const auto at = static_cast<uint32_t>(offsetof(MapArguments, operands) + i * sizeof(missile::MemoryView));
    problem.operands.push_back(operandOf(at, a.operandAt[i].type, elements[i], true, random));
  }
  problem.operands.push_back(operandOf(offsetof(MapArguments, output), type, elements[kMostOperands], true, random));
  problem.tolerance = roundingOf(type);
  problem.about = shown(a.extents) + ", steps";
  for (unsigned i = 0; i < a.stepCount; i++) problem.about += " " + std::to_string(a.steps[i].op);
  return problem;
}

Problem pooling(uint32_t type, Random& random) {
  PoolArguments a{};
  const uint32_t unit = once(random, 2) ? 4 : 1;
  a.blockOutputs = blockOutputs(random);
  a.type = type;
  a.pooling = static_cast<uint32_t>(random() % 2);
  a.batch = upTo(random, 3);
  a.channels = unit * upTo(random, 40);
  a.kernelHeight = upTo(random, 4);
  a.kernelWidth = upTo(random, 4);
  a.strideY = upTo(random, 3);
  a.strideX = upTo(random, 3);
  a.dilationY = upTo(random, 2);
  a.dilationX = upTo(random, 2);
  a.padTop = static_cast<uint32_t>(random() % a.kernelHeight);
  a.padLeft = static_cast<uint32_t>(random() % a.kernelWidth);
  a.countPadding = static_cast<uint32_t>(random() % 2);
  a.outHeight = upTo(random, 12);
  a.outWidth = upTo(random, 12);
  // Every window has a pixel in the image; the last ones may go beyond its end.
  const auto extent = [&](uint32_t out, uint32_t stride, uint32_t kernel, uint32_t dilation, uint32_t pad) {
    const uint32_t reach = (out - 1) * stride + (kernel - 1) * dilation + 1;
    return std::max({(out - 1) * stride + 1, reach > 2 * pad ? reach - 2 * pad : 1, pad + 1});
  };
  a.inHeight = extent(a.outHeight, a.strideY, a.kernelHeight, a.dilationY, a.padTop);
  a.inWidth = extent(a.outWidth, a.strideX, a.kernelWidth, a.dilationX, a.padLeft);
  a.inPixelStride = a.channels + unit * static_cast<uint32_t>(random() % 3);
  a.outPixelStride = a.channels + unit * static_cast<uint32_t>(random() % 3);
  a.inOffset = unit * static_cast<uint32_t>(random() % 3);
  a.outOffset = unit * static_cast<uint32_t>(random() % 3);
  const uint32_t pixels = a.batch * a.outHeight * a.outWidth;
  Problem problem = problemOf("pool", a, uint64_t{pixels} * a.channels, a.blockOutputs);
  problem.operands.push_back(operandOf(offsetof(PoolArguments, input), type, a.inOffset + a.batch * a.inHeight * a.inWidth * a.inPixelStride, false, random));
  problem.operands.push_back(operandOf(offsetof(PoolArguments, output), type, a.outOffset + pixels * a.outPixelStride, false, random));
  problem.tolerance = roundingOf(type);
  char about[160];
  std::snprintf(about, sizeof about, "%s %ux%ux%ux%u by %ux%u /%ux%u dilation %ux%u pad %ux%u", a.pooling == 0 ? "max" : "mean", a.batch, a.inHeight, a.inWidth,
                a.channels, a.kernelHeight, a.kernelWidth, a.strideY, a.strideX, a.dilationY, a.dilationX, a.padTop, a.padLeft);
  problem.about = about;
  return problem;
}

Problem reduction(uint32_t type, Random& random) {
  static unsigned next = 0;
  ReduceArguments a{};
  anyExtents(a.extents, 60000, random);
  if (once(random, 2)) std::swap(a.extents[3], a.extents[5]);
  a.reduction = next++ % 9;
  // Products of many are nothing or too much.
  if (static_cast<Reduction>(a.reduction) == Reduction::product) a.extents[4] = 1, a.extents[5] = std::min(a.extents[5], 20u);
  size_t from, to;
  a.inputAt = lay(type, a.extents, random, from);
  if (once(random, 2)) std::swap(a.inputAt.strides[3], a.inputAt.strides[5]), std::swap(a.extents[3], a.extents[5]);
  uint32_t kept[kMostAxes] = {a.extents[0], a.extents[1], a.extents[2], a.extents[3], 1, 1};
  a.outputAt = lay(once(random, 3) ? kF32 : type, kept, random, to);
  a.outputAt.strides[4] = a.outputAt.strides[5] = 0;
  Problem problem = problemOf("reduce", a, product(kept, kMostAxes), kReduceOutputs);
  problem.operands.push_back(operandOf(offsetof(ReduceArguments, input), type, from, false, random));
  problem.operands.push_back(operandOf(offsetof(ReduceArguments, output), a.outputAt.type, to, false, random));
  problem.tolerance = roundingOf(a.outputAt.type) + 2e-6;
  problem.about = shown(a.extents) + ", reduction " + std::to_string(a.reduction);
  return problem;
}

Problem softening(uint32_t type, Random& random) {
  SoftmaxArguments a{};
  anyExtents(a.extents, 40000, random);
  if (once(random, 4)) a.extents[5] = upTo(random, 3000);
  if (product(a.extents, kMostAxes) > 200000) a.extents[4] = a.extents[3] = 1;
  a.isLog = static_cast<uint32_t>(random() % 2);
  size_t from, to;
  a.inputAt = lay(type, a.extents, random, from);
  a.outputAt = lay(type, a.extents, random, to);
  Problem problem = problemOf("softmax", a, product(a.extents, kMostAxes - 1), kSoftmaxRows);
  problem.operands.push_back(operandOf(offsetof(SoftmaxArguments, input), type, from, false, random));
  problem.operands.push_back(operandOf(offsetof(SoftmaxArguments, output), type, to, false, random));
  problem.tolerance = roundingOf(type);
  problem.about = shown(a.extents) + (a.isLog ? ", log" : "");
  return problem;
}

Problem normalisation(uint32_t type, Random& random) {
  NormArguments a{};
  anyExtents(a.extents, 40000, random);
  if (once(random, 3)) a.extents[5] = 4 * upTo(random, 2500);
  if (product(a.extents, kMostAxes) > 400000) a.extents[4] = a.extents[3] = 1;
  a.channelsPerRow = once(random, 2) ? a.extents[5] : 0;
  a.isRowByBlock = static_cast<uint32_t>(random() % 2);
  a.epsilon = 1e-5f;
  a.activation = static_cast<uint32_t>(random() % 10);
  a.join = static_cast<uint32_t>(random() % 4);
  size_t from, other, to;
  a.inputAt = lay(type, a.extents, random, from);
  a.otherAt = lay(type, a.extents, random, other);
  a.outputAt = lay(once(random, 4) ? kF32 : type, a.extents, random, to);
  const uint64_t row = uint64_t{a.extents[4]} * a.extents[5], rows = product(a.extents, 4);
  Problem problem = problemOf("norm", a, rows, a.isRowByBlock || row > kLongRow ? 1 : kNormRows);
  problem.operands.push_back(operandOf(offsetof(NormArguments, input), type, from, false, random));
  for (const auto at : {offsetof(NormArguments, gain), offsetof(NormArguments, shift)}) {
    problem.operands.push_back(operandOf(static_cast<uint32_t>(at), kF32, size_t{a.extents[3]} * a.extents[5], false, random));
  }
  problem.operands.push_back(operandOf(offsetof(NormArguments, other), type, other, false, random));
  problem.operands.push_back(operandOf(offsetof(NormArguments, output), a.outputAt.type, to, false, random));
  problem.tolerance = roundingOf(a.outputAt.type) + 4e-6;
  problem.about = shown(a.extents) + ", activation " + std::to_string(a.activation) + ", join " + std::to_string(a.join);
  return problem;
}

Problem gathering(uint32_t type, Random& random) {
  GatherArguments a{};
  anyExtents(a.extents, 30000, random);
  if (once(random, 5)) type = kI32;
  a.blockOutputs = blockOutputs(random);
  a.entries = upTo(random, 50);
  uint32_t table[kMostAxes] = {a.extents[0], a.extents[1], a.entries, 1, a.extents[4], a.extents[5]};
  uint32_t indices[kMostAxes] = {1, 1, a.extents[2], a.extents[3], 1, 1};
  size_t from, which, to;
  a.tableAt = lay(type, table, random, from);
  a.entryStride = a.tableAt.strides[2];
  a.tableAt.strides[2] = a.tableAt.strides[3] = 0;
  a.indicesAt = lay(kI32, indices, random, which);
  for (const unsigned axis : {0, 1, 4, 5}) a.indicesAt.strides[axis] = 0;
  a.outputAt = lay(type, a.extents, random, to);
  Problem problem = problemOf("gather", a, product(a.extents, kMostAxes), a.blockOutputs);
  problem.operands.push_back(operandOf(offsetof(GatherArguments, table), type, from, false, random));
  problem.operands.push_back(operandOf(offsetof(GatherArguments, indices), kI32, which, false, random));
  for (size_t i = 0; i < problem.operands[1].bytes.size(); i += 4) {
    const int32_t index = static_cast<int32_t>(random() % (2 * a.entries + 4)) - static_cast<int32_t>(a.entries) - 2;
    std::memcpy(&problem.operands[1].bytes[i], &index, 4);
  }
  problem.operands.push_back(operandOf(offsetof(GatherArguments, output), type, to, false, random));
  problem.about = shown(a.extents);
  return problem;
}

Problem padding(uint32_t type, Random& random) {
  PadArguments a{};
  anyExtents(a.inputExtents, 10000, random);
  if (once(random, 5)) type = kI32;
  a.blockOutputs = blockOutputs(random);
  a.padding = static_cast<uint32_t>(random() % 3);
  a.value = 0.5f;
  for (unsigned axis = 0; axis < kMostAxes; axis++) {
    const bool isPadded = once(random, 3);
    const uint32_t most = static_cast<Padding>(a.padding) == Padding::reflect ? a.inputExtents[axis] : 5;
    a.before[axis] = isPadded ? static_cast<int32_t>(random() % most) : 0;
    a.extents[axis] = a.inputExtents[axis] + static_cast<uint32_t>(a.before[axis]) + (isPadded ? static_cast<uint32_t>(random() % most) : 0);
  }
  size_t from, to;
  a.inputAt = lay(type, a.inputExtents, random, from);
  a.outputAt = lay(type, a.extents, random, to);
  Problem problem = problemOf("pad", a, product(a.extents, kMostAxes), a.blockOutputs);
  problem.operands.push_back(operandOf(offsetof(PadArguments, input), type, from, false, random));
  problem.operands.push_back(operandOf(offsetof(PadArguments, output), type, to, false, random));
  problem.about = shown(a.inputExtents) + " to " + shown(a.extents) + ", padding " + std::to_string(a.padding);
  return problem;
}

Problem resizing(uint32_t type, Random& random) {
  ResizeArguments a{};
  const uint32_t unit = once(random, 2) ? 4 : 1;
  a.blockOutputs = blockOutputs(random);
  a.type = type;
  a.resizing = static_cast<uint32_t>(random() % 5);
  a.batch = upTo(random, 2);
  a.channels = unit * upTo(random, 20);
  a.inHeight = upTo(random, 12);
  a.inWidth = upTo(random, 12);
  a.outHeight = upTo(random, 20);
  a.outWidth = upTo(random, 20);
  a.scaleY = static_cast<float>(a.inHeight) / static_cast<float>(a.outHeight);
  a.scaleX = static_cast<float>(a.inWidth) / static_cast<float>(a.outWidth);
  if (once(random, 2)) a.shiftY = a.scaleY / 2 - 0.5f, a.shiftX = a.scaleX / 2 - 0.5f;
  a.inPixelStride = a.channels + unit * static_cast<uint32_t>(random() % 3);
  a.outPixelStride = a.channels + unit * static_cast<uint32_t>(random() % 3);
  a.inOffset = unit * static_cast<uint32_t>(random() % 3);
  a.outOffset = unit * static_cast<uint32_t>(random() % 3);
  const uint32_t pixels = a.batch * a.outHeight * a.outWidth;
  Problem problem = problemOf("resize", a, uint64_t{pixels} * a.channels, a.blockOutputs);
  problem.operands.push_back(operandOf(offsetof(ResizeArguments, input), type, a.inOffset + a.batch * a.inHeight * a.inWidth * a.inPixelStride, false, random));
  problem.operands.push_back(operandOf(offsetof(ResizeArguments, output), type, a.outOffset + pixels * a.outPixelStride, false, random));
  problem.tolerance = roundingOf(type);
  char about[120];
  std::snprintf(about, sizeof about, "%u: %ux%u to %ux%u of %u", a.resizing, a.inHeight, a.inWidth, a.outHeight, a.outWidth, a.channels);
  problem.about = about;
  return problem;
}

// Heads of a position side by side, or positions of a head.
size_t layHeads(const AttentionArguments& a, uint32_t positions, uint32_t width, uint32_t& offset, uint32_t (&strides)[4], Random& random) {
  const uint32_t gap = once(random, 2) ? 0 : upTo(random, 8);
  const uint32_t stride = once(random, 6) ? 2 : 1;
  strides[3] = stride;
  const bool isByPosition = once(random, 2);
  strides[1] = isByPosition ? width * stride : positions * (width * stride + gap);
  strides[2] = isByPosition ? a.heads * width * stride + gap : width * stride + gap;
  strides[0] = a.heads * positions * width * stride + positions * a.heads * gap;
  offset = once(random, 2) ? 0 : upTo(random, 8);
  return size_t{offset} + size_t{strides[0]} * a.batch;
}

Problem attention(uint32_t type, uint32_t width, Random& random) {
  AttentionArguments a{};
  const uint32_t unit = once(random, 3) ? 1 : 4;
  a.batch = upTo(random, 2);
  a.heads = upTo(random, 4);
  a.queries = once(random, 2) ? 32 * upTo(random, 4) : upTo(random, 150);
  a.keys = once(random, 2) ? 16 * upTo(random, 16) : upTo(random, 300);
  a.keyWidth = once(random, 3) ? width : unit * upTo(random, width / unit);
  a.valueWidth = once(random, 3) ? width : unit * upTo(random, width / unit);
  a.scale = 1 / std::sqrt(static_cast<float>(a.keyWidth));
  const size_t query = layHeads(a, a.queries, a.keyWidth, a.queryOffset, a.queryStrides, random);
  const size_t key = layHeads(a, a.keys, a.keyWidth, a.keyOffset, a.keyStrides, random);
  const size_t value = layHeads(a, a.keys, a.valueWidth, a.valueOffset, a.valueStrides, random);
  const size_t output = layHeads(a, a.queries, a.valueWidth, a.outOffset, a.outStrides, random);
  a.hasBias = once(random, 2);
  a.biasType = once(random, 2) ? kF32 : type;
  const uint32_t ofBias[] = {a.heads * a.queries * a.keys, a.queries * a.keys, a.keys, 1};
  for (unsigned axis = 0; axis < 4; axis++) a.biasStrides[axis] = once(random, 3) ? 0 : ofBias[axis];
  const std::string name = std::string("attention_") + rig::kTypeNames[type] + "_" + std::to_string(width);
  Problem problem = problemOf(name, a, uint64_t{a.batch} * a.heads * ((a.queries + kAttentionQueries - 1) / kAttentionQueries), 1);
  problem.operands.push_back(operandOf(offsetof(AttentionArguments, query), type, query, false, random));
  problem.operands.push_back(operandOf(offsetof(AttentionArguments, key), type, key, false, random));
  problem.operands.push_back(operandOf(offsetof(AttentionArguments, value), type, value, false, random));
  problem.operands.push_back(operandOf(offsetof(AttentionArguments, bias), a.biasType, a.hasBias ? size_t{a.batch} * ofBias[0] : 1, false, random));
  problem.operands.push_back(operandOf(offsetof(AttentionArguments, output), type, output, false, random));
  problem.tolerance = type == kF32 ? 1.5e-3 : type == 1 ? 2e-3 : 1.6e-2;
  char about[120];
  std::snprintf(about, sizeof about, "%ux%u heads, %u queries, %u keys of %u, values of %u%s", a.batch, a.heads, a.queries, a.keys, a.keyWidth, a.valueWidth,
                a.hasBias ? ", bias" : "");
  problem.about = about;
  return problem;
}

template <typename Make>
bool solveSome(rig::Gpu& gpu, const std::string& name, unsigned problems, Random& random, Make make) {
  rig::Tally tally;
  for (unsigned i = 0; i < problems; i++) {
    Problem problem = make();
    solve(gpu, variantsOf(problem.kernel), problem, tally, random);
  }
  std::printf("%-18s %4u runs, largest error %.1e%s\n", name.c_str(), tally.runs, tally.error, tally.wrong == 0 ? "" : "  WRONG");
  return tally.wrong == 0;
}

}  // namespace

bool check(rig::Gpu& gpu, unsigned problems) {
  Random random(2026);
  bool good = true;
  const std::pair<const char*, Problem (*)(uint32_t, Random&)> kernels[] = {
      {"map", mapping},         {"pool", pooling},     {"reduce", reduction}, {"softmax", softening},
      {"norm", normalisation}, {"gather", gathering}, {"pad", padding},      {"resize", resizing}};
  for (uint32_t type = 0; type < 3; type++) {
    const std::string typeName = rig::kTypeNames[type];
    for (const auto& [name, make] : kernels) {
      // Each operation of map at least once.
      const unsigned count = std::string(name) == "map" ? 5 * problems : problems;
      good &= solveSome(gpu, std::string(name) + " " + typeName, count, random, [&] { return make(type, random); });
    }
    for (const uint32_t width : {32, 64, 128}) {
      const std::string name = "attention_" + typeName + "_" + std::to_string(width);
      good &= solveSome(gpu, name, problems, random, [&] { return attention(type, width, random); });
    }
  }
  return good;
}

}  // namespace memory_bound
