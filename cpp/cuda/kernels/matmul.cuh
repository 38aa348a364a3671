// Products of matrices that are both activations: see ../../dnn/matmul.h. Where K lies densest, rows are copied as those of convolutions are;
// with any other strides, element by element.
#pragma once

#include "../../dnn/matmul.h"
#include "activation.cuh"
#include "conv_rows.cuh"

namespace missile::cuda {

using dnn::MatmulArguments;
using ProductShape = TileShape<dnn::kMatmulTile, dnn::kMatmulTile, 32, 32, dnn::kMatmulStages, 3>;

// One of the two matrices, as rows of K.
struct Matrix {
  uint32_t offset, rows, rowStride, depth, depthStride;

  // Whether every chunk of K is 16 aligned bytes.
  template <typename Type>
  __device__ bool hasChunks() const {
    return depthStride == 1 && (offset | rowStride | depth) % Type::kPerChunk == 0;
  }
};

template <typename Type>
class MatrixRows {
 public:
  using Elements = Type;
  static constexpr unsigned kPasses = dnn::kMatmulTile / kRowsPerPass;

  __device__ MatrixRows(const Matrix& matrix, uint32_t firstRow)
      : rowStride_(matrix.rowStride), depth_(matrix.hasChunks<Type>() ? matrix.depth : 0) {
    const uint32_t row = firstRow + rowOfThread();
    first_ = matrix.offset + row * rowStride_ + chunkOfThread() * Type::kPerChunk;
    rows_ = row < matrix.rows ? (matrix.rows - row - 1) / kRowsPerPass + 1 : 0;
  }

  // To an element of K.
  __device__ void goTo(uint32_t depth) { at_ = depth; }
  __device__ bool isThere(unsigned i) const { return at_ + chunkOfThread() * Type::kPerChunk < depth_ && i < rows_; }
  __device__ uint32_t element(unsigned i) const { return first_ + i * kRowsPerPass * rowStride_ + at_; }

 private:
  uint32_t rowStride_, depth_, first_, at_, rows_;
};

template <bool kColoured, typename Type>
class MatrixLoader {
  using Word = std::conditional_t<Type::kBytes == 4, uint32_t, uint16_t>;

 public:
  __device__ MatrixLoader(const Memory<kColoured>& memory, const Matrix& matrix, uint32_t firstRow)
      : memory_(memory), matrix_(matrix), firstRow_(firstRow), hasChunks_(matrix.hasChunks<Type>()), rows_(memory, {matrix, firstRow}) {
    rows_.goTo(0u);
  }

  __device__ void fetch(unsigned char* stages, uint32_t at) {
    if (hasChunks_) {
      rows_.fetch(sharedAddress(stages) + at);
    } else {
      gather(stages + at);
    }
    depth_ += kStepElements<Type>;
    rows_.goTo(depth_);
  }

 private:
  // Neighbours among threads are neighbours in memory, where the matrix has any.
  __device__ void gather(unsigned char* stage) {
    constexpr uint32_t kDeep = kStepElements<Type>, kAll = dnn::kMatmulTile * kDeep;
#pragma unroll 8
    for (uint32_t i = threadIdx.x; i < kAll; i += kTileThreads) {
      const uint32_t row = matrix_.depthStride == 1 ? i / kDeep : i % dnn::kMatmulTile;
      const uint32_t deep = matrix_.depthStride == 1 ? i % kDeep : i / dnn::kMatmulTile;
      const uint32_t fromRow = firstRow_ + row, depth = depth_ + deep;
      const uint64_t element = matrix_.offset + fromRow * matrix_.rowStride + depth * matrix_.depthStride;
      const bool isThere = fromRow < matrix_.rows && depth < matrix_.depth;
      const uint32_t byte = deep * Type::kBytes, chunk = byte / kChunkBytes ^ row % kChunksPerRow;
      *reinterpret_cast<Word*>(stage + row * kRowBytes + chunk * kChunkBytes + byte % kChunkBytes) =
          isThere ? *memory_.template at<const Word>(element * Type::kBytes) : Word{0};
    }
  }

  const Memory<kColoured> memory_;
  const Matrix matrix_;
  const uint32_t firstRow_;
  const bool hasChunks_;
  uint32_t depth_ = 0;
  RowLoader<kColoured, MatrixRows<Type>> rows_;
};

// Which part of which product a logical block is, and where the product's matrices begin.
struct ProductTile {
  uint32_t firstRow, firstColumn, a, b, other, output;

