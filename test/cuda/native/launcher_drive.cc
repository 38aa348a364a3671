// Drives the launcher as no scheduler would: launches on random TPCs that are extended, shrunk and taken back at random, and checks
// that every block of every request is done exactly once, that every evicted TPC is left exactly once, that every launch retires
// exactly once, and that nothing is left over. Meanwhile each tenant's memory changes its mode, and the split of the channels changes:
// every kernel must find what those before it have written. Runs on any driver: the fake one in tests, a real GPU by hand.
//
//   launcher_drive [requests=200] [seed=1] [spinCycles=0] [mostBlocks=60] [partitionMiB=64]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cuda/colour_pool.h"
#include "cuda/launcher.h"
#include "native/tally_network.h"

using namespace missile;
using namespace missile::cuda;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int kTenants = 4;
constexpr int kPartitions = 6;
constexpr unsigned kPoolBlocks = 2048;
constexpr auto kPatience = std::chrono::seconds(60);

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "launcher_drive: %s\n", what.c_str());
  std::_Exit(1);
}

void expect(bool holds, const std::string& what) {
  if (!holds) fail(what);
}

double usSince(Clock::time_point since) { return std::chrono::duration<double, std::micro>(Clock::now() - since).count(); }

// Percentiles of durations.
class Durations {
 public:
  void add(double us) { us_.push_back(us); }
  void print(const char* name) {
    std::sort(us_.begin(), us_.end());
    const auto at = [&](double share) { return us_.empty() ? 0 : us_[static_cast<size_t>(share * static_cast<double>(us_.size() - 1))]; };
    std::printf("%-28s %8zu   p50 %8.1f us   p99 %8.1f us   max %8.1f us\n", name, us_.size(), at(0.5), at(0.99), at(1));
  }

 private:
  std::vector<double> us_;
};

// A tenant whose requests run through a network of tally kernels again and again, in one launch or several.
struct Tenant {
  std::unique_ptr<TallyNetwork> tally;
  uint32_t requestsDone = 0;
  int nextKernel = 0;
  int64_t blocksLeft = 0;
  bool isGiven = false;      // the inference has its number
  bool isUnchecked = false;  // the last one
  int64_t launch = -1;  // in flight
  bool hasStrayed = false;

  Network& network() const { return tally->network(); }
};

struct Launch {
  int tenant;
  LaunchOrder order;
  TpcSet staying, leaving, rejoining;
  uint32_t changesLeft;  // then it is left alone, so that one which is stuck is found out
  Clock::time_point evictedAt;
};

struct Options {
  uint32_t requests = 200, seed = 1, spinCycles = 0, mostBlocks = 60, partitionMiB = 64;
};

class Drive final : public EventSink {
 public:
  explicit Drive(const Options& options)
      : options_(options),
        dice_(options.seed),
        context_(0),
        map_(context_, 2),
        partitions_(context_, map_, size_t{options.partitionMiB} << 20),
        pool_(context_, kPoolBlocks * kColourBlockBytes),
        busyNs_(context_, kTenants * kMostSms * sizeof(unsigned long long)),
        tpcOfSm_(context_, kMostSms),
        launcher_(context_, map_, partitions_, table(), [this](int tenant) -> Network& { return tenants_[tenant].network(); }) {
    pool_.setColours(colours());
    for (Tenant& tenant : tenants_) {
      const auto steps = anySteps(dice_, TallyNetwork::kMostKernels, options_.mostBlocks);
      tenant.tally = std::make_unique<TallyNetwork>(context_, &pool_, steps, options_.spinCycles);
      Network& network = tenant.network();
      // Fed some kernels ahead, or few and too long for a graph.
      const uint32_t longestNs = dice_.oneIn(2) ? 60'000 : 200'000;
      for (size_t i = 0; i < network.size(); i++) network.setAloneNs(i, dice_.below(longestNs));
    }
  }

  void run() {
    const auto start = Clock::now();
    while (!isOver()) {
      for (int tenant = 0; tenant < kTenants; tenant++) order(tenant);
      turn();
    }
    const auto drainFrom = Clock::now();
    while (launcher_.busy()) {
      launcher_.turn(*this);
      expect(Clock::now() - drainFrom < kPatience, "what has retired does not drain");
    }
    expect(launcher_.slotsTaken() == 0, "slots are left over");
    expect(!partitions_.inUse(), "streams are left over");
    report(usSince(start));
  }

