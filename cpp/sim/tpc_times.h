// Time that each tenant's thread blocks have filled each TPC.
#pragma once

#include <cstddef>
#include <vector>

#include "device.h"

namespace missile::sim {

class TpcTimes {
 public:
  // `fullNs` on each of the TPCs: their time, times the share of them that was filled.
  void add(int tenant, TpcSet tpcs, double fullNs) {
    double* row = &ns_[static_cast<size_t>(tenant) * TpcSet::kCapacity];
    tpcs.forEach([&](int tpc) { row[tpc] += fullNs; });
  }
  // Row-major [kMaxTenants][TpcSet::kCapacity], cumulative.
  const std::vector<double>& ns() const { return ns_; }

 private:
  std::vector<double> ns_ = std::vector<double>(size_t{kMaxTenants} * TpcSet::kCapacity);
};

}  // namespace missile::sim
