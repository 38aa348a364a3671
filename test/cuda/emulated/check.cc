// The checks of test/cuda/gpu, in small, on the CPU: `check products N`, `check streams N` (N random problems a kernel), `check elastic`.
#include <string>

#include "conv/launch.cuh"
#include "memory_bound/kernels.cuh"

// An emulated GPU takes some 10 ns for a product.
constexpr double kMostProducts = 1e6;

int main(int count, char** arguments) {
  const std::string what = count > 1 ? arguments[1] : "";
  const unsigned problems = count > 2 ? static_cast<unsigned>(std::atoi(arguments[2])) : 1;
  rig::Gpu gpu;
  bool good = false;
  if (what == "products") good = conv::check(gpu, problems, kMostProducts);
  if (what == "streams") good = memory_bound::check(gpu, problems);
  if (what == "elastic") good = rig::demandWrites(gpu, true) && rig::exactlyOnce(gpu, true);
  std::printf(good ? "all right\n" : "WRONG\n");
  std::fflush(stdout);
  std::_Exit(good ? 0 : 1);
}
