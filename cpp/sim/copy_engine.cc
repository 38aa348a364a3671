#include "copy_engine.h"

#include <cmath>

namespace missile::sim {

void CopyEngine::submit(int64_t nowNs, int64_t copy, int tenant, double sizeBytes) {
  const bool idle = queue_.empty();
  const int64_t beginNs = idle ? nowNs + std::llround(idleStartNs_) : queue_.back().endNs;
  queue_.push({copy, tenant, sizeBytes, beginNs + std::llround(chunkNs_ + sizeBytes / gBs_)});
}

}  // namespace missile::sim
