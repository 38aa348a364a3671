#include "execution.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace missile::sim {
namespace {

// Waves of one launch that may be out of step with each other. More would be more exact than the model is.
constexpr int kMostWaves = 6;

}  // namespace

Execution::Execution(const KernelCost& cost, const std::vector<Tenant>& tenants, Traffic& traffic, TpcTimes& tpcTimes,
                     ExecutionListener& listener)
    : cost_(cost),
      tenants_(tenants),
      traffic_(traffic),
      tpcTimes_(tpcTimes),
      listener_(listener),
      speed_(cost) {
  waves_.reserve(kMaxFlows);
}

Launch* Execution::find(int64_t id) {
  for (const int slot : active_) {
    if (launches_[slot].id == id) return &launches_[slot];
  }
  return nullptr;
}

bool Execution::uses(int tenant) const {
  return std::any_of(active_.begin(), active_.end(), [&](int slot) { return launches_[slot].tenant == tenant; });
}

void Execution::add(const LaunchOrder& order, TpcSet tpcs) {
  Launch launch{};
  launch.id = order.id;
  launch.tenant = order.tenant;
  launch.network = tenants_[order.tenant].kernels.data();
  launch.priority = order.priority;
  launch.kernel = order.firstKernel;
  launch.kernelCount = order.kernelCount;
  launch.phase = Phase::queued;
  launch.tpcs = tpcs;
  launch.unclaimed = order.blocksLeft > 0 ? order.blocksLeft : launch.present().grid;
  auto slot = std::find_if(launches_.begin(), launches_.end(), [](const Launch& l) { return l.id == Launch::kFree; });
  if (slot == launches_.end()) slot = launches_.insert(slot, launch);
  *slot = launch;
  active_.push_back(static_cast<int>(slot - launches_.begin()));
}

// ---- orders that take effect ----

void Execution::start(int64_t id, int64_t nowNs) {
  if (Launch* launch = find(id)) beginKernel(*launch, 0, nowNs);
}

void Execution::expectExtension(int64_t id) {
  if (Launch* launch = find(id)) launch->extensionsPending++;
}

void Execution::grow(int64_t id, TpcSet tpcs, TpcSet blocked, int64_t issue, int64_t nowNs) {
  Launch* launch = find(id);
  if (launch == nullptr) return;
  launch->extensionsPending--;
  const TpcSet later = tpcs & (launch->leaving | blocked);
  if (!later.empty()) {
    launch->rejoining = launch->rejoining | later;
    launch->rejoinIssue = issue;
  }
  const TpcSet joining = tpcs - later;
  if (joining.empty()) return;
  launch->tpcs = launch->tpcs | joining;
  cutWaves(launch->tpcs, nowNs);
  offerRoom(joining);
}

void Execution::shrink(int64_t id, TpcSet tpcs, TpcSet cancelled, int64_t issue, int64_t nowNs) {
  Launch* launch = find(id);
  if (launch == nullptr) return;
  if (issue > launch->rejoinIssue) launch->rejoining = launch->rejoining - tpcs;
  const TpcSet held = tpcs & launch->tpcs;
  launch->tpcs = launch->tpcs - held;
  const TpcSet inFlight = held & inFlightTpcs(*launch);
  launch->leaving = launch->leaving | inFlight;
  cutWaves(inFlight, nowNs);
  yield(*launch, (held - inFlight) | (cancelled - launch->tpcs - launch->leaving));
  // TPCs that a later extension wants and that were never held have nothing to leave.
  const TpcSet back = launch->rejoining & (tpcs - launch->leaving);
  launch->rejoining = launch->rejoining - back;
  launch->tpcs = launch->tpcs | back;
  offerRoom(back);
}

void Execution::yield(Launch& launch, TpcSet tpcs) {
  launch.yielded = launch.yielded | tpcs;
  launch.leaving = launch.leaving - tpcs;
  const TpcSet back = tpcs & launch.rejoining;
  launch.rejoining = launch.rejoining - back;
  launch.tpcs = launch.tpcs | back;
  offerRoom(back);
}

// ---- the life of a kernel ----

