// matmul_<type>: products of matrices that are both activations, any strides: output = alpha * a x b.
#pragma once

#include "tensor.h"

namespace missile::dnn {

constexpr uint32_t kMatmulTile = 64;
// A thread block has 128 threads, and in shared memory this many times 128 bytes of K of the tile's rows and columns.
constexpr uint32_t kMatmulStages = 4;

// A logical block is a tile of kMatmulTile x kMatmulTile outputs of one product: block = (product * column tiles + column tile) * row tiles + row tile.
struct MatmulArguments {
  MemoryView a, b, other, output;
  uint32_t type;
  uint32_t extents[4];  // of the axes over which products are batched
  uint32_t rows, columns, depth;
  uint32_t aOffset, aStrides[4], aRowStride, aDepthStride;
  uint32_t bOffset, bStrides[4], bDepthStride, bColumnStride;
  uint32_t outOffset, outStrides[4], outRowStride, outColumnStride;
  uint32_t otherOffset, otherStrides[4], otherRowStride, otherColumnStride;
  float alpha;
  uint32_t activation, join;
};

}  // namespace missile::dnn
