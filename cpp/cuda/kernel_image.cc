#include "kernel_image.h"

#include <cstring>
#include <stdexcept>
#include <string>

namespace missile::cuda {

const KernelImage& kernelImage(const char* name) {
  for (const KernelImage* image = kKernelImages; image->name != nullptr; image++) {
    if (std::strcmp(image->name, name) == 0) return *image;
  }
  throw std::runtime_error(std::string("this build has no GPU kernels (") + kKernelBuild +
                           "); put nvcc on PATH and run: npm run install");
}

}  // namespace missile::cuda