void Execution::beginKernel(Launch& launch, double gapNs, int64_t nowNs) {
  launch.phase = Phase::running;
  launch.started = false;
  launch.gapNs = gapNs;
  launch.sequence = ++sequence_;
  const ChannelSet channels = tenants_[launch.tenant].channels;
  if (!(channels == launch.channels)) {
    flushTraffic(launch);
    launch.channels = channels;
  }
  cutWaves(launch.tpcs, nowNs);
  launch.seeksRoom = roomChanged_ = true;
}

void Execution::finishKernel(Launch& launch, int64_t nowNs) {
  launch.kernelsDone++;
  launch.kernel++;
  if (launch.kernelsDone == launch.kernelCount) return retire(launch, 0);
  launch.unclaimed = launch.present().grid;
  if (launch.isElastic()) listener_.onKernelFed();
  // Those of a graph are on the GPU before the one before them has ended.
  const double gapNs = launch.isElastic() ? cost_.gpu().timing.kernelGapNs : 0;
  const bool wanted =
      anyOther(launch, [](const Launch& other) { return other.phase == Phase::running && other.unclaimed > 0; });
  if (!wanted) return beginKernel(launch, gapNs, nowNs);
  // Others wait for these SMs: between the kernels they get in.
  launch.phase = Phase::gap;
  launch.gapEndNs = nowNs + std::llround(gapNs);
}

void Execution::retire(Launch& launch, int64_t blocksLeft) {
  flushTraffic(launch);
  flushTime(launch);
  listener_.onRetired(launch.id, launch.kernelsDone, blocksLeft);
  launch.id = Launch::kFree;
  active_.erase(std::find(active_.begin(), active_.end(), slotOf(launch)));
}

void Execution::endWave(size_t index, int64_t nowNs) {
  progress(waves_[index], nowNs);
  countTime(waves_[index], nowNs);
  Launch& launch = launches_[waves_[index].launch];
  const TpcSet tpcs = waves_[index].tpcs;
  waves_.erase(waves_.begin() + static_cast<std::ptrdiff_t>(index));
  launch.waves--;
  wavesChanged_ = true;
  offerRoom(tpcs);
  const TpcSet left = launch.leaving & tpcs;
  if (!left.empty()) yield(launch, left - inFlightTpcs(launch));
  if (launch.waves == 0 && launch.unclaimed == 0) finishKernel(launch, nowNs);
}

template <typename Wanted>
bool Execution::anyOther(const Launch& launch, Wanted wanted) const {
  for (const int slot : active_) {
    const Launch& other = launches_[slot];
    if (&other != &launch && other.tpcs.overlaps(launch.tpcs) && wanted(other)) return true;
  }
  return false;
}

TpcSet Execution::inFlightTpcs(const Launch& launch) const {
  TpcSet tpcs;
  if (launch.waves == 0) return tpcs;
  for (const Wave& wave : waves_) {
    if (wave.launch == slotOf(launch)) tpcs = tpcs | wave.tpcs;
  }
  return tpcs;
}

// ---- instants ----

int64_t Execution::nextNs() const {
  int64_t next = std::numeric_limits<int64_t>::max();
  for (const Wave& wave : waves_) next = std::min(next, wave.isWorking ? wave.endNs : wave.workFromNs);
  for (const int slot : active_) {
    if (launches_[slot].phase == Phase::gap) next = std::min(next, launches_[slot].gapEndNs);
  }
  return next;
}

void Execution::advance(int64_t nowNs) {
  for (Wave& wave : waves_) {
    if (wave.isWorking || wave.workFromNs > nowNs) continue;
    wave.isWorking = wavesChanged_ = true;
  }
  for (size_t i = 0; i < waves_.size();) {
    if (waves_[i].endNs <= nowNs) {
      endWave(i, nowNs);
    } else {
      i++;
    }
  }
  for (const int slot : active_) {
    Launch& launch = launches_[slot];
    if (launch.phase == Phase::gap && launch.gapEndNs <= nowNs) beginKernel(launch, 0, nowNs);
  }
}

