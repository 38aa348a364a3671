// Memory-bound kernels on a real GPU: are their results right, and how fast are they? In the repository's root, with nvcc and a GPU:
//
//   test/cuda/gpu/build.sh FOLDER memory_bound && FOLDER/memory_bound check && FOLDER/memory_bound bench
//
// check [N]: N random problems a kernel and type, in all four variants, those of elastic ones evicted in their midst, against the CPU references.
// bench: microseconds and GB/s of shapes that networks have, and of large ones.
#include "kernels.cuh"

int main(int count, char** arguments) {
  const std::string what = count > 1 ? arguments[1] : "check";
  rig::Gpu gpu;
  if (what == "bench") {
    memory_bound::bench(gpu);
    return 0;
  }
  const bool good = memory_bound::check(gpu, count > 2 ? static_cast<unsigned>(std::atoi(arguments[2])) : 12);
  std::printf(good ? "all right\n" : "WRONG\n");
  return good ? 0 : 1;
}
