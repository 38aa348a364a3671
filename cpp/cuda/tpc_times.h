// For each tenant and TPC: cumulative ns, where a tenant that fills a TPC with its thread blocks for a second adds 1e9.
//
// One thread adds, any thread reads without waiting: every figure stands for itself, so a reader that meets a fetch half added sees
// some of them a sixtieth of a second older.
#pragma once

#include <array>
#include <atomic>

#include "device.h"
#include "elastic.h"

namespace missile::cuda {

static_assert(kMostTpcs == TpcSet::kCapacity);

class TpcTimes {
 public:
  void add(int tenant, int tpc, double ns) {
    std::atomic<double>& at = ns_[tenant][tpc];
    at.store(at.load(std::memory_order_relaxed) + ns, std::memory_order_relaxed);
  }
  // Writes kMaxTenants x kMostTpcs.
  void copyTo(double* out) const {
    for (const auto& row : ns_) {
      for (const std::atomic<double>& at : row) *out++ = at.load(std::memory_order_relaxed);
    }
  }

 private:
  std::array<std::array<std::atomic<double>, kMostTpcs>, kMaxTenants> ns_{};
};

}  // namespace missile::cuda