void Execution::settle(int64_t nowNs) {
  placeBlocks(nowNs);
  price(nowNs);
  for (size_t i = 0; i < active_.size();) {
    Launch& launch = launches_[active_[i]];
    const bool gone = launch.tpcs.empty() && launch.waves == 0 && launch.rejoining.empty();
    if (gone && launch.extensionsPending == 0) {
      retire(launch, launch.unclaimed);
      continue;
    }
    if (!launch.yielded.empty()) {
      listener_.onYielded(launch.id, launch.yielded);
      launch.yielded = {};
    }
    i++;
  }
}

// ---- waves ----

void Execution::progress(Wave& wave, int64_t nowNs) {
  const double before = wave.done;
  if (wave.endNs <= nowNs) {
    wave.done = 1;
  } else if (nowNs > wave.workFromNs) {
    const int64_t sinceNs = std::max(wave.settledNs, wave.workFromNs);
    wave.done = std::min(1.0, before + static_cast<double>(nowNs - sinceNs) / wave.workNs);
  }
  wave.settledNs = nowNs;
  const double bytes = wave.plan.round.bytes * static_cast<double>(wave.plan.rounds) * wave.flow.vramShare;
  launches_[wave.launch].vramBytes += bytes * (wave.done - before);
}

void Execution::scheduleEnd(Wave& wave, int64_t nowNs) {
  wave.endNs = std::max(nowNs, wave.workFromNs) + std::llround(wave.workNs * (1 - wave.done));
}

// Cuts the waves on any of these TPCs that have rounds to come.
void Execution::cutWaves(TpcSet tpcs, int64_t nowNs) {
  for (Wave& wave : waves_) {
    if (wave.plan.rounds > 1 && wave.tpcs.overlaps(tpcs)) cut(wave, nowNs);
  }
}

void Execution::cut(Wave& wave, int64_t nowNs) {
  const bool priced = wave.workNs != Wave::kUnpriced;
  if (priced) progress(wave, nowNs);
  const auto rounds = static_cast<double>(wave.plan.rounds);
  const int64_t kept = std::min(wave.plan.rounds, static_cast<int64_t>(wave.done * rounds) + 1);
  launches_[wave.launch].unclaimed += (wave.plan.rounds - kept) * wave.plan.round.blocks;
  wave.plan.rounds = kept;
  wave.flowKnown = false;
  wavesChanged_ = true;
  if (!priced) return;
  const double left = static_cast<double>(kept) / rounds;
  wave.workNs *= left;
  wave.done = std::min(1.0, wave.done / left);
  scheduleEnd(wave, nowNs);
}

void Execution::accountTraffic(int64_t nowNs) {
  for (Wave& wave : waves_) progress(wave, nowNs);
  for (const int slot : active_) flushTraffic(launches_[slot]);
}

void Execution::flushTraffic(Launch& launch) {
  traffic_.add(launch.tenant, launch.channels, launch.vramBytes);
  launch.vramBytes = 0;
}

// A kernel with few blocks works on an SM as soon as it has one there, one with many once it has as many as it ever has.
double Execution::workingShare(const Launch& launch, const Wave& wave) const {
  const LoadedKernel& kernel = launch.present();
  const double residents = kernel.residents;
  const double usual = std::clamp(static_cast<double>(kernel.grid) / cost_.gpu().sms, 1.0, residents);
  return std::min(1.0, wave.smUse * residents / usual);
}

// A launch's waves mostly follow one another on the same TPCs: their time is summed up until the TPCs change.
void Execution::countTime(Wave& wave, int64_t nowNs) {
  const int64_t fromNs = std::max(wave.countedNs, wave.workFromNs);
  if (nowNs <= fromNs) return;
  wave.countedNs = nowNs;
  Launch& launch = launches_[wave.launch];
  if (!(launch.filledTpcs == wave.tpcs)) {
    flushTime(launch);
    launch.filledTpcs = wave.tpcs;
  }
  launch.filledNs += static_cast<double>(nowNs - fromNs) * workingShare(launch, wave);
}

void Execution::flushTime(Launch& launch) {
  tpcTimes_.add(launch.tenant, launch.filledTpcs, launch.filledNs);
  launch.filledNs = 0;
}

void Execution::accountTpcTimes(int64_t nowNs) {
  for (Wave& wave : waves_) countTime(wave, nowNs);
  for (const int slot : active_) flushTime(launches_[slot]);
}

