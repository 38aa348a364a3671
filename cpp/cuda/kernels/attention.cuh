// Attention of a head's queries: see ../../dnn/attention.h. Half of the warps have 16 queries each, the other half the next 16; those that share queries
// deal out the keys among themselves in steps of 16, and meet at the end.
//
// Sums do not mind an order, as long as both factors keep to it. So which elements of a head, and which keys, stand where in a tensor core's fragment
// is chosen such that each lane loads quads, whatever the type, straight from where tensors lie, and scores need not change hands to become the
// factors of values:
//   a fragment of 16 elements (K of the scores)  lane t of a group of four has elements 4t ... 4t + 3
//   a fragment of 16 keys (K of the results)     lane t has keys 2t, 2t + 1, 2t + 8, 2t + 9, as it has of the scores
//   32 columns of results                        column g of fragment i is element 4g + i of the value
#pragma once

#include "../../dnn/attention.h"
#include "rows.cuh"
#include "tensor_cores.cuh"

namespace missile::cuda {

using dnn::AttentionArguments;
using dnn::kAttentionQueries;

template <bool kColoured, typename Type, ElementType kType, unsigned kWidth>
class AttentionBlock {
 public:
  __device__ AttentionBlock(const KernelLaunch& launch, const AttentionArguments& arguments, uint32_t block)
      : arguments_(arguments),
        query_(arguments.query, static_cast<uint32_t>(kType), launch, block),
        key_(arguments.key, static_cast<uint32_t>(kType), launch, block),
        value_(arguments.value, static_cast<uint32_t>(kType), launch, block),
        output_(arguments.output, static_cast<uint32_t>(kType), launch, block),
        bias_(arguments.bias, arguments.biasType, launch, block) {
    const uint32_t tiles = (arguments.queries + kAttentionQueries - 1) / kAttentionQueries;
    firstQuery_ = block % tiles * kAttentionQueries + ofWarp() % kTiles * kTile;
    head_ = block / tiles % arguments.heads;
    sequence_ = block / tiles / arguments.heads;
  }

  __device__ void run() {
    const AttentionArguments& a = arguments_;
    if (isAligned(a.queryStrides, a.queryOffset | a.keyWidth) && isAligned(a.keyStrides, a.keyOffset) &&
        isAligned(a.valueStrides, a.valueOffset | a.valueWidth)) {
      attend<true>();
    } else {
      attend<false>();
    }
    meet();
  }

 private:
  using Tensor = Elements<kColoured>;
  static constexpr unsigned kTile = 16;  // queries of a warp
  static constexpr unsigned kStep = 16;  // keys of a step
  static constexpr unsigned kTiles = kAttentionQueries / kTile;
  static constexpr unsigned kGroups = kMostThreads / kWarp / kTiles;
  static constexpr unsigned kKeyChunk = 16, kValueChunk = 32;  // elements of a head that fragments take at once
  static constexpr unsigned kKeyChunks = kWidth / kKeyChunk, kValueChunks = kWidth / kValueChunk;

  __device__ static uint32_t ofWarp() { return threadIdx.x / kWarp; }
  __device__ static uint32_t group() { return ofWarp() / kTiles; }
  // Of a lane among those that have the same row of a fragment, and its row.
  __device__ static uint32_t t() { return threadIdx.x % 4; }
  __device__ static uint32_t g() { return threadIdx.x % kWarp / 4; }

  template <bool kIsAligned>
  __device__ void attend() {
    loadQueries<kIsAligned>();
    for (uint32_t first = kStep * group(); first < arguments_.keys; first += kStep * kGroups) step<kIsAligned>(first);
  }

  // Bits of elements first ... first + 3 of a head that has `width` of them; zeros behind those.
  template <bool kIsAligned>
  __device__ static uint4 loadQuad(const Tensor& tensor, const uint32_t (&strides)[4], uint32_t offset, uint32_t first, uint32_t width) {
    if (first >= width) return {};
    if constexpr (kIsAligned) return tensor.quadBits(tensor.at(offset + first));
    return loadSingles(tensor, offset + first * strides[3], strides[3], width - first);
  }
  // Not inlined: it is rare, and there are many places to load from.
  __device__ static __noinline__ uint4 loadSingles(const Tensor tensor, uint32_t offset, uint32_t stride, uint32_t count) {
    uint32_t bits[kQuad];
#pragma unroll
    for (unsigned i = 0; i < kQuad; i++) bits[i] = i < count ? tensor.bits(tensor.at(offset + i * stride)) : 0;
    if constexpr (Type::kBytes == 4) return {bits[0], bits[1], bits[2], bits[3]};
    return {bits[0] | bits[1] << 16, bits[2] | bits[3] << 16, 0, 0};
  }
  __device__ static bool isAligned(const uint32_t (&strides)[4], uint32_t others) {
    return strides[3] == 1 && (strides[0] | strides[1] | strides[2] | others) % kQuad == 0;
  }