  // ---- EventSink ----
  bool full() const override { return isFull_; }
  void tpcsYielded(int64_t id, TpcSet tpcs) override {
    Launch& launch = inFlight(id);
    expect(!tpcs.empty() && launch.leaving.contains(tpcs), "TPCs were left that had not been evicted, or twice");
    yields_.add(usSince(launch.evictedAt));
    launch.leaving = launch.leaving - tpcs;
    launch.staying = launch.staying | (launch.rejoining & tpcs);
    launch.rejoining = launch.rejoining - tpcs;
    lastEventAt_ = Clock::now();
  }
  void launchRetired(int64_t id, int kernelsDone, int64_t blocksLeft) override {
    const Launch launch = inFlight(id);
    launches_.erase(id);
    Tenant& tenant = tenants_[launch.tenant];
    tenant.launch = -1;
    tenant.nextKernel += kernelsDone;
    tenant.blocksLeft = blocksLeft;
    lastEventAt_ = Clock::now();
    if (kernelsDone < launch.order.kernelCount) {
      interrupted_++;
      expect(launch.staying.empty(), "a launch stopped that still had TPCs");
      if (!launch.leaving.empty()) yields_.add(usSince(launch.evictedAt));
      const int64_t blocks = tenant.network().kernel(static_cast<size_t>(tenant.nextKernel)).blocks;
      expect(blocksLeft >= 1 && blocksLeft <= blocks, "blocksLeft is out of range");
    } else {
      expect(kernelsDone == launch.order.kernelCount && blocksLeft == 0, "more was done than was asked for");
    }
    if (tenant.nextKernel == static_cast<int>(tenant.network().size())) finishRequest(tenant);
  }
  void copyRetired(int64_t, double) override { fail("nothing was copied"); }
  void deviceFailed(int) override { fail("nothing was to fail"); }

 private:
  SmTable table() {
    context_.driver().cuMemcpyHtoD(tpcOfSm_.address(), static_cast<const void*>(map_.tpcOfSm().data()), map_.tpcOfSm().size());
    return {reinterpret_cast<unsigned long long*>(busyNs_.address()), reinterpret_cast<const uint8_t*>(tpcOfSm_.address())};
  }

  // Of six partitions BE has one or two; colours 6 and 7 straddle. They mean nothing here, on whatever GPU.
  static PoolColours colours() {
    PoolColours made{{}, {1, 2, 4, 8, 16, 32, 33, 48}, {32, 48, 56, 60, 62}};
    for (unsigned block = 0; block < kPoolBlocks; block++) made.colourOfBlock.push_back(static_cast<int16_t>(block * 5 % 9) - 1);
    return made;
  }

  // Every tenant wants now the one mode and now the other; tenants with odd numbers are BE's.
  void place(int tenant) {
    if (dice_.oneIn(2)) bePartitions_ = 3 - bePartitions_;
    isPlaced_[tenant] = !isPlaced_[tenant];
    for (int id = 0; id < kTenants; id++) {
      const ChannelSet all = ChannelSet::firstOf(kPartitions), ls = ChannelSet::firstOf(kPartitions - bePartitions_);
      tenants_[id].network().memory().place(!isPlaced_[id] ? all : id % 2 == 0 ? ls : all - ls, kPartitions);
    }
  }

  void tendMemory() {
    for (int id = 0; id < kTenants; id++) launcher_.tendMemory(id);
  }

  bool isOver() const {
    return std::all_of(std::begin(tenants_), std::end(tenants_),
                       [&](const Tenant& t) { return t.launch < 0 && !hasMore(t); });
  }

  bool hasMore(const Tenant& tenant) const {
    return !tenant.hasStrayed && tenant.requestsDone < options_.requests / kTenants;
  }

  Launch& inFlight(int64_t id) {
    const auto found = launches_.find(id);
    expect(found != launches_.end(), "an event is about a launch that has ended or never began");
    return found->second;
  }

  // Something for a tenant: mostly nothing, lest all launches are torn apart at once.
  void order(int id) {
    Tenant& tenant = tenants_[id];
    if (dice_.oneIn(200)) place(id);
    if (tenant.launch < 0) {
      if (hasMore(tenant)) start(id);
    } else if (!tenant.hasStrayed && dice_.oneIn(40)) {
      change(inFlight(tenant.launch));
    }
  }

  void start(int id) {
    Tenant& tenant = tenants_[id];
    const TpcSet tpcs = dice_.oneIn(4) ? map_.all() : dice_.some(map_.all());
    if (tpcs.empty()) return;
    const int left = static_cast<int>(tenant.network().size()) - tenant.nextKernel;
    const LaunchOrder order{.id = ++lastId_,
                            .tenant = id,
                            .firstKernel = tenant.nextKernel,
                            .kernelCount = 1 + static_cast<int>(dice_.below(static_cast<uint32_t>(left))),
                            .blocksLeft = tenant.blocksLeft,
                            .priority = dice_.oneIn(3) ? 1 : 0};
    if (!std::exchange(tenant.isGiven, true)) tenant.tally->give();
    const Network::Kernel& first = tenant.network().kernel(static_cast<size_t>(order.firstKernel));
    const bool isResumed = order.blocksLeft > 0 && order.blocksLeft < first.blocks;
    const uint32_t attempt = first.attempt;
    if (isResumed && dice_.oneIn(2)) place(id);
    if (isResumed && first.coloured != tenant.tally->wantsColoured()) resumedAgainst_++;
    launches_[order.id] = {id, order, tpcs, {}, {}, dice_.below(8), {}};
    tenant.launch = order.id;
    const auto from = Clock::now();
    launcher_.launch(order, tpcs);
    launchCalls_.add(usSince(from));
    expect(!isResumed || first.attempt == attempt, "a kernel that goes on is another attempt");
  }

