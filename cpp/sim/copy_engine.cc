#include "copy_engine.h"

#include <algorithm>
#include <cmath>

namespace missile::sim {

void CopyEngine::submit(int64_t atNs, int64_t copy, int tenant, double sizeBytes) {
  const int64_t beginNs = std::max<int64_t>(freeNs_, atNs + std::llround(idleStartNs_));
  freeNs_ = beginNs + std::llround(chunkNs_ + sizeBytes / gBs_);
  queue_.push({copy, tenant, sizeBytes, freeNs_});
}

}  // namespace missile::sim
