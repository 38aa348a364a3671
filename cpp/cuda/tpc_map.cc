#include "tpc_map.h"

#include <bit>
#include <stdexcept>
#include <string>

#include "partition.h"

namespace missile::cuda {

namespace {

// Thread blocks of the whereabouts kernel: every SM holds as many at once, so each gets some.
constexpr unsigned kScoutsPerSm = 16;
constexpr unsigned kScoutThreads = 32;

}  // namespace

TpcMap::TpcMap(Context& context, unsigned smsPerTpc)
    : tpcs_(context.sms() / smsPerTpc), smsPerTpc_(smsPerTpc), tpcOfSm_(kMostSms) {
  if (tpcs_ > kMostTpcs || context.sms() > kMostSms) {
    throw std::runtime_error("the GPU has " + std::to_string(tpcs_) + " TPCs; " + std::to_string(kMostTpcs) + " can be used");
  }
  for (unsigned sm = 0; sm < context.sms(); sm++) tpcOfSm_[sm] = static_cast<uint8_t>(sm / smsPerTpc);
  if (!context.driver().hasGreenContexts()) return;
  cut(context);
  locate(context);
}

void TpcMap::cut(const Context& context) {
  const Driver& driver = context.driver();
  CUdevResource whole = {};
  driver.cuDeviceGetDevResource(context.device(), &whole, CU_DEV_RESOURCE_TYPE_SM);
  unsigned count = tpcs_;
  groups_.resize(count);
  CUdevResource rest = {};
  driver.cuDevSmResourceSplitByCount(groups_.data(), &count, &whole, &rest,
                                     CU_DEV_SM_RESOURCE_SPLIT_IGNORE_SM_COSCHEDULING, smsPerTpc_);
  if (count != tpcs_) {
    throw std::runtime_error("the driver cuts the GPU into " + std::to_string(count) + " groups of SMs, not " +
                             std::to_string(tpcs_));
  }
}

void TpcMap::locate(Context& context) {
  const Driver& driver = context.driver();
  const CUfunction whereabouts = context.kernel("whereabouts");
  const DeviceMemory marks(context, kMostSms * sizeof(uint32_t));
  const int bits = static_cast<int>(std::bit_width(tpcs_ - 1));
  for (int bit = 0; bit < bits; bit++) {
    TpcSet members;
    all().forEach([&](int tpc) {
      if ((tpc >> bit & 1) != 0) members.add(tpc);
    });
    Partition partition(context, *this, members);
    PartitionStream& stream = partition.take(false);
    CUdeviceptr seen = marks.address();
    uint32_t mark = 1u << bit;
    void* parameters[] = {&seen, &mark};
    driver.cuLaunchKernel(whereabouts, kScoutsPerSm * partition.sms(), 1u, 1u, kScoutThreads, 1u, 1u, 0u, stream.stream,
                          parameters, static_cast<void**>(nullptr));
    driver.cuStreamSynchronize(stream.stream);
    partition.giveBack(stream);
  }
  std::vector<uint32_t> seen(kMostSms);
  driver.cuMemcpyDtoH(static_cast<void*>(seen.data()), marks.address(), seen.size() * sizeof(uint32_t));
  number(context.sms(), seen);
}

// `seen`: for each SM the index of its group, if all has gone well.
void TpcMap::number(unsigned sms, const std::vector<uint32_t>& seen) {
  std::vector<unsigned> members(tpcs_);
  for (unsigned sm = 0; sm < sms; sm++) {
    if (seen[sm] >= tpcs_ || ++members[seen[sm]] > smsPerTpc_) {
      throw std::runtime_error("the TPC of SM " + std::to_string(sm) + " cannot be told: is the GPU in use by others?");
    }
    tpcOfSm_[sm] = static_cast<uint8_t>(seen[sm]);
  }
}

}  // namespace missile::cuda
