// The kernels on a real GPU: are blocks done exactly once, and what does it cost? On a machine with nvcc and a GPU:
//
//   test/cuda/gpu/build.sh FOLDER elastic && FOLDER/elastic
//   compute-sanitizer --error-exitcode 1 FOLDER/elastic small
//   compute-sanitizer --tool racecheck --error-exitcode 1 FOLDER/elastic small
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