  struct Words {
    uint32_t of[kQuad];
  };
  // Of what tensor cores multiply.
  __device__ static Words wordsOf(const uint4& quad) {
    Words words{quad.x, quad.y, quad.z, quad.w};
    Type::prepare(words.of);
    return words;
  }

  __device__ uint32_t placeOf(uint32_t offset, const uint32_t (&strides)[4], uint32_t position) const {
    return offset + sequence_ * strides[0] + head_ * strides[1] + position * strides[2];
  }
  // Rows behind the last one stand for it; they are not written.
  __device__ uint32_t query(unsigned half) const { return min(firstQuery_ + g() + 8 * half, arguments_.queries - 1); }

  template <bool kIsAligned>
  __device__ void loadQueries() {
    const AttentionArguments& a = arguments_;
#pragma unroll
    for (unsigned half = 0; half < 2; half++) {
      const uint32_t from = placeOf(a.queryOffset, a.queryStrides, query(half));
#pragma unroll
      for (unsigned chunk = 0; chunk < kKeyChunks; chunk++) {
        queries_[half][chunk] = loadQuad<kIsAligned>(query_, a.queryStrides, from, chunk * kKeyChunk + kQuad * t(), a.keyWidth);
      }
    }
  }

  template <bool kIsAligned>
  __device__ void step(uint32_t first) {
    const AttentionArguments& a = arguments_;
    float scores[2][4] = {};
    uint4 keys[2][kKeyChunks];
#pragma unroll
    for (unsigned tile = 0; tile < 2; tile++) {
      const uint32_t from = placeOf(a.keyOffset, a.keyStrides, min(first + 8 * tile + g(), a.keys - 1));
#pragma unroll
      for (unsigned chunk = 0; chunk < kKeyChunks; chunk++) {
        keys[tile][chunk] = loadQuad<kIsAligned>(key_, a.keyStrides, from, chunk * kKeyChunk + kQuad * t(), a.keyWidth);
      }
    }
    uint4 values[kValueChunks][4];
#pragma unroll
    for (unsigned i = 0; i < 4; i++) {
      const uint32_t from = placeOf(a.valueOffset, a.valueStrides, min(first + keyOfLane(i), a.keys - 1));
#pragma unroll
      for (unsigned chunk = 0; chunk < kValueChunks; chunk++) {
        values[chunk][i] = loadQuad<kIsAligned>(value_, a.valueStrides, from, chunk * kValueChunk + kQuad * g(), a.valueWidth);
      }
    }
#pragma unroll
    for (unsigned chunk = 0; chunk < kKeyChunks; chunk++) {
      if (chunk * kKeyChunk >= a.keyWidth) break;
      const Words upper = wordsOf(queries_[0][chunk]), lower = wordsOf(queries_[1][chunk]);
#pragma unroll
      for (unsigned tile = 0; tile < 2; tile++) {
        const Words key = wordsOf(keys[tile][chunk]);
#pragma unroll
        for (unsigned i = 0; i < Type::kBytes; i += 2) {
          const uint32_t rows[] = {upper.of[i], lower.of[i], upper.of[i + 1], lower.of[i + 1]};
          Type::multiply(scores[tile], rows, key.of[i], key.of[i + 1]);
        }
      }
    }
    finish(scores, first);
    soften(scores);
    addValues(scores, values);
  }

  // Of the four that a lane has of a step.
  __device__ static uint32_t keyOfLane(unsigned i) { return i / 2 * 8 + 2 * t() + i % 2; }

