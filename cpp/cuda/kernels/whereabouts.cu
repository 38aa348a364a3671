// On which SMs does a stream run? Each SM that gets a thread block has `mark` set in seen[%smid]. They stay for some time, so that a
// launch of as many as fit reaches every SM of the stream's partition.
#include "ordered.cuh"

using namespace missile::cuda;

namespace {
constexpr unsigned kStayNs = 10'000;
}

extern "C" __global__ void whereabouts(uint32_t* seen, uint32_t mark) {
  if (threadIdx.x != 0) return;
  const unsigned long long sinceNs = nowNs();
  atomicOr(&seen[smId()], mark);
  while (nowNs() - sinceNs < kStayNs) __nanosleep(kStayNs / 10);
}
