// Kernels of products on a real GPU: are their results right, and how fast are they? In the repository's root, with nvcc and a GPU:
//
//   test/cuda/gpu/build.sh FOLDER conv && FOLDER/conv check && FOLDER/conv bench
//
// check [N]: N random problems a kernel, in all four variants, those of elastic ones evicted in their midst, some given up and begun anew, against
// the CPU references.
// bench [NAME]: microseconds of each shape of the networks by tile and splits.
#include "launch.cuh"

int main(int count, char** arguments) {
  const std::string what = count > 1 ? arguments[1] : "check";
  rig::Gpu gpu;
  if (what == "bench") {
    conv::bench(gpu, count > 2 ? arguments[2] : "");
    return 0;
  }
  // What the reference does in a tenth of a second.
  constexpr double kMostProducts = 1e8;
  const bool good = conv::check(gpu, count > 2 ? static_cast<unsigned>(std::atoi(arguments[2])) : 6, kMostProducts);
  std::printf(good ? "all right\n" : "WRONG\n");
  return good ? 0 : 1;
}
