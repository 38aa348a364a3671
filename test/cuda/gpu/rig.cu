#include "rig.cuh"

namespace rig {

Gpu::Gpu() {
  CHECK(cudaSetDevice(0));
  cudaDeviceProp properties;
  CHECK(cudaGetDeviceProperties(&properties, 0));
  sms = static_cast<unsigned>(properties.multiProcessorCount);
  tpcs = sms / 2;
  int kHz = 0;
  CHECK(cudaDeviceGetAttribute(&kHz, cudaDevAttrClockRate, 0));
  smHz = kHz * 1e3;
  int least = 0, greatest = 0;
  CHECK(cudaDeviceGetStreamPriorityRange(&least, &greatest));
  for (cudaStream_t& arm : arms) CHECK(cudaStreamCreateWithPriority(&arm, cudaStreamNonBlocking, least));
  CHECK(cudaStreamCreateWithPriority(&control, cudaStreamNonBlocking, greatest));
  // By SM id: no partition of the driver is used here, so any numbering serves.
  std::vector<uint8_t> tpcOfSm(kMostSms);
  for (unsigned sm = 0; sm < kMostSms; sm++) tpcOfSm[sm] = static_cast<uint8_t>(sm / 2);
  CHECK(cudaMemcpy(tpcOfSm_.data(), tpcOfSm.data(), kMostSms, cudaMemcpyHostToDevice));
  table = {busyNs_.data(), tpcOfSm_.data()};
  std::printf("%s, %u SMs at %.0f MHz at most\n", properties.name, sms, smHz / 1e6);
}

Tpcs Gpu::all() const {
  Tpcs all;
  for (unsigned tpc = 0; tpc < tpcs; tpc++) all.add(tpc);
  return all;
}

Revocation Tpcs::revocation(unsigned nth, uint32_t generation) const {
  uint64_t members = 0;
  for (unsigned i = 0; i < Revocation::kTpcs; i++) {
    const unsigned tpc = nth * Revocation::kTpcs + i;
    if (tpc < kMostTpcs && has(tpc)) members |= uint64_t{1} << i;
  }
  return Revocation::of(generation, members);
}

Memory::Memory(size_t sizeBytes, Layout layout, uint64_t seed)
    : blocks_(sizeBytes / kColourBlockBytes),
      bytes_(layout == Layout::linear || layout == Layout::inOrder ? sizeBytes : sizeBytes / kColourBlockBytes * 3 / 2 * kColourBlockBytes + kColourBlockBytes),
      table_(std::max<size_t>(1, blocks_.size())) {
  std::mt19937_64 random(seed);
  if (layout == Layout::scattered) {
    std::vector<uint32_t> pool(blocks_.size() * 3 / 2 + 1);
    std::iota(pool.begin(), pool.end(), 0u);
    std::shuffle(pool.begin(), pool.end(), random);
    std::copy_n(pool.begin(), blocks_.size(), blocks_.begin());
  } else {
    // Of 24 partitions BE has the least, 1: with what straddles that is 2 of 24 blocks that LS does not get.
    uint32_t next = 0;
    for (uint32_t& block : blocks_) {
      if (layout == Layout::withGaps && random() % 12 == 0) next++;
      block = next++;
    }
  }
  CHECK(cudaMemcpy(table_.data(), blocks_.data(), blocks_.size() * sizeof(uint32_t), cudaMemcpyHostToDevice));
  view_ = {bytes_.data(), layout == Layout::linear ? nullptr : table_.data(), sizeBytes};
}

std::vector<uint32_t> Memory::read() const {
  constexpr size_t kWords = kColourBlockBytes / sizeof(uint32_t);
  const std::vector<unsigned char> all = bytes_.read();
  std::vector<uint32_t> seen(blocks_.size() * kWords);
  for (size_t block = 0; block < blocks_.size(); block++) {
    std::memcpy(&seen[block * kWords], &all[blocks_[block] * size_t{kColourBlockBytes}], kColourBlockBytes);
  }
  return seen;
}

Flight::Flight(const Gpu& gpu) : gpu_(gpu) {
  CHECK(cudaMalloc(&state_, sizeof(LaunchState) + kKernels * sizeof(KernelProgress)));
  CHECK(cudaHostAlloc(&report_, sizeof(LaunchReport), cudaHostAllocMapped));
}

Flight::~Flight() {
  cudaFree(state_);
  cudaFreeHost(report_);
}

void Flight::reset(cudaStream_t stream, const Tpcs& revoked) {
  std::memset(report_, 0, sizeof(LaunchReport));
  generation_ = 0;
  CHECK(cudaMemsetAsync(state_, 0, sizeof(LaunchState) + kKernels * sizeof(KernelProgress), stream));
  if (revoked.empty()) return;
  write(revoked, stream);
}

KernelLaunch Flight::kernel(uint32_t kernel, uint32_t firstBlock, uint32_t blocks, uint32_t blocksBefore) const {
  return {reinterpret_cast<LaunchState*>(state_), report_, gpu_.table, 0, kernel, firstBlock, blocks, blocksBefore};
}

void Flight::write(const Tpcs& revoked, cudaStream_t stream) const {
  const auto at = reinterpret_cast<CUdeviceptr>(state_) + offsetof(LaunchState, revocations);
  for (unsigned nth = 0; nth < kRevocations; nth++) {
    CHECK(cuStreamWriteValue64(stream, at + nth * sizeof(uint64_t), revoked.revocation(nth, generation_).word, 0));
  }
}

void Flight::revoke(const Tpcs& revoked, bool isEviction) {
  if (isEviction) generation_++;
  write(revoked, gpu_.control);
  if (!isEviction) return;
  Sweeps sweeps{};
  sweeps.launches[0] = {reinterpret_cast<LaunchState*>(state_), report_};
  sweep<<<1, 32, 0, gpu_.control>>>(sweeps);
}

bool Flight::waitForFarewells(const Tpcs& of, double mostUs) const {
  const auto from = Clock::now();
  for (unsigned tpc = 0; tpc < gpu_.tpcs; tpc++) {
    while (of.has(tpc) && Farewell::of(left(tpc)).generation < generation_) {
      if (usSince(from) > mostUs) return false;
    }
  }
  return true;
}

Farewell Flight::stop() const {
  uint64_t largest = 0;
  for (unsigned tpc = 0; tpc < gpu_.tpcs; tpc++) {
    largest = std::max(largest, left(tpc) & ((uint64_t{1} << 40) - 1));
  }
  const Farewell farthest = Farewell::of(largest);
  const uint32_t kernel = kernelsDone();
  return {generation_, kernel, farthest.kernel == kernel ? farthest.claimed : 0};
}

KernelProgress Flight::progress(uint32_t kernel) const {
  KernelProgress progress;
  CHECK(cudaMemcpy(&progress, reinterpret_cast<LaunchState*>(state_)->progress() + kernel, sizeof progress, cudaMemcpyDeviceToHost));
  return progress;
}

}  // namespace rig
