// Time that each tenant has worked on each TPC.
#pragma once

#include <cstddef>
#include <vector>

#include "device.h"

namespace missile::sim {

class TpcTimes {
 public:
  // `ns` on each of the TPCs: their time, times the share of them that was at work.
  void add(int tenant, TpcSet tpcs, double ns) {
    double* row = &ns_[static_cast<size_t>(tenant) * TpcSet::kCapacity];
    tpcs.forEach([&](int tpc) { row[tpc] += ns; });
  }
  // Row-major [kMaxTenants][TpcSet::kCapacity], cumulative.
  const std::vector<double>& ns() const { return ns_; }

 private:
  std::vector<double> ns_ = std::vector<double>(size_t{kMaxTenants} * TpcSet::kCapacity);
};

}  // namespace missile::sim
