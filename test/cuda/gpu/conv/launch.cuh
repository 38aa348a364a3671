// Kernels of products by name, and memory that they see, linear or scattered.
#pragma once

#include <span>
#include <string>

#include "../rig.cuh"
#include "dnn/conv.h"
#include "dnn/kernel_table.h"
#include "dnn/matmul.h"

namespace conv {

using namespace missile::cuda;
using namespace missile::dnn;
using missile::kColourBlockBytes;
using missile::MemoryView;

// In the order of KernelVariant: plain linear, plain coloured, elastic linear, elastic coloured.
struct Functions {
  std::string name;
  const void* variants[4];
};
const Functions& functionsOf(const std::string& name);

inline const char* const kTypeNames[] = {"f32", "f16", "bf16"};
inline uint32_t bytesOf(uint32_t type) { return type == 0 ? 4 : 2; }

struct Launch {
  const void* function;
  uint32_t grid, threads, sharedBytes;
};

// Raises what the function may have of shared memory; programmatic: it may begin before the kernel before has ended.
inline void launchOn(cudaStream_t stream, const Launch& launch, const KernelLaunch& kernel, const void* arguments, bool programmatic) {
  cudaLaunchAttribute attribute;
  attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attribute.val.programmaticStreamSerializationAllowed = programmatic;
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(launch.grid);
  config.blockDim = dim3(launch.threads);
  config.dynamicSmemBytes = launch.sharedBytes;
  config.stream = stream;
  config.attrs = &attribute;
  config.numAttrs = 1;
  void* parameters[] = {const_cast<KernelLaunch*>(&kernel), const_cast<void*>(arguments)};
  CHECK(cudaLaunchKernelExC(&config, launch.function, parameters));
}

inline unsigned residentsPerSm(const Launch& launch) {
  int residents = 0;
  CHECK(cudaFuncSetAttribute(launch.function, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(launch.sharedBytes)));
  CHECK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&residents, launch.function, static_cast<int>(launch.threads), launch.sharedBytes));
  return static_cast<unsigned>(residents);
}

// Of so many products at most, each.
bool check(rig::Gpu& gpu, unsigned problems, double mostProducts);
void bench(rig::Gpu& gpu, const char* what);

}  // namespace conv
