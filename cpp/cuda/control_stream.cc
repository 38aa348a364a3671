#include "control_stream.h"

#include <cstddef>

namespace missile::cuda {

namespace {

constexpr unsigned kWords = kMostTpcs / 32;
constexpr unsigned kSweepThreads = kMostTpcs;
// In one call. The driver takes 256.
constexpr size_t kMostWrites = Sweeps::kMost * (1 + kWords);

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
void ControlStream::revoke(CUdeviceptr state, uint32_t generation, TpcSet revoked) {
  if (writes_.size() == kMostWrites) flush();
  const auto write = [&](size_t offset, uint64_t value) {
    CUstreamBatchMemOpParams& made = writes_.emplace_back();
    made.operation = CU_STREAM_MEM_OP_WRITE_VALUE_32;
    made.address = state + offset;
    made.value = value & 0xffffffff;
  };
  write(offsetof(LaunchState, generation), generation);
  const uint64_t words[kWords] = {revoked.low, revoked.low >> 32, revoked.high};
  for (unsigned word = 0; word < kWords; word++) write(offsetof(LaunchState, revoked) + word * sizeof(uint32_t), words[word]);
}

void ControlStream::evict(CUdeviceptr state, CUdeviceptr report, uint32_t generation, TpcSet revoked) {
  revoke(state, generation, revoked);
  sweeps_.launches[swept_++] = {reinterpret_cast<LaunchState*>(state), reinterpret_cast<LaunchReport*>(report)};
}

void ControlStream::flush() {
  if (writes_.empty()) return;
  driver_.cuStreamBatchMemOp(stream_, static_cast<unsigned>(writes_.size()), writes_.data(), 0u);
  writes_.clear();
  if (swept_ == 0) return;
  void* parameters[] = {&sweeps_};
  driver_.cuLaunchKernel(sweep_, swept_, 1u, 1u, kSweepThreads, 1u, 1u, 0u, stream_, static_cast<void**>(parameters), static_cast<void**>(nullptr));
  swept_ = 0;
}

void ControlStream::record(CUevent event) {
  flush();
  driver_.cuEventRecord(event, stream_);
}

}  // namespace missile::cuda
