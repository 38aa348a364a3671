#include "sm_meter.h"

#include <cstring>

namespace missile::cuda {

namespace {

// 60 fetches a second: as often as a screen shows them.
constexpr int64_t kFetchEveryNs = 1'000'000'000 / 60;
constexpr size_t kTableBytes = size_t{kMaxTenants} * kMostSms * sizeof(uint64_t);

}  // namespace

SmMeter::SmMeter(const Context& context, const TpcMap& map, TpcTimes& times)
    : driver_(context.driver()),
      times_(times),
      map_(map),
      sms_(context.sms()),
      busyNs_(context, kTableBytes),
      tpcsOnGpu_(context, kMostSms),
      fetched_(context, kTableBytes),
      before_(kMaxTenants * kMostSms) {
  blocksPerSm_.fill(1);
  driver_.cuMemcpyHtoD(tpcsOnGpu_.address(), static_cast<const void*>(map.tpcOfSm().data()), map.tpcOfSm().size());
  driver_.cuStreamCreateWithPriority(&stream_, CU_STREAM_NON_BLOCKING, 0);
  driver_.cuEventCreate(&arrived_, CU_EVENT_DISABLE_TIMING);
}

SmMeter::~SmMeter() {
  quietly([&] { driver_.cuStreamSynchronize(stream_); });
  quietly([&] { driver_.cuEventDestroy(arrived_); });
  quietly([&] { driver_.cuStreamDestroy(stream_); });
}

SmTable SmMeter::table() const {
  return {reinterpret_cast<unsigned long long*>(busyNs_.address()), reinterpret_cast<const uint8_t*>(tpcsOnGpu_.address())};
}

// Thread blocks tell their time when they leave, so work in flight is told late, and the last fetch follows the last of it.
void SmMeter::turn(int64_t nowNs, bool gpuIsBusy) {
  if (fetching_) {
    if (!driver_.isDone(arrived_)) return;
    fetching_ = false;
    add();
  }
  if (!expected_ || nowNs < nextFetchNs_) return;
  expected_ = gpuIsBusy;
  nextFetchNs_ = nowNs + kFetchEveryNs;
  driver_.cuMemcpyDtoHAsync(static_cast<void*>(fetched_.host()), busyNs_.address(), kTableBytes, stream_);
  driver_.cuEventRecord(arrived_, stream_);
  fetching_ = true;
}

void SmMeter::add() {
  const auto* now = reinterpret_cast<const uint64_t*>(fetched_.host());
  for (int tenant = 0; tenant < kMaxTenants; tenant++) {
    const double share = 1 / (blocksPerSm_[tenant] * map_.smsPerTpc());
    for (size_t sm = 0; sm < sms_; sm++) {
      const size_t at = static_cast<size_t>(tenant) * kMostSms + sm;
      if (now[at] == before_[at]) continue;
      times_.add(tenant, map_.tpcOfSm()[sm], static_cast<double>(now[at] - before_[at]) * share);
    }
  }
  std::memcpy(before_.data(), now, kTableBytes);
}

}  // namespace missile::cuda
