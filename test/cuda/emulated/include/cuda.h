// In the place of CUDA's header of this name: the driver's calls that the programs of test/cuda/gpu use beside the runtime's.
#pragma once

#include "cuda_runtime.h"

using CUdeviceptr = unsigned long long;

cudaError_t cuStreamWriteValue32(cudaStream_t stream, CUdeviceptr address, uint32_t value, unsigned flags);
cudaError_t cuStreamWriteValue64(cudaStream_t stream, CUdeviceptr address, uint64_t value, unsigned flags);
