// Which SMs make up which TPC, and the pieces of the GPU from which green contexts for any set of TPCs are made.
//
// A driver with green contexts cuts the GPU into groups of one TPC each. A group's index is not its SMs' id divided by their number
// (on an H200 SMs 16 and 17 are group 12), so it is found out: of 7 green contexts, number b has the groups whose index has bit b, and a
// kernel on each tells on which SMs it ran.
#pragma once

#include <cstdint>
#include <vector>

#include "context.h"
#include "elastic.h"
#include "index_set.h"

namespace missile::cuda {

class TpcMap {
 public:
  // Takes some 15 ms on a GPU that nobody else uses. Where the driver has no green contexts TPCs are counted by SM id.
  // Throws CallFailed; std::runtime_error for a GPU with more TPCs than kMostTpcs, or without the kernels.
  TpcMap(Context& context, unsigned smsPerTpc);

  unsigned size() const { return tpcs_; }
  unsigned smsPerTpc() const { return smsPerTpc_; }
  TpcSet all() const { return TpcSet::firstOf(static_cast<int>(tpcs_)); }
  // TPC of each SM id, kMostSms of them; the rest is 0.
  const std::vector<uint8_t>& tpcOfSm() const { return tpcOfSm_; }
  // Whether green contexts can be made of the groups.
  bool partitionable() const { return !groups_.empty(); }
  // Green contexts are made from these, one for each TPC.
  const std::vector<CUdevResource>& groups() const { return groups_; }

 private:
  void cut(const Context& context);
  void locate(Context& context);
  void number(unsigned sms, const std::vector<uint32_t>& seen);

  unsigned tpcs_, smsPerTpc_;
  std::vector<uint8_t> tpcOfSm_;
  std::vector<CUdevResource> groups_;
};

}  // namespace missile::cuda
