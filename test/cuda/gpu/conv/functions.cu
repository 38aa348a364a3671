#include "launch.cuh"

#define FOR_TYPES(X) X(f32) X(f16) X(bf16)
#define FOR_CONVS(X)                                                                                                             \
  X(conv_f32_128x128) X(conv_f32_128x64) X(conv_f32_64x64) X(conv_f32_64x32) X(conv_f32_32x64) X(conv_f32_16x64)                \
  X(conv_f16_128x128) X(conv_f16_128x64) X(conv_f16_64x64) X(conv_f16_64x32) X(conv_f16_32x64) X(conv_f16_16x64)                \
  X(conv_bf16_128x128) X(conv_bf16_128x64) X(conv_bf16_64x64) X(conv_bf16_64x32) X(conv_bf16_32x64) X(conv_bf16_16x64)          \
  X(depthwise_f32) X(depthwise_f16) X(depthwise_bf16) X(conv_direct)

#define DECLARE_CONV(name) DECLARE_VARIANTS(name, missile::dnn::ConvArguments)
FOR_CONVS(DECLARE_CONV)
DECLARE_VARIANTS(matmul_f32, missile::dnn::MatmulArguments)
DECLARE_VARIANTS(matmul_f16, missile::dnn::MatmulArguments)
DECLARE_VARIANTS(matmul_bf16, missile::dnn::MatmulArguments)

namespace conv {

#define ROW(name)                                                                                                            \
  {#name,                                                                                                                    \
   {reinterpret_cast<const void*>(name##_plain_linear), reinterpret_cast<const void*>(name##_plain_coloured),                \
    reinterpret_cast<const void*>(name##_elastic_linear), reinterpret_cast<const void*>(name##_elastic_coloured)}},

const Functions& functionsOf(const std::string& name) {
  static const std::vector<Functions> all = {
      FOR_CONVS(ROW)
          ROW(matmul_f32) ROW(matmul_f16) ROW(matmul_bf16)
  };
  for (const Functions& functions : all) {
    if (functions.name == name) return functions;
  }
  std::printf("there is no kernel %s\n", name.c_str());
  std::exit(1);
}

}  // namespace conv
