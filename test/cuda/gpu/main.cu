// The kernels on a real GPU: are blocks done exactly once, and what does it cost? On a machine with nvcc and a GPU:
//
//   kernels=$(ls cpp/cuda/kernels/{demand,sweep,tally,whereabouts}.cu)
//   nvcc -std=c++20 -O3 -arch=sm_90 -t0 -I cpp -I cpp/cuda -o /tmp/kernel_test $kernels cpp/cuda/demand.cc test/cuda/gpu/*.cu \
//     -L/usr/local/nvidia/lib64 -l:libcuda.so.1 && /tmp/kernel_test
//   compute-sanitizer --error-exitcode 1 /tmp/kernel_test small
//   compute-sanitizer --tool racecheck --error-exitcode 1 /tmp/kernel_test small
//
// in the repository's root. `small` leaves the measurements out. The exit code is 1 where something was wrong.
#include "rig.cuh"

int main(int count, char** arguments) {
  const bool small = count > 1 && std::strcmp(arguments[1], "small") == 0;
  rig::Gpu gpu;
  bool good = rig::demandWrites(gpu, small);
  good = rig::exactlyOnce(gpu, small) && good;
  if (!small) {
    good = rig::evictionLatency(gpu) && good;
    rig::priorityStreams(gpu);
    rig::overheadOfElastic(gpu);
    rig::overheadOfColours(gpu);
  }
  std::printf(good ? "all right\n" : "WRONG\n");
  return good ? 0 : 1;
}