  // Products become scores; keys behind the last one have none.
  __device__ void finish(float (&scores)[2][4], uint32_t first) const {
    const AttentionArguments& a = arguments_;
    const uint32_t bias = a.biasOffset + sequence_ * a.biasStrides[0] + head_ * a.biasStrides[1];
#pragma unroll
    for (unsigned tile = 0; tile < 2; tile++) {
#pragma unroll
      for (unsigned i = 0; i < 4; i++) {
        const uint32_t key = first + keyOfLane(2 * tile + i % 2);
        float& score = scores[tile][i];
        score *= a.scale;
        if (a.hasBias) score += bias_.load(bias + query(i / 2) * a.biasStrides[2] + min(key, a.keys - 1) * a.biasStrides[3]);
        if (key >= a.keys) score = -INFINITY;
      }
    }
  }

  // Scores become shares of the sums so far, which are scaled anew where a score is larger than all before.
  __device__ void soften(float (&scores)[2][4]) {
#pragma unroll
    for (unsigned half = 0; half < 2; half++) {
      float most = fmaxf(fmaxf(scores[0][2 * half], scores[0][2 * half + 1]), fmaxf(scores[1][2 * half], scores[1][2 * half + 1]));
      most = fmaxf(most, __shfl_xor_sync(kEveryLane, most, 1));
      most = fmaxf(most, __shfl_xor_sync(kEveryLane, most, 2));
      most = fmaxf(most, sums_[half].most);
      // Where nothing was seen yet but -inf.
      const float finite = most == -INFINITY ? 0 : most;
      const float faded = __expf(sums_[half].most - finite);
      float sum = 0;
#pragma unroll
      for (unsigned tile = 0; tile < 2; tile++) {
#pragma unroll
        for (unsigned i = 2 * half; i < 2 * half + 2; i++) {
          scores[tile][i] = __expf(scores[tile][i] - finite);
          sum += scores[tile][i];
        }
      }
      // Of this lane alone; lanes add up at the end.
      sums_[half] = {most, sums_[half].sum * faded + sum};
      scale(half, faded);
    }
  }

  __device__ void scale(unsigned half, float factor) {
#pragma unroll
    for (unsigned chunk = 0; chunk < kValueChunks; chunk++) {
#pragma unroll
      for (unsigned i = 0; i < 4; i++) {
        results_[chunk][i][2 * half] *= factor;
        results_[chunk][i][2 * half + 1] *= factor;
      }
    }
  }

  __device__ void addValues(const float (&shares)[2][4], const uint4 (&values)[kValueChunks][4]) {
    uint32_t rows[2][4];
    if constexpr (Type::kBytes == 4) {
#pragma unroll
      for (unsigned tile = 0; tile < 2; tile++) {
#pragma unroll
        for (unsigned i = 0; i < 4; i++) rows[tile][i] = __float_as_uint(shares[tile][i % 2 * 2 + i / 2]);
        Type::prepare(rows[tile]);
      }
    } else {
#pragma unroll
      for (unsigned i = 0; i < 4; i++) rows[0][i] = pair(shares[i / 2][i % 2 * 2], shares[i / 2][i % 2 * 2 + 1]);
    }
#pragma unroll
    for (unsigned chunk = 0; chunk < kValueChunks; chunk++) {
      if (chunk * kValueChunk >= arguments_.valueWidth) break;
      const Words v[] = {wordsOf(values[chunk][0]), wordsOf(values[chunk][1]), wordsOf(values[chunk][2]), wordsOf(values[chunk][3])};
#pragma unroll
      for (unsigned i = 0; i < 4; i++) {
        if constexpr (Type::kBytes == 4) {
#pragma unroll
          for (unsigned tile = 0; tile < 2; tile++) Type::multiply(results_[chunk][i], rows[tile], v[2 * tile].of[i], v[2 * tile + 1].of[i]);
        } else {
          // The lower or the upper half of each.
          const uint32_t which = i % 2 == 0 ? 0x5410 : 0x7632;
          Type::multiply(results_[chunk][i], rows[0], __byte_perm(v[0].of[i / 2], v[1].of[i / 2], which),
                         __byte_perm(v[2].of[i / 2], v[3].of[i / 2], which));
        }
      }
    }
  }
  __device__ static uint32_t pair(float low, float high) { return kType == ElementType::bf16 ? asBrains(low, high) : asHalves(low, high); }

