// Parts of the executor that need no GPU: exit code 0, or the line of the first expectation that failed.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "cuda/arrivals.h"
#include "cuda/channel_ledger.h"
#include "cuda/doorbell.h"
#include "cuda/host_protocol.h"
#include "cuda/latency_histogram.h"
#include "cuda/shared_memory.h"
#include "cuda/spsc_ring.h"
#include "expect.h"

using namespace missile;
using namespace missile::cuda;

namespace {

void quantilesAreWithinABucket() {
  LatencyHistogram histogram;
  EXPECT(histogram.count() == 0 && histogram.quantileNs(0.5) == 0);
  constexpr int kMost = 100'000;
  for (int ns = 1; ns <= kMost; ns++) histogram.record(ns);
  EXPECT(histogram.count() == kMost && histogram.maxNs() == kMost);
  for (const double share : {0.001, 0.5, 0.99, 0.999}) {
    const double exact = share * kMost;
    const double told = histogram.quantileNs(share);
    EXPECT(told >= exact && told <= exact * (1 + 1.0 / 16) + 1);
  }
  histogram.record(int64_t{1} << 50);
  EXPECT(histogram.quantileNs(1) == std::ldexp(1, 50));
}

void whatSeveralHaveRecordedIsAdded() {
  LatencyHistogram all, some, others;
  for (int i = 0; i < 10; i++) some.record(10);
  for (int i = 0; i < 30; i++) others.record(i);
  all.add(some);
  all.add(others);
  EXPECT(all.count() == 40 && all.maxNs() == 29 && all.quantileNs(0.4) == 10 && all.quantileNs(0.9) == 26);
}

// Every item arrives once and in order, though the ring is often full and both sides sleep.
void ringAndBellLoseNothing() {
  constexpr int kItems = 200'000;
  SpscRing<int, 64> ring;
  Doorbell bell;
  const auto never = Doorbell::Clock::now() + std::chrono::hours(1);
  std::thread reader([&] {
    for (int expected = 0; expected < kItems; expected++) {
      if (ring.front() == nullptr) bell.sleepUntil(never, [&] { return ring.front() != nullptr; });
      EXPECT(*ring.front() == expected);
      ring.pop();
    }
  });
  for (int item = 0; item < kItems; item++) {
    while (!ring.push(item)) std::this_thread::yield();
    bell.ring();
  }
  reader.join();
  EXPECT(ring.front() == nullptr && ring.room() == 64);
  EXPECT(ring.isEmpty() && ring.pushed() == kItems);
}

// The word after that many arrivals of an attempt, of which it tells so many afterwards.
uint32_t arrive(uint32_t word, uint32_t attempt, uint32_t count, uint32_t told) {
  for (uint32_t i = 0; i < count; i++) word = wordAfterArrival(word, attempt);
  EXPECT(attemptOf(word) == attempt && arrivedOf(word) == told);
  return word;
}

void arrivalsCountForTheirAttempt() {
  uint32_t attempt = kMostAttempts - 4;
  for (int i = 0; i < 8; i++) {
    // One that is given up; a graph in its place; another that is interrupted and goes on.
    const uint32_t left = arrive(wordWithout(attempt), attempt, 31, 31), next = attemptAfter(attempt);
    EXPECT(next != attempt && next != kWholeAttempt && next != kTrialAttempt);
    arrive(left, kWholeAttempt, 5, 5);
    arrive(arrive(left, next, 20, 20), next, 12, 32);
    attempt = next;
  }
}

Kernel kernelOf(double grid, double bytes) {
  Kernel kernel{};
  kernel.grid = grid;
  kernel.footprintBytes = bytes;
  return kernel;
}

void ledgerCountsBlocksThatAreDone() {
  ChannelLedger ledger(4);
  double bytes[kMaxTenants * 4];
  ledger.load(1, {kernelOf(10, 1000), kernelOf(10, 4000)});
  ledger.place(1, ChannelSet{0b0110, 0});
  // Stopped with 4 of kernel 1's 10 blocks to do, then resumed and finished.
  ledger.launched({.id = 7, .tenant = 1, .firstKernel = 0, .kernelCount = 2});
  EXPECT(ledger.anyInFlight());
  ledger.retired(7, 1, 4);
  ledger.write(bytes);
  EXPECT(bytes[4] == 0 && bytes[5] == 1700 && bytes[6] == 1700 && bytes[7] == 0);
  ledger.launched({.id = 8, .tenant = 1, .firstKernel = 1, .kernelCount = 1, .blocksLeft = 4});
  ledger.retired(8, 1, 0);
  ledger.write(bytes);
  EXPECT(bytes[5] == 2500 && bytes[6] == 2500);
  EXPECT(!ledger.anyInFlight());
  ledger.release(1);
  ledger.write(bytes);
  EXPECT(bytes[5] == 0);
}

template <typename Call>
bool throwsLogicError(Call call) {
  try {
    call();
    return false;
  } catch (const std::logic_error&) {
    return true;
  }
}

void requestsArriveAsTheyWereMade() {
  const LoadRequest made{7, {kernelOf(10, 1000), kernelOf(20, 4000)}, {1, 2, 3, 4}, {KernelCurve{{0.5, 0.25}}}, {}};
  HostMessage message{kindOf<LoadRequest>(), packed(made)};
  const AnyRequest arrived = unpackedRequest(message);
  const auto& load = std::get<LoadRequest>(arrived);
  EXPECT(load.tenant == 7 && load.kernels.size() == 2 && load.kernels[1].grid == 20 && load.sizes.residentBytes == 4);
  EXPECT(load.curves.size() == 1 && load.curves[0].ns[1] == 0.25);
  message.bytes.pop_back();
  EXPECT(throwsLogicError([&] { unpackedRequest(message); }));
  EXPECT(throwsLogicError([] { unpackedRequest({std::variant_size_v<AnyRequest>, {}}); }));
}

void bothSidesSeeSharedMemory() {
  SharedMemory made(4096);
  SharedMemory mapped(File(dup(made.file().number())), 4096);
  auto* const written = static_cast<int*>(made.address());
  const auto* const seen = static_cast<const int*>(mapped.address());
  EXPECT(*seen == 0);
  *written = 5;
  EXPECT(*seen == 5);
  bool isRefused = false;
  try {
    SharedMemory(File(dup(made.file().number())), 8192);
  } catch (const std::runtime_error&) {
    isRefused = true;
  }
  EXPECT(isRefused);
}

}  // namespace

int main() {
  quantilesAreWithinABucket();
  whatSeveralHaveRecordedIsAdded();
  arrivalsCountForTheirAttempt();
  ringAndBellLoseNothing();
  ledgerCountsBlocksThatAreDone();
  requestsArriveAsTheyWereMade();
  bothSidesSeeSharedMemory();
}
