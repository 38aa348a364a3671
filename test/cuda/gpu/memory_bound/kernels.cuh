// The memory-bound kernels of networks by name, and random problems for them.
#pragma once

#include "../problem.cuh"
#include "dnn/attention.h"
#include "dnn/map.h"
#include "dnn/pool.h"
#include "dnn/rows.h"
#include "dnn/select.h"

namespace memory_bound {

using namespace missile::dnn;
using rig::Problem;
using rig::Random;

const rig::Variants& variantsOf(const std::string& name);

// A problem without operands.
template <typename Arguments>
Problem problemOf(const std::string& kernel, const Arguments& arguments, uint64_t outputs, uint32_t blockOutputs) {
  Problem problem{kernel, {}, {}, static_cast<uint32_t>((outputs + blockOutputs - 1) / blockOutputs), missile::cuda::kMostThreads, 0, 0, ""};
  problem.arguments.resize(sizeof arguments);
  std::memcpy(problem.arguments.data(), &arguments, sizeof arguments);
  return problem;
}

inline uint64_t product(const uint32_t* extents, unsigned axes) {
  uint64_t product = 1;
  for (unsigned axis = 0; axis < axes; axis++) product *= extents[axis];
  return product;
}

bool check(rig::Gpu& gpu, unsigned problems);
void bench(rig::Gpu& gpu);

}  // namespace memory_bound
