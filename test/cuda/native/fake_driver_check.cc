// Does the fake driver do what the GPU does, as far as the executor relies on it? `fake_driver_check CASE`: exit code 0, or the line of the
// first expectation that failed.
#include <dlfcn.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <thread>

#include "cuda/context.h"
#include "cuda/control_stream.h"
#include "cuda/demand.h"
#include "cuda/elastic.h"
#include "cuda/tally.h"
#include "fake-driver/driver/fake.h"
#include "expect.h"

using namespace missile;
using namespace missile::cuda;

namespace {

// A function of fake.h, in the driver that is loaded: FAKE(fakeStreamsAlive)().
#define FAKE(function) (reinterpret_cast<decltype(&function)>(dlsym(dlopen("libcuda.so.1", RTLD_NOW), #function)))

constexpr unsigned kThreads = 128;
constexpr int kOutOfMemory = 2, kIllegalAddress = 700;

template <typename Call>
int codeOf(Call call) {
  try {
    call();
    return 0;
  } catch (const CallFailed& failed) {
    return failed.code;
  }
}

CUstream newStream(const Driver& driver, int priority = 0) {
  CUstream stream = nullptr;
  driver.cuStreamCreateWithPriority(&stream, CU_STREAM_NON_BLOCKING, priority);
  return stream;
}

template <typename... Parameters>
void launch(const Driver& driver, CUfunction kernel, unsigned grid, unsigned threads, CUstream stream, Parameters... values) {
  void* parameters[] = {&values...};
  driver.cuLaunchKernel(kernel, grid, 1u, 1u, threads, 1u, 1u, 0u, stream, static_cast<void**>(parameters),
                        static_cast<void**>(nullptr));
}

template <typename Element>
std::vector<Element> fetch(const Driver& driver, CUdeviceptr from, size_t count) {
  std::vector<Element> values(count);
  driver.cuMemcpyDtoH(static_cast<void*>(values.data()), from, count * sizeof(Element));
  return values;
}

// A tally of some kernels, one after the other, that count in the same memory: 1 for each thread of each block of each kernel.
class Tally {
 public:
  static constexpr uint32_t kBlocks = 300, kKernels = 3;

  explicit Tally(Context& context)
      : context_(context),
        state_(context, sizeof(LaunchState) + kKernels * sizeof(KernelProgress)),
        busyNs_(context, kMostSms * sizeof(uint64_t)),
        tpcOfSm_(context, kMostSms),
        counts_(context, kKernels * kCounts * sizeof(uint32_t)),
        report_(context, sizeof(LaunchReport)),
        control_(context) {
    std::vector<uint8_t> tpcs;
    for (unsigned sm = 0; sm < kMostSms; sm++) tpcs.push_back(static_cast<uint8_t>(sm / 2));
    context.driver().cuMemcpyHtoD(tpcOfSm_.address(), static_cast<const void*>(tpcs.data()), tpcs.size());
  }

  // What is left of a kernel from `firstBlock` on.
  void start(uint32_t kernel, uint32_t firstBlock, CUstream stream, const char* name = "tally_elastic_linear", unsigned grid = 16) {
    KernelLaunch launch{};
    launch.state = reinterpret_cast<LaunchState*>(state_.address());
    launch.report = reinterpret_cast<LaunchReport*>(report_.device());
    launch.sms = {reinterpret_cast<unsigned long long*>(busyNs_.address()), reinterpret_cast<uint8_t*>(tpcOfSm_.address())};
    launch.kernel = kernel;
    launch.firstBlock = firstBlock;
    launch.blocks = kBlocks - firstBlock;
    launch.blocksBefore = kernel == 0 ? 0 : kBlocks;
    const CUdeviceptr counts = counts_.address() + kernel * kCounts * sizeof(uint32_t);
    const TallyArguments arguments{{reinterpret_cast<unsigned char*>(counts), nullptr, kCounts * sizeof(uint32_t)}, 0};
    ::launch(context_.driver(), context_.kernel(name), grid, kThreads, stream, launch, arguments);
  }