  // What the warps have found of the same queries: sums first, then results, of the warps that leave to those that stay.
  __device__ void meet() {
    __shared__ ExpSum sums[kGroups][kAttentionQueries];
    __shared__ float handedOver[kGroups / 2][kTiles][kValueChunks * kTile][kWarp];
    const uint32_t tile = ofWarp() % kTiles, row = tile * kTile + g();
#pragma unroll
    for (unsigned half = 0; half < 2; half++) {
      sums_[half].sum += __shfl_xor_sync(kEveryLane, sums_[half].sum, 1);
      sums_[half].sum += __shfl_xor_sync(kEveryLane, sums_[half].sum, 2);
      if (t() == 0) sums[group()][row + 8 * half] = sums_[half];
    }
    __syncthreads();
#pragma unroll
    for (unsigned half = 0; half < 2; half++) {
      ExpSum all = sums[0][row + 8 * half];
#pragma unroll
      for (unsigned i = 1; i < kGroups; i++) all = all.with(sums[i][row + 8 * half]);
      scale(half, sums_[half].most == -INFINITY ? 0 : __expf(sums_[half].most - all.most) / all.sum);
    }
    for (unsigned staying = kGroups / 2; staying > 0; staying /= 2) {
      const bool leaves = group() >= staying && group() < 2 * staying;
      if (leaves) eachResult([&](unsigned i, float& result) { handedOver[group() - staying][tile][i][threadIdx.x % kWarp] = result; });
      __syncthreads();
      if (group() < staying) eachResult([&](unsigned i, float& result) { result += handedOver[group()][tile][i][threadIdx.x % kWarp]; });
      __syncthreads();
    }
    if (group() == 0) write();
  }

  template <typename Visit>
  __device__ void eachResult(Visit visit) {
#pragma unroll
    for (unsigned i = 0; i < kValueChunks * kTile; i++) visit(i, results_[i / kTile][i / 4 % 4][i % 4]);
  }

  // A lane has elements 8t ... 8t + 7 of each chunk.
  __device__ void write() const {
    const AttentionArguments& a = arguments_;
#pragma unroll
    for (unsigned half = 0; half < 2; half++) {
      if (firstQuery_ + g() + 8 * half >= a.queries) break;
      const uint32_t to = placeOf(a.outOffset, a.outStrides, query(half));
#pragma unroll
      for (unsigned i = 0; i < 2 * kValueChunks; i++) {
        const uint32_t first = i / 2 * kValueChunk + 8 * t() + i % 2 * kQuad;
        const auto result = [&](unsigned k) { return results_[i / 2][k][2 * half + i % 2]; };
        if (first >= a.valueWidth) continue;
        if (isAligned(a.outStrides, a.outOffset | a.valueWidth)) {
          output_.storeQuad(to + first, {result(0), result(1), result(2), result(3)});
        } else {
#pragma unroll
          for (unsigned k = 0; k < kQuad; k++) {
            if (first + k < a.valueWidth) output_.store(to + (first + k) * a.outStrides[3], result(k));
          }
        }
      }
    }
  }

  const AttentionArguments& arguments_;
  const Tensor query_, key_, value_, output_, bias_;
  uint32_t firstQuery_, head_, sequence_;
  // Of rows g and g + 8.
  uint4 queries_[2][kKeyChunks];
  ExpSum sums_[2] = {ExpSum::none(), ExpSum::none()};
  float results_[kValueChunks][4][4] = {};
};

}  // namespace missile::cuda

// The kernels of a type: fewer thread blocks share an SM, the wider heads are.
#define MISSILE_ATTENTION(type, Type, kType)                                                                                      \
  namespace {                                                                                                                     \
  template <bool kColoured>                                                                                                       \
  using Narrow = missile::cuda::AttentionBlock<kColoured, Type, kType, 32>;                                                       \
  template <bool kColoured>                                                                                                       \
  using Middle = missile::cuda::AttentionBlock<kColoured, Type, kType, 64>;                                                       \
  template <bool kColoured>                                                                                                       \
  using Wide = missile::cuda::AttentionBlock<kColoured, Type, kType, 128>;                                                        \
  }                                                                                                                               \
  MISSILE_KERNEL_BOUNDS(attention_##type##_32, missile::dnn::AttentionArguments, Narrow, missile::cuda::kMostThreads, 3)          \
  MISSILE_KERNEL_BOUNDS(attention_##type##_64, missile::dnn::AttentionArguments, Middle, missile::cuda::kMostThreads, 2)          \
  MISSILE_KERNEL_BOUNDS(attention_##type##_128, missile::dnn::AttentionArguments, Wide, missile::cuda::kMostThreads, 1)
