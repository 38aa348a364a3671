#include "kernels.cuh"

#define FOR_ATTENTIONS(X)                                                                                                  \
  X(attention_f32_32) X(attention_f32_64) X(attention_f32_128) X(attention_f16_32) X(attention_f16_64) X(attention_f16_128) \
  X(attention_bf16_32) X(attention_bf16_64) X(attention_bf16_128)

DECLARE_VARIANTS(map, missile::dnn::MapArguments)
DECLARE_VARIANTS(pool, missile::dnn::PoolArguments)
DECLARE_VARIANTS(reduce, missile::dnn::ReduceArguments)
DECLARE_VARIANTS(softmax, missile::dnn::SoftmaxArguments)
DECLARE_VARIANTS(norm, missile::dnn::NormArguments)
DECLARE_VARIANTS(gather, missile::dnn::GatherArguments)
DECLARE_VARIANTS(pad, missile::dnn::PadArguments)
DECLARE_VARIANTS(resize, missile::dnn::ResizeArguments)
#define DECLARE_ATTENTION(name) DECLARE_VARIANTS(name, missile::dnn::AttentionArguments)
FOR_ATTENTIONS(DECLARE_ATTENTION)

namespace memory_bound {

#define ROW(name) MISSILE_VARIANTS(name),

const rig::Variants& variantsOf(const std::string& name) {
  static const std::vector<rig::Variants> all = {ROW(map) ROW(pool) ROW(reduce) ROW(softmax) ROW(norm) ROW(gather) ROW(pad) ROW(resize)
                                                     FOR_ATTENTIONS(ROW)};
  for (const rig::Variants& variants : all) {
    if (variants.name == name) return variants;
  }
  std::printf("there is no kernel %s\n", name.c_str());
  std::exit(1);
}

}  // namespace memory_bound