  // Revokes TPCs, and waits until they are left.
  void evict(uint32_t generation, TpcSet revoked) {
    control_.evict(state_.address(), report_.device(), generation, revoked, revoked);
    control_.flush();
    revoked.forEach([&](int tpc) {
      while (farewell(tpc).generation < generation) std::this_thread::yield();
    });
  }

  // As a new launch would find it.
  void reset() {
    context_.driver().cuCtxSynchronize();
    context_.driver().cuMemsetD8(state_.address(), static_cast<unsigned char>(0), state_.sizeBytes());
    std::memset(report_.host(), 0, report_.sizeBytes());
  }

  Farewell farewell(int tpc) const { return Farewell::of(std::atomic_ref(report().left[tpc]).load()); }
  // Device memory of the fake is the host's.
  uint32_t claimed(uint32_t kernel) const {
    return std::atomic_ref(reinterpret_cast<LaunchState*>(state_.address())->progress()[kernel].claimed).load();
  }
  uint32_t kernelsDone() const { return std::atomic_ref(report().kernelsDone).load(); }
  LaunchReport& report() const { return *reinterpret_cast<LaunchReport*>(report_.host()); }
  bool isExactlyOnce(uint32_t kernels) const {
    for (uint32_t count : fetch<uint32_t>(context_.driver(), counts_.address(), kernels * kCounts)) {
      if (count != 1) return false;
    }
    return true;
  }

 private:
  static constexpr uint32_t kCounts = kBlocks * kThreads;

