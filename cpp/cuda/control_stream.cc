#include "control_stream.h"

#include <cstddef>

namespace missile::cuda {

namespace {

constexpr unsigned kSweepThreads = kMostTpcs;
// In one call. The driver takes 256.
constexpr size_t kMostWrites = Sweeps::kMost * kRevocations;

// The members that a Revocation is for, from its first on.
uint64_t membersOf(TpcSet tpcs, unsigned revocation) {
  const unsigned first = revocation * Revocation::kTpcs;
  const uint64_t bits = first >= 64 ? tpcs.high >> (first - 64) : first == 0 ? tpcs.low : tpcs.low >> first | tpcs.high << (64 - first);
  return bits & ((uint64_t{1} << Revocation::kTpcs) - 1);
}

}  // namespace

ControlStream::ControlStream(Context& context) : driver_(context.driver()), sweep_(context.kernel("sweep")) {
  int least = 0, greatest = 0;
  driver_.cuCtxGetStreamPriorityRange(&least, &greatest);
  driver_.cuStreamCreateWithPriority(&stream_, CU_STREAM_NON_BLOCKING, greatest);
}

ControlStream::~ControlStream() {
  quietly([&] { driver_.cuStreamDestroy(stream_); });
}

void ControlStream::revoke(CUdeviceptr state, uint32_t generation, TpcSet revoked, TpcSet changed) {
  if (writes_.size() + kRevocations > kMostWrites || swept_ == Sweeps::kMost) flush();
  for (unsigned i = 0; i < kRevocations; i++) {
    if (membersOf(changed, i) == 0) continue;
    CUstreamBatchMemOpParams& made = writes_.emplace_back();
    made.operation = CU_STREAM_MEM_OP_WRITE_VALUE_64;
    made.address = state + offsetof(LaunchState, revocations) + i * sizeof(uint64_t);
    made.value = Revocation::of(generation, membersOf(revoked, i)).word;
  }
}

void ControlStream::evict(CUdeviceptr state, CUdeviceptr report, uint32_t generation, TpcSet revoked, TpcSet changed) {
  revoke(state, generation, revoked, changed);
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