  __device__ ProductTile(const MatmulArguments& product, uint32_t block)
      : a(product.aOffset), b(product.bOffset), other(product.otherOffset), output(product.outOffset) {
    const uint32_t rowTiles = (product.rows + dnn::kMatmulTile - 1) / dnn::kMatmulTile;
    const uint32_t columnTiles = (product.columns + dnn::kMatmulTile - 1) / dnn::kMatmulTile;
    const uint32_t column = block / rowTiles;
    uint32_t rest = column / columnTiles;
    firstRow = (block - column * rowTiles) * dnn::kMatmulTile;
    firstColumn = (column - rest * columnTiles) * dnn::kMatmulTile;
    for (int axis = 3; axis >= 0; axis--) {
      const uint32_t next = rest / product.extents[axis], index = rest - next * product.extents[axis];
      rest = next;
      a += index * product.aStrides[axis];
      b += index * product.bStrides[axis];
      other += index * product.otherStrides[axis];
      output += index * product.outStrides[axis];
    }
  }
};

template <bool kColoured, typename Type>
class MatmulBlock {
  static constexpr unsigned kStages = ProductShape::kStages;
  static constexpr uint32_t kRightAt = ProductShape::kRows * kRowBytes;

 public:
  __device__ MatmulBlock(const KernelLaunch& launch, const MatmulArguments& product, uint32_t block)
      : product_(product),
        tile_(product, block),
        left_({product.a, launch, block}, {tile_.a, product.rows, product.aRowStride, product.depth, product.aDepthStride}, tile_.firstRow),
        right_({product.b, launch, block}, {tile_.b, product.columns, product.bColumnStride, product.depth, product.bDepthStride},
               tile_.firstColumn),
        other_(product.other, product.type, launch, block),
        output_(product.output, product.type, launch, block) {}

  __device__ void run() {
    WarpTile<Type, ProductShape> sums;
    sum(sums);
    __syncthreads();
    float* const shared = reinterpret_cast<float*>(gStages);
    sums.spread(shared);
    __syncthreads();
    for (uint32_t i = threadIdx.x; i < dnn::kMatmulTile * dnn::kMatmulTile; i += kTileThreads) {
      store(shared, i / dnn::kMatmulTile, i % dnn::kMatmulTile);
    }
  }

 private:
  __device__ void fetch(unsigned stage) {
    left_.fetch(gStages, stage * ProductShape::kStageBytes);
    right_.fetch(gStages, stage * ProductShape::kStageBytes + kRightAt);
  }

  __device__ void sum(WarpTile<Type, ProductShape>& sums) {
    const uint32_t stages = sharedAddress(gStages), steps = (product_.depth + kStepElements<Type> - 1) / kStepElements<Type>;
    for (unsigned stage = 0; stage < kStages - 1; stage++) {
      if (stage < steps) fetch(stage);
      commitCopies();
    }
    const auto awaitNext = [] {
      waitForCopies<kStages - 2>();
      __syncthreads();
    };
    awaitNext();
    sums.begin(stages);
    for (uint32_t step = 0; step < steps; step++) {
      if (step + kStages - 1 < steps) fetch((step + kStages - 1) % kStages);
      commitCopies();
      sums.multiply(stages + step % kStages * ProductShape::kStageBytes, stages + (step + 1) % kStages * ProductShape::kStageBytes, awaitNext);
    }
    waitForCopies<0>();
  }

  __device__ void store(const float* shared, unsigned tileRow, unsigned tileColumn) const {
    const uint32_t row = tile_.firstRow + tileRow, column = tile_.firstColumn + tileColumn;
    if (row >= product_.rows || column >= product_.columns) return;
    float other = 0;
    if (product_.join != 0) other = other_.load(tile_.other + row * product_.otherRowStride + column * product_.otherColumnStride);
    const float value = product_.alpha * shared[tileRow * ProductShape::kSumColumns + tileColumn];
    output_.store(tile_.output + row * product_.outRowStride + column * product_.outColumnStride,
                  joined(value, other, static_cast<Activation>(product_.activation), static_cast<Join>(product_.join)));
  }

  const MatmulArguments& product_;
  const ProductTile tile_;
  MatrixLoader<kColoured, Type> left_, right_;
  const Elements<kColoured> other_, output_;
};

#define MISSILE_MATMUL(type, Type) \
  template <bool kColoured>        \
  using Matmul = MatmulBlock<kColoured, Type>; \
  MISSILE_KERNEL_BOUNDS(matmul_##type, MatmulArguments, Matmul, kTileThreads, ProductShape::kLeastPerSm)

}  // namespace missile::cuda