  Context& context_;
  DeviceMemory state_, busyNs_, tpcOfSm_, counts_;
  PinnedMemory report_;
  ControlStream control_;
};

// Work of one stream happens in order; of two, in the order of their events.
void order() {
  Context context(0);
  const Driver& driver = context.driver();
  constexpr size_t kBytes = 1 << 20;
  const DeviceMemory first(context, kBytes), second(context, kBytes);
  const PinnedMemory host(context, kBytes);
  const CUstream one = newStream(driver), two = newStream(driver);
  CUevent filled = nullptr, copied = nullptr;
  driver.cuEventCreate(&filled, CU_EVENT_DEFAULT);
  driver.cuEventCreate(&copied, CU_EVENT_DEFAULT);
  for (unsigned char round = 1; round < 50; round++) {
    driver.cuMemsetD8Async(first.address(), round, kBytes, one);
    driver.cuEventRecord(filled, one);
    driver.cuStreamWaitEvent(two, filled, 0u);
    driver.cuMemcpyDtoDAsync(second.address(), first.address(), kBytes, two);
    driver.cuMemcpyDtoHAsync(static_cast<void*>(host.host()), second.address(), kBytes, two);
    driver.cuEventRecord(copied, two);
    driver.cuStreamWaitEvent(one, copied, 0u);
    while (!driver.isDone(copied)) std::this_thread::yield();
    EXPECT(driver.isDone(filled));
    EXPECT(host.host()[0] == std::byte{round} && host.host()[kBytes - 1] == std::byte{round});
  }
  float milliseconds = -1;
  driver.cuEventElapsedTime(&milliseconds, filled, copied);
  EXPECT(milliseconds > 0);
  driver.cuEventDestroy(filled);
  driver.cuEventDestroy(copied);
  driver.cuStreamDestroy(one);
  driver.cuStreamDestroy(two);
}

// A green context's streams run on its SMs and on no others; a group's number is not that of its SMs.
void partitions() {
  Context context(0);
  const Driver& driver = context.driver();
  CUdevResource all{}, rest{}, groups[4]{};
  unsigned count = 4;
  driver.cuDeviceGetDevResource(context.device(), &all, CU_DEV_RESOURCE_TYPE_SM);
  driver.cuDevSmResourceSplitByCount(&groups[0], &count, &all, &rest, CU_DEV_SM_RESOURCE_SPLIT_IGNORE_SM_COSCHEDULING, 2u);
  EXPECT(count == 4 && groups[0].sm.smCount == 2 && rest.sm.smCount == 0);
  const DeviceMemory seen(context, kMostSms * sizeof(uint32_t));
  bool isPermuted = false;
  for (unsigned group = 0; group < count; group++) {
    // Groups 0 and 2, 1 and 3, ...: sets of any groups can be made.
    CUdevResource members[2] = {groups[group], groups[(group + 2) % count]};
    CUdevResourceDesc descriptor = nullptr;
    CUgreenCtx green = nullptr;
    CUstream stream = nullptr;
    driver.cuDevResourceGenerateDesc(&descriptor, &members[0], 2u);
    driver.cuGreenCtxCreate(&green, descriptor, context.device(), CU_GREEN_CTX_DEFAULT_STREAM);
    driver.cuGreenCtxStreamCreate(&stream, green, CU_STREAM_NON_BLOCKING, 0);
    launch(driver, context.kernel("whereabouts"), 128, 32, stream, seen.address(), 1u << group);
    driver.cuStreamSynchronize(stream);
    driver.cuStreamDestroy(stream);
    driver.cuGreenCtxDestroy(green);
  }
  for (unsigned sm = 0; sm < context.sms(); sm++) {
    const uint32_t marks = fetch<uint32_t>(driver, seen.address(), kMostSms)[sm];
    // Each group was a member twice: as the first, and two groups later as the second.
    EXPECT(marks == 0b0101 || marks == 0b1010);
    isPermuted |= marks != (0b0101u << (sm / 2 % 2));
  }
  EXPECT(isPermuted);
}

// Kernels that are evicted again and again, on changing TPCs, do every block exactly once.
void evictions() {
  Context context(0);
  const Driver& driver = context.driver();
  const CUstream stream = newStream(driver);
  {
    // All blocks would take 0.4 s: longer than anybody keeps this thread from its eviction.
    FAKE(fakeSetBlockNs)(20'000'000);
    Tally tally(context);
    uint32_t block = 0, stops = 0;
    while (block < Tally::kBlocks) {
      tally.start(0, block, stream);
      while (tally.claimed(0) == 0) std::this_thread::yield();
      tally.evict(1, TpcSet::firstOf(2));
      EXPECT(tally.farewell(0).generation == 1 && tally.farewell(1).generation == 1);
      tally.evict(2, TpcSet::firstOf(4));
      uint32_t claimed = 0;
      for (int tpc = 0; tpc < 4; tpc++) claimed = std::max(claimed, tally.farewell(tpc).claimed);
      block = tally.kernelsDone() == 1 ? Tally::kBlocks : block + claimed;
      stops += block < Tally::kBlocks ? 1 : 0;
      tally.reset();
    }
    EXPECT(stops > 0);
    EXPECT(tally.isExactlyOnce(1));
  }
  driver.cuStreamDestroy(stream);
}

// Each TPC's bit lies in the word where kernels look for it, and words of which nothing has changed are not written.
void revocations() {
  Context context(0);
  const Driver& driver = context.driver();
  const DeviceMemory state(context, sizeof(LaunchState));
  driver.cuMemsetD8(state.address(), static_cast<unsigned char>(0), state.sizeBytes());
  ControlStream control(context);
  const auto word = [&](unsigned nth) {
    return Revocation{std::atomic_ref(reinterpret_cast<LaunchState*>(state.address())->revocations[nth]).load()};
  };
  const auto revoke = [&](uint32_t generation, TpcSet revoked, TpcSet changed) {
    control.revoke(state.address(), generation, revoked, changed);
    control.flush();
    driver.cuCtxSynchronize();
    for (int tpc = 0; tpc < TpcSet::kCapacity; tpc++) {
      EXPECT(word(tpc / Revocation::kTpcs).holds(tpc) == revoked.overlaps(TpcSet::firstOf(tpc + 1) - TpcSet::firstOf(tpc)));
    }
  };
  TpcSet edges, one;
  for (const int tpc : {0, 39, 40, 63, 64, 79, 80, 95}) edges.add(tpc);
  one.add(64);
  revoke(1, edges, edges);
  revoke(2, edges - one, one);
  EXPECT(word(0).generation() == 1 && word(1).generation() == 2 && word(2).generation() == 1);
}

// Many launches are told in two calls what they may use, and where none of them has a thread block, farewell is said for each.
void together() {
  constexpr unsigned kLaunches = Sweeps::kMost + 1;
  Context context(0);
  const Driver& driver = context.driver();
  const DeviceMemory states(context, kLaunches * sizeof(LaunchState));
  const PinnedMemory reports(context, kLaunches * sizeof(LaunchReport));
  const auto callsOf = FAKE(fakeCallsOf);
  ControlStream control(context);
  const size_t launchesBefore = callsOf("cuLaunchKernel");
  for (uint32_t launch = 0; launch < kLaunches; launch++) {
    const CUdeviceptr state = states.address() + launch * sizeof(LaunchState), report = reports.device() + launch * sizeof(LaunchReport);
    const TpcSet revoked = TpcSet::firstOf(1 + static_cast<int>(launch));
    control.evict(state, report, 1 + launch, revoked, revoked);
    EXPECT(callsOf("cuStreamBatchMemOp") == (launch < Sweeps::kMost ? 0 : 1));
  }
  control.flush();
  EXPECT(callsOf("cuStreamBatchMemOp") == 2 && callsOf("cuLaunchKernel") == launchesBefore + 2);
  driver.cuCtxSynchronize();
  const auto* const told = reinterpret_cast<LaunchReport*>(reports.host());
  for (uint32_t launch = 0; launch < kLaunches; launch++) {
    EXPECT(Farewell::of(told[launch].left[launch]).generation == 1 + launch && told[launch].left[launch + 1] == 0);
  }
}

// Kernels of one launch on two streams wait for one another by their counters; plain ones count as well.
void chains() {
  Context context(0);
  const Driver& driver = context.driver();
  const CUstream one = newStream(driver), two = newStream(driver);
  {
    FAKE(fakeSetBlockNs)(5'000);
    Tally tally(context);
    tally.start(1, 0, two, "tally_elastic_linear", 4);
    tally.start(0, 0, one, "tally_elastic_linear", 4);
    tally.start(1, 0, one, "tally_elastic_linear", 4);
    driver.cuCtxSynchronize();
    EXPECT(tally.kernelsDone() == 2 && tally.isExactlyOnce(2));
    tally.start(2, 0, one, "tally_plain_linear", Tally::kBlocks);
    driver.cuCtxSynchronize();
    EXPECT(tally.kernelsDone() == 3 && tally.isExactlyOnce(3));
  }
  driver.cuStreamDestroy(one);
  driver.cuStreamDestroy(two);
}

// A fault ends whatever runs, and the process may not use the GPU any more; a stray block is only told.
void faults() {
  auto context = std::make_unique<Context>(0);
  {
    const Driver& driver = context->driver();
    auto tally = std::make_unique<Tally>(*context);
    const CUstream stream = newStream(driver);
    FAKE(fakeStrayKernel)("tally", 1);
    tally->start(0, 0, stream);
    driver.cuStreamSynchronize(stream);
    EXPECT(tally->report().strayBlock != 0);
    // Would take a year.
    FAKE(fakeSetBlockNs)(uint64_t{30} << 50);
    tally->start(1, 0, stream, "tally_plain_linear");
    FAKE(fakeFaultKernel)("whereabouts", 1);
    const DeviceMemory seen(*context, kMostSms * sizeof(uint32_t));
    launch(driver, context->kernel("whereabouts"), 1, 32, newStream(driver), seen.address(), 1u);
    EXPECT(codeOf([&] { driver.cuCtxSynchronize(); }) == kIllegalAddress);
    EXPECT(codeOf([&] { driver.cuStreamSynchronize(stream); }) == kIllegalAddress);
    EXPECT(codeOf([&] { driver.cuMemAlloc(static_cast<CUdeviceptr*>(nullptr), size_t{1}); }) == kIllegalAddress);
  }
  context.reset();
  EXPECT(FAKE(fakeContextsRetained)() == 0);
  EXPECT(codeOf([&] { Context again(0); }) == kIllegalAddress);
}

// What is asked for is refused once, or as long as there is too little of it.
void refusals() {
  Context context(0);
  const Driver& driver = context.driver();
  FAKE(fakeFailCall)("cuMemAlloc", 2, kIllegalAddress);
  const DeviceMemory first(context, 1024);
  EXPECT(codeOf([&] { DeviceMemory(context, 1024); }) == kIllegalAddress);
  EXPECT(codeOf([&] { DeviceMemory(context, 1024); }) == 0);
  size_t freeBytes = 0, totalBytes = 0;
  driver.cuMemGetInfo(&freeBytes, &totalBytes);
  EXPECT(codeOf([&] { DeviceMemory(context, freeBytes + 1); }) == kOutOfMemory);
  EXPECT(FAKE(fakeDeviceBytesInUse)() == totalBytes - freeBytes);
  EXPECT(FAKE(fakeCallsOf)("cuMemGetInfo") == 1);
  std::thread([&] { EXPECT(codeOf([&] { DeviceMemory(context, 1024); }) == 201); }).join();
}

// Whoever has the greater priority is let in first, and a small kernel beside any number of large ones.
void priorities() {
  Context context(0);
  const Driver& driver = context.driver();
  int least = 0, greatest = 0;
  driver.cuCtxGetStreamPriorityRange(&least, &greatest);
  const CUstream low = newStream(driver, least), urgent = newStream(driver, greatest), late = newStream(driver, least);
  CUevent lateDone = nullptr, urgentDone = nullptr;
  driver.cuEventCreate(&lateDone, CU_EVENT_DEFAULT);
  driver.cuEventCreate(&urgentDone, CU_EVENT_DEFAULT);
  {
    // Likewise for those of the first two kernels.
    FAKE(fakeSetBlockNs)(20'000'000);
    Tally tally(context);
    tally.start(0, 0, low, "tally_plain_linear", Tally::kBlocks);
    tally.start(1, 0, late, "tally_plain_linear", Tally::kBlocks);
    tally.start(2, 0, urgent, "tally_plain_linear", Tally::kBlocks);
    driver.cuEventRecord(lateDone, late);
    driver.cuEventRecord(urgentDone, urgent);
    tally.evict(1, TpcSet::firstOf(4));
    EXPECT(!driver.isDone(urgentDone));
    driver.cuCtxSynchronize();
    float milliseconds = 0;
    driver.cuEventElapsedTime(&milliseconds, urgentDone, lateDone);
    EXPECT(milliseconds > 0);
    EXPECT(tally.isExactlyOnce(3));
  }
  for (CUevent event : {lateDone, urgentDone}) driver.cuEventDestroy(event);
  for (CUstream stream : {low, urgent, late}) driver.cuStreamDestroy(stream);
}

}  // namespace

int main(int count, char** arguments) {
  const std::map<std::string, std::function<void()>> cases = {
      {"order", order},   {"partitions", partitions}, {"evictions", evictions}, {"together", together},     {"chains", chains},
      {"faults", faults}, {"refusals", refusals},     {"priorities", priorities}, {"revocations", revocations},
  };
  EXPECT(count == 2 && cases.contains(arguments[1]));
  cases.at(arguments[1])();
  EXPECT(FAKE(fakeDeviceBytesInUse)() == 0);
  EXPECT(FAKE(fakePinnedBytesInUse)() == 0);
  EXPECT(FAKE(fakeStreamsAlive)() == 0);
  EXPECT(FAKE(fakeEventsAlive)() == 0);
  EXPECT(FAKE(fakeGreenContextsAlive)() == 0);
  EXPECT(FAKE(fakeContextsRetained)() == 0);
}
