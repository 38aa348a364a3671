// What the fake GPU is, from the environment.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace missile::fake {

struct Settings {
  // FAKE_CUDA_SMS: even, 2 to 132.
  unsigned sms;
  // FAKE_CUDA_CTAS: thread blocks of tenants' kernels that an SM holds, 1 to 8.
  unsigned ctasPerSm;
  // FAKE_CUDA_MEMORY_MIB: of device memory; more is CUDA_ERROR_OUT_OF_MEMORY.
  size_t memoryBytes;
  // FAKE_CUDA_FIRST_PAGE: the physical page (2 MiB) of the first allocation; others have other colours.
  uint64_t firstPage;
  // FAKE_CUDA_BLOCK_US: time of a logical block, so that an eviction finds kernels in the middle.
  std::atomic<uint64_t> blockNs;
  // FAKE_CUDA_COPY_GBPS: of each copy engine; 0: as fast as the host copies.
  double copyGBps;
  // FAKE_CUDA_GREEN_US: time that a green context takes to make.
  uint64_t greenUs;
  // FAKE_CUDA_FLAT=1: no two sectors conflict, as on a GPU whose channels cannot be told apart.
  bool isFlat;
  // FAKE_CUDA_FAIL: "cuMemAlloc:3=2,cuLaunchKernel:10=700": the 3rd call of cuMemAlloc answers 2, ...
  std::string failCalls;
  // FAKE_CUDA_FAULT, FAKE_CUDA_STRAY: "demand:5": the 5th launch of a kernel whose name begins so goes wrong: see Mishap.
  std::string faultKernels, strayKernels;

  Settings();
};

}  // namespace missile::fake
