// The compiled kernels, as scripts/build-kernels.mjs embeds them: one fatbin for each file in kernels/.
#pragma once

#include <cstddef>

namespace missile::cuda {

struct KernelImage {
  const char* name;
  const unsigned char* bytes;
  size_t sizeBytes;
};

// Every image, ended by one without a name. Empty where the build found no nvcc.
extern const KernelImage kKernelImages[];

// What was compiled, or why nothing was: one line for people.
extern const char* const kKernelBuild;

}  // namespace missile::cuda
