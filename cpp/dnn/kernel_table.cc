#include "kernel_table.h"

#include <algorithm>
#include <string>
#include <vector>

#include "attention.h"
#include "conv.h"
#include "element.h"
#include "field_list.h"
#include "map.h"
#include "matmul.h"
#include "pool.h"
#include "references.h"
#include "rows.h"
#include "select.h"

namespace missile::dnn {

MISSILE_MEMBERS(Strided, type, offset, strides)
MISSILE_MEMBERS(MapStep, op, a, b, c, constant)

MISSILE_MEMBERS(ConvArguments, input, weight, bias, other, output, prologueScale, prologueShift, gain, shift, partial, arrivals, type, batch, groups,
                inHeight, inWidth, inChannels, inOffset, inPixelStride, outHeight, outWidth, outChannels, outOffset, outPixelStride, otherOffset,
                otherPixelStride, kernelHeight, kernelWidth, strideY, strideX, padTop, padLeft, dilationY, dilationX, isTransposed, hasBias,
                activation, join, splits, hasPrologue, hasPrologueShift, prologueActivation, prologueScaleType, prologueScaleStride, hasAffine)
MISSILE_MEMBERS(MatmulArguments, a, b, other, output, type, extents, rows, columns, depth, aOffset, aStrides, aRowStride, aDepthStride, bOffset,
                bStrides, bDepthStride, bColumnStride, outOffset, outStrides, outRowStride, outColumnStride, otherOffset, otherStrides,
                otherRowStride, otherColumnStride, alpha, activation, join)
MISSILE_MEMBERS(AttentionArguments, query, key, value, bias, output, batch, heads, queries, keys, keyWidth, valueWidth, queryOffset,
                queryStrides, keyOffset, keyStrides, valueOffset, valueStrides, outOffset, outStrides, hasBias, biasType, biasOffset,
                biasStrides, scale)
MISSILE_MEMBERS(MapArguments, operands, output, extents, blockOutputs, operandCount, stepCount, operandAt, outputAt, steps)
MISSILE_MEMBERS(PoolArguments, input, output, blockOutputs, type, pooling, batch, channels, inHeight, inWidth, outHeight, outWidth, inOffset, inPixelStride,
                outOffset, outPixelStride, kernelHeight, kernelWidth, strideY, strideX, padTop, padLeft, dilationY, dilationX, countPadding)
MISSILE_MEMBERS(ReduceArguments, input, output, reduction, extents, inputAt, outputAt)
MISSILE_MEMBERS(SoftmaxArguments, input, output, isLog, extents, inputAt, outputAt)
MISSILE_MEMBERS(NormArguments, input, gain, shift, other, output, extents, channelsPerRow, isRowByBlock, inputAt, otherAt, outputAt, epsilon,
                activation, join)
MISSILE_MEMBERS(GatherArguments, table, indices, output, blockOutputs, extents, entries, entryStride, tableAt, indicesAt, outputAt)
MISSILE_MEMBERS(PadArguments, input, output, blockOutputs, padding, value, extents, inputExtents, before, inputAt, outputAt)
MISSILE_MEMBERS(ResizeArguments, input, output, blockOutputs, type, resizing, batch, channels, inHeight, inWidth, outHeight, outWidth, inOffset,
                inPixelStride, outOffset, outPixelStride, scaleY, shiftY, scaleX, shiftX)

namespace {

constexpr const char* kTypes[] = {"f32", "f16", "bf16"};

using Reference = void (*)(const void*);

template <typename Arguments>
KernelEntry entryOf(std::string name, Reference reference) {
  static const FieldList list = FieldList::of<Arguments>();
  return {std::move(name), sizeof(Arguments), list.fields(), 0, 0, reference};
}

// Of a kernel that works in tiles of a product, whose rows and columns lie in shared memory for several steps of K.
template <typename Arguments>
KernelEntry entryOf(std::string name, Reference reference, const ConvTile& tile) {
  KernelEntry entry = entryOf<Arguments>(std::move(name), reference);
  entry.threads = kTileThreads;
  entry.sharedBytes = tile.stages * (tile.rows + tile.columns) * kDepthStepBytes;
  return entry;
}

std::vector<KernelEntry> allKernels() {
  std::vector<KernelEntry> all;
  for (const std::string type : kTypes) {
    for (const ConvTile& tile : kConvTiles) {
      const std::string size = std::to_string(tile.rows) + "x" + std::to_string(tile.columns);
      all.push_back(entryOf<ConvArguments>("conv_" + type + "_" + size, convReference, tile));
    }
    all.push_back(entryOf<ConvArguments>("depthwise_" + type, depthwiseReference));
    all.push_back(entryOf<MatmulArguments>("matmul_" + type, matmulReference, {kMatmulTile, kMatmulTile, kMatmulStages}));
  }
  for (const std::string width : {"32", "64", "128"}) {
    all.push_back(entryOf<AttentionArguments>("attention_f32_" + width, attentionReference<float>));
    all.push_back(entryOf<AttentionArguments>("attention_f16_" + width, attentionReference<Half>));
    all.push_back(entryOf<AttentionArguments>("attention_bf16_" + width, attentionReference<BFloat16>));
  }
  all.push_back(entryOf<ConvArguments>("conv_direct", convReference));
  all.push_back(entryOf<MapArguments>("map", mapReference));
  all.push_back(entryOf<PoolArguments>("pool", poolReference));
  all.push_back(entryOf<ReduceArguments>("reduce", reduceReference));
  all.push_back(entryOf<SoftmaxArguments>("softmax", softmaxReference));
  all.push_back(entryOf<NormArguments>("norm", normReference));
  all.push_back(entryOf<GatherArguments>("gather", gatherReference));
  all.push_back(entryOf<PadArguments>("pad", padReference));
  all.push_back(entryOf<ResizeArguments>("resize", resizeReference));
  return all;
}

}  // namespace

std::span<const KernelEntry> kernelTable() {
  static const std::vector<KernelEntry> table = allKernels();
  return table;
}

const KernelEntry* findKernel(std::string_view name) {
  const auto table = kernelTable();
  const auto found = std::ranges::find(table, name, &KernelEntry::name);
  return found == table.end() ? nullptr : &*found;
}

}  // namespace missile::dnn
