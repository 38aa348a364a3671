#include <algorithm>
#include <cmath>
#include <vector>

#include "attention.h"
#include "dense.h"
#include "element.h"
#include "references.h"
#include "strided.h"

namespace missile::dnn {

namespace {

// softmax(row) in place.
void soften(float* row, size_t count) {
  const float most = *std::max_element(row, row + count);
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += row[i] = std::exp(row[i] - most);
  for (size_t i = 0; i < count; i++) row[i] = static_cast<float>(row[i] / sum);
}

template <typename T>
void attendHead(const AttentionArguments& a, uint32_t batch, uint32_t head) {
  const auto place = [&](uint32_t offset, const uint32_t(&strides)[4], size_t position, size_t element) {
    return offset + batch * strides[0] + head * strides[1] + static_cast<uint32_t>(position) * strides[2] +
           static_cast<uint32_t>(element) * strides[3];
  };
  const auto at = [&](const MemoryView& view, uint32_t offset, const uint32_t(&strides)[4], size_t position, size_t element) {
    return asFloat(reinterpret_cast<const T*>(view.base)[place(offset, strides, position, element)]);
  };
  std::vector<float> queries(size_t{a.queries} * a.keyWidth), scores(size_t{a.queries} * a.keys);
  for (size_t i = 0; i < queries.size(); i++) queries[i] = at(a.query, a.queryOffset, a.queryStrides, i / a.keyWidth, i % a.keyWidth);
  const Panels keys(a.keyWidth, a.keys, [&](size_t k, size_t key) { return at(a.key, a.keyOffset, a.keyStrides, key, k); });
  multiply(queries, a.queries, keys, a.keys, a.keyWidth, [&](size_t query, size_t key, float sum) {
    const float bias = a.hasBias != 0 ? readAt(a.bias, a.biasType, place(a.biasOffset, a.biasStrides, query, key)) : 0;
    scores[query * a.keys + key] = a.scale * sum + bias;
  });
  for (size_t query = 0; query < a.queries; query++) soften(scores.data() + query * a.keys, a.keys);
  const Panels values(a.keys, a.valueWidth, [&](size_t key, size_t i) { return at(a.value, a.valueOffset, a.valueStrides, key, i); });
  multiply(scores, a.queries, values, a.valueWidth, a.keys, [&](size_t query, size_t i, float sum) {
    reinterpret_cast<T*>(a.output.base)[place(a.outOffset, a.outStrides, query, i)] = fromFloat<T>(sum);
  });
}

}  // namespace

template <typename T>
void attentionReference(const void* arguments) {
  const auto& a = *static_cast<const AttentionArguments*>(arguments);
  for (uint32_t batch = 0; batch < a.batch; batch++) {
    for (uint32_t head = 0; head < a.heads; head++) attendHead<T>(a, batch, head);
  }
}

template void attentionReference<float>(const void*);
template void attentionReference<Half>(const void*);
template void attentionReference<BFloat16>(const void*);

}  // namespace missile::dnn
