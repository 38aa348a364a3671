// What a copy of 1 MiB takes on its way through a copy thread, as the executor's do, from the order until it is told; and what beside it makes it
// take longer: partitions that there are, kernels in one of them, copies the other way. In the repository's root, after the build, with a GPU:
//
//   test/cuda/gpu/build.sh FOLDER lanes && FOLDER/lanes
#include <cstdio>
#include <functional>
#include <memory>
#include <vector>

#include "cuda/copy_thread.h"
#include "cuda/demand.h"
#include "cuda/partition_pool.h"
#include "cuda/tenant_memory.h"
#include "timing.h"

using namespace missile;
using namespace missile::cuda;
using namespace rig;

namespace {

constexpr double kInputBytes = 1 << 20, kOutputBytes = 4;
constexpr size_t kStagingBytes = size_t{32} << 20, kPartitionBytes = size_t{2} << 30;
constexpr unsigned kSmsPerTpc = 2;
constexpr unsigned kCopies = 500, kWarmUps = 20;

Kernel anyKernel() {
  Kernel kernel{};
  kernel.grid = 1;
  kernel.threadsPerBlock = 32;
  return kernel;
}

// A tenant's copies, and the thread of each direction.
class Lanes {
 public:
  explicit Lanes(Context& context)
      : executable_(executableOf({anyKernel()}, {kInputBytes, kOutputBytes, 0, 0})),
        memory_(context, executable_.storages, nullptr),
        copies_(executable_, memory_, {}),
        exchange_(std::make_unique<ExecutorExchange>()),
        in_(context, Direction::h2d, kStagingBytes, *exchange_),
        out_(context, Direction::d2h, kStagingBytes, *exchange_) {
    for (CopyThread* thread : {&in_, &out_}) thread->serve(kTenant, &copies_);
  }

  // us until it is told.
  double bring() { return go({.tenant = kTenant, .purpose = CopyPurpose::input, .sizeBytes = kInputBytes}); }
  double takeAway() { return go({.tenant = kTenant, .purpose = CopyPurpose::output, .sizeBytes = kOutputBytes}); }

 private:
  static constexpr int kTenant = 0;

  double go(const CopyOrder& order) {
    ExecutorExchange::Traffic::Copies& traffic = exchange_->traffic.copies[static_cast<size_t>(order.direction())];
    const auto from = Clock::now();
    traffic.orders.push({.copy = order});
    traffic.orderBell.ring();
    while (traffic.seen.front() == nullptr) {
    }
    traffic.seen.pop();
    return usSince(from);
  }

  const Executable executable_;
  TenantMemory memory_;
  TenantCopies copies_;
  std::unique_ptr<ExecutorExchange> exchange_;
  CopyThread in_, out_;
};

// Before each copy `first` is done, and then nothing for so long.
void measure(Lanes& lanes, const char* beside, const std::function<void()>& first) {
  for (const double idleUs : {0.0, 100.0, 2000.0}) {
    std::vector<double> us;
    for (unsigned i = 0; i < kWarmUps + kCopies; i++) {
      first();
      spinUs(idleUs);
      const double taken = lanes.bring();
      if (i >= kWarmUps) us.push_back(taken);
    }
    std::printf("%-58s %8.0f %6.1f %6.1f %6.1f\n", beside, idleUs, percentile(us, 0.5), percentile(us, 0.9), percentile(us, 0.99));
  }
}

}  // namespace

int main() {
  // Lest what was measured is lost with a run that is cut short.
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  Context context(0);
  const Driver& driver = context.driver();
  const TpcMap map(context, kSmsPerTpc);
  PartitionPool partitions(context, map, kPartitionBytes);
  const DeviceMemory word(context, sizeof(uint32_t));
  Lanes lanes(context);
  // A kernel of the driver's own, waited for.
  const auto runOn = [&](const PartitionStream& stream) {
    driver.cuMemsetD8Async(word.address(), static_cast<unsigned char>(0), word.sizeBytes(), stream.stream);
    driver.cuStreamSynchronize(stream.stream);
  };
  std::printf("1 MiB through a copy thread, us from the order until it is told\n%-58s %8s %6s %6s %6s\n", "beside", "idle us", "p50", "p90", "p99");
  measure(lanes, "nothing", [] {});
  measure(lanes, "4 bytes back before each", [&] { lanes.takeAway(); });
  PartitionStream& ofAll = partitions.whole().take(false);
  measure(lanes, "a kernel on all SMs before each", [&] { runOn(ofAll); });
  for (int edge = 1; edge < static_cast<int>(map.size()); edge++) partitions.exact(TpcSet::firstOf(edge));
  measure(lanes, "partitions", [] {});
  measure(lanes, "partitions; a kernel on all SMs before each", [&] { runOn(ofAll); });
  PartitionStream& ofSome = partitions.exact(TpcSet::firstOf(static_cast<int>(map.size()) / 2)).take(false);
  measure(lanes, "partitions; a kernel in one of them before each", [&] { runOn(ofSome); });
  measure(lanes, "partitions; a kernel in one, and 4 bytes back before each", [&] {
    runOn(ofSome);
    lanes.takeAway();
  });
  ofSome.partition->giveBack(ofSome);
  partitions.whole().giveBack(ofAll);
  return 0;
}