// ---- room ----

void Execution::offerRoom(TpcSet tpcs) {
  for (const int slot : active_) {
    Launch& launch = launches_[slot];
    if (launch.tpcs.overlaps(tpcs)) launch.seeksRoom = roomChanged_ = true;
  }
}

void Execution::placeBlocks(int64_t nowNs) {
  if (!roomChanged_) return;
  roomChanged_ = false;
  waiting_.clear();
  for (const int slot : active_) {
    Launch& launch = launches_[slot];
    const bool wants = launch.seeksRoom && launch.phase == Phase::running && launch.unclaimed > 0;
    launch.seeksRoom = false;
    if (wants && !launch.tpcs.empty()) waiting_.push_back(slot);
  }
  std::sort(waiting_.begin(), waiting_.end(), [&](int a, int b) {
    const Launch &x = launches_[a], &y = launches_[b];
    return x.priority != y.priority ? x.priority > y.priority : x.sequence < y.sequence;
  });
  for (const int slot : waiting_) place(launches_[slot], nowNs);
}

void Execution::place(Launch& launch, int64_t nowNs) {
  const LoadedKernel& kernel = launch.present();
  const int smsPerTpc = cost_.gpu().smsPerTpc;
  const bool alone =
      launch.waves == 0 && !anyOther(launch, [](const Launch& other) { return other.phase != Phase::queued; });
  if (alone) {
    const int64_t slots = static_cast<int64_t>(kernel.residents) * launch.tpcs.size() * smsPerTpc;
    const int64_t rounds = std::max<int64_t>(1, launch.unclaimed / slots);
    addWave(launch, launch.tpcs, std::min(slots, launch.unclaimed), rounds, nowNs);
  } else if (launch.waves < kMostWaves) {
    room_.measure(launch, waves_, kernel.residents, smsPerTpc);
    const int count = room_.spread(launch.unclaimed);
    for (int i = 0; i < count; i++) addWave(launch, room_.placement(i).tpcs, room_.placement(i).blocks, 1, nowNs);
    if (count == 0) return;
  }
  launch.started = true;
}

void Execution::addWave(Launch& launch, TpcSet tpcs, int64_t blocks, int64_t rounds, int64_t nowNs) {
  if (waves_.size() == kMaxFlows) {
    launch.seeksRoom = roomChanged_ = true;  // once a wave has ended
    return;
  }
  const LoadedKernel& kernel = launch.present();
  const int sms = tpcs.size() * cost_.gpu().smsPerTpc;
  const double startNs = launch.started ? 0 : cost_.startNs(kernel, sms, launch.isElastic());
  const int64_t workFromNs = nowNs + std::llround(startNs) + (launch.started ? 0 : std::llround(launch.gapNs));
  waves_.push_back({.launch = slotOf(launch),
                    .tpcs = tpcs,
                    .smUse = static_cast<double>(blocks) / (static_cast<double>(kernel.residents) * sms),
                    .plan = {.round = cost_.round(kernel, blocks, sms),
                             .rounds = rounds,
                             .startNs = startNs},
                    .sharing = {},
                    .flow = {},
                    .flowKnown = false,
                    .workFromNs = workFromNs,
                    .isWorking = workFromNs <= nowNs,
                    .workNs = Wave::kUnpriced,
                    .done = 0,
                    .settledNs = nowNs,
                    .countedNs = nowNs,
                    .endNs = std::numeric_limits<int64_t>::max()});
  launch.waves++;
  launch.unclaimed -= blocks * rounds;
  wavesChanged_ = true;
}

void Execution::price(int64_t nowNs) {
  if (!wavesChanged_) return;
  wavesChanged_ = false;
  for (Wave& wave : waves_) {
    if (wave.workNs != Wave::kUnpriced) progress(wave, nowNs);
  }
  speed_.compute(waves_, launches_, active_);
  for (size_t i = 0; i < waves_.size(); i++) {
    Wave& wave = waves_[i];
    if (speed_.workNs(i) == wave.workNs) continue;
    wave.workNs = speed_.workNs(i);
    scheduleEnd(wave, nowNs);
  }
}

}  // namespace missile::sim