  void change(Launch& launch) {
    if (launch.changesLeft == 0) return;
    const int64_t id = launch.order.id;
    const TpcSet more = dice_.some(map_.all() - launch.staying);
    const TpcSet going = dice_.oneIn(8) ? launch.staying | launch.leaving : dice_.some(map_.all());
    const auto from = Clock::now();
    if (!more.empty() && dice_.oneIn(2)) {
      launch.changesLeft--;
      launcher_.extend(id, more);
      extendCalls_.add(usSince(from));
      launch.rejoining = launch.rejoining | (more & launch.leaving);
      launch.staying = launch.staying | (more - launch.leaving);
      return;
    }
    if (!going.overlaps(launch.staying)) return;
    launch.changesLeft--;
    launcher_.evict(id, going);
    evictCalls_.add(usSince(from));
    launch.evictedAt = from;
    launch.rejoining = launch.rejoining - going;
    launch.leaving = launch.leaving | (launch.staying & going);
    launch.staying = launch.staying - going;
  }

  void turn() {
    isFull_ = dice_.oneIn(8);
    const auto from = Clock::now();
    if (launcher_.turn(*this)) turns_.add(usSince(from));
    tendMemory();
    for (int tenant; (tenant = launcher_.takeStray()) >= 0;) stray(tenants_[tenant]);
    for (Tenant& tenant : tenants_) check(tenant);
    if (launches_.empty()) lastEventAt_ = Clock::now();
    expect(Clock::now() - lastEventAt_ < kPatience, "nothing happens any more: " + describe());
  }

  // Its launch takes itself off the GPU, which is told before it retires, and what it has counted says no more.
  void stray(Tenant& tenant) {
    tenant.hasStrayed = true;
    strays_++;
    Launch& launch = inFlight(tenant.launch);
    launch.leaving = launch.leaving | launch.staying;
    launch.staying = launch.rejoining = {};
    launch.evictedAt = Clock::now();
  }

  std::string describe() const {
    std::string text;
    for (const auto& [id, launch] : launches_) {
      text += "launch " + std::to_string(id) + ": " + std::to_string(launch.order.kernelCount) + " kernels, stays on " +
              std::to_string(launch.staying.size()) + ", leaves " + std::to_string(launch.leaving.size()) + " TPCs; ";
    }
    return text;
  }

  void finishRequest(Tenant& tenant) {
    tenant.requestsDone++;
    tenant.nextKernel = 0;
    tenant.isGiven = false;
    tenant.isUnchecked = true;
  }

  // Not before it is known who has strayed.
  void check(Tenant& tenant) {
    if (!std::exchange(tenant.isUnchecked, false) || tenant.hasStrayed) return;
    expect(tenant.tally->hasCounted(tenant.requestsDone), "a block was done twice, or not at all");
    expect(tenant.tally->hasHandedOn(), "a kernel did not find what those before it had written");
    if (tenant.tally->hasRunInBothModes()) inBothModes_++;
  }

  void report(double us) {
    std::printf("%u requests in %.2f s, %lld launches, %u interrupted, %u strayed, %llu masked, %llu partitions made, "
                "%u in both modes, %u kernels resumed against the mode, %llu bytes moved\n", options_.requests,
                us / 1e6, static_cast<long long>(lastId_), interrupted_, strays_, static_cast<unsigned long long>(launcher_.fallbacks()),
                static_cast<unsigned long long>(partitions_.made()), inBothModes_, resumedAgainst_,
                static_cast<unsigned long long>(pool_.facts().migratedBytes));
    launchCalls_.print("launch, host time");
    extendCalls_.print("extend, host time");
    evictCalls_.print("evict, host time");
    turns_.print("turn with news, host time");
    yields_.print("evict to left");
  }

  const Options options_;
  Dice dice_;
  Context context_;
  TpcMap map_;
  PartitionPool partitions_;
  ColourPool pool_;
  int bePartitions_ = 2;
  bool isPlaced_[kTenants] = {};
  DeviceMemory busyNs_, tpcOfSm_;
  Tenant tenants_[kTenants];
  Launcher launcher_;

  std::map<int64_t, Launch> launches_;
  int64_t lastId_ = 0;
  unsigned interrupted_ = 0, strays_ = 0, inBothModes_ = 0, resumedAgainst_ = 0;
  bool isFull_ = false;
  Clock::time_point lastEventAt_ = Clock::now();
  Durations launchCalls_, extendCalls_, evictCalls_, turns_, yields_;
};

}  // namespace

int main(int count, char** words) {
  Options options;
  uint32_t* const values[] = {&options.requests, &options.seed, &options.spinCycles, &options.mostBlocks, &options.partitionMiB};
  for (int i = 1; i < count && i <= 5; i++) *values[i - 1] = static_cast<uint32_t>(std::atoi(words[i]));
  Drive(options).run();
}
