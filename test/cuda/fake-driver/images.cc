// For native test programs: one image that stands for all kernels; the fake driver asks of an image only its being there.
#include "cuda/kernel_image.h"

namespace missile::cuda {

namespace {
const unsigned char kBytes[] = {0};
}

const KernelImage kKernelImages[] = {{"contention", kBytes, sizeof kBytes}, {nullptr, nullptr, 0}};
const char* const kKernelBuild = "twins of the fake driver";

}  // namespace missile::cuda
