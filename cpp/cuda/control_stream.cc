#include "control_stream.h"

#include <cstddef>

namespace missile::cuda {

namespace {

constexpr unsigned kWords = kMostTpcs / 32;
constexpr unsigned kSweepThreads = kMostTpcs;

}  // namespace

ControlStream::ControlStream(Context& context) : driver_(context.driver()), sweep_(context.kernel("sweep")) {
  int least = 0, greatest = 0;
  driver_.cuCtxGetStreamPriorityRange(&least, &greatest);
  driver_.cuStreamCreateWithPriority(&stream_, CU_STREAM_NON_BLOCKING, greatest);
}

ControlStream::~ControlStream() {
  quietly([&] { driver_.cuStreamDestroy(stream_); });
}

// The generation first: who sees a TPC revoked must not say farewell in the name of an older eviction.
void ControlStream::revoke(CUdeviceptr state, uint32_t generation, TpcSet revoked) const {
  const uint64_t words[kWords] = {revoked.low & 0xffffffff, revoked.low >> 32, revoked.high & 0xffffffff};
  CUstreamBatchMemOpParams writes[1 + kWords] = {};
  writes[0].address = state + offsetof(LaunchState, generation);
  writes[0].value = generation;
  for (unsigned word = 0; word < kWords; word++) {
    writes[1 + word].address = state + offsetof(LaunchState, revoked) + word * sizeof(uint32_t);
    writes[1 + word].value = words[word];
  }
  for (CUstreamBatchMemOpParams& write : writes) write.operation = CU_STREAM_MEM_OP_WRITE_VALUE_32;
  driver_.cuStreamBatchMemOp(stream_, 1 + kWords, writes, 0u);
}

void ControlStream::sweep(CUdeviceptr state, CUdeviceptr report) const {
  void* parameters[] = {&state, &report};
  driver_.cuLaunchKernel(sweep_, 1u, 1u, 1u, kSweepThreads, 1u, 1u, 0u, stream_, parameters, static_cast<void**>(nullptr));
}

}  // namespace missile::cuda
