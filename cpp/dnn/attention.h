// attention_<type>_<width>: softmax(scale * query x key^T + bias) x value, without the scores in memory. The sums are FP32. Types are f32 (TF32
// tensor cores), f16 and bf16; neither keyWidth nor valueWidth is more than the width, 32, 64 or 128. Thread blocks have 256 threads.
#pragma once

#include "tensor.h"

namespace missile::dnn {

constexpr uint32_t kAttentionQueries = 32;
constexpr uint32_t kMostHeadWidth = 128;

// A logical block is kAttentionQueries queries of one head of one sequence: block = (batch * heads + head) * query tiles + query tile.
struct AttentionArguments {
  MemoryView query, key, value, bias, output;
  uint32_t batch, heads, queries, keys, keyWidth, valueWidth;
  // Strides of batch, head, position, and element of the head.
  uint32_t queryOffset, queryStrides[4];
  uint32_t keyOffset, keyStrides[4];
  uint32_t valueOffset, valueStrides[4];
  uint32_t outOffset, outStrides[4];
  uint32_t hasBias, biasType, biasOffset, biasStrides[4];  // of batch, head, query, key; 0 where it is broadcast
  float scale;
};

}  // namespace missile::dnn
