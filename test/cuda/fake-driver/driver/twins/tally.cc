// Twin of tally.cu.
#include "cuda/tally.h"

#include <algorithm>
#include <atomic>

#include "view.h"

namespace missile::fake {

namespace {

using cuda::TallyArguments;

// As at the clock that the device tells.
constexpr double kCyclesPerNs = 1.98;

template <bool kColoured>
void handOn(const Cta& cta, const TallyArguments& arguments, uint32_t block) {
  const View<kColoured> from(cta, arguments.from), to(cta, arguments.to);
  const uint64_t given = arguments.from.sizeBytes / sizeof(uint32_t), all = arguments.to.sizeBytes / sizeof(uint32_t);
  for (unsigned thread = 0; thread < cta.threads; thread++) {
    const uint64_t own = uint64_t{block} * cta.threads + thread;
    uint32_t least = ~0u;
    for (uint64_t word = own % given; word < given; word += all) {
      least = std::min(least, *from.template at<uint32_t>(word * sizeof(uint32_t)));
    }
    *to.template at<uint32_t>(own * sizeof(uint32_t)) = least + 1;
  }
}

template <bool kColoured>
void tallyBlock(const Cta& cta, const KernelLaunch&, const TallyArguments& arguments, uint32_t block) {
  cta.work(static_cast<uint64_t>(arguments.spinCycles / kCyclesPerNs));
  const View<kColoured> counts(cta, arguments.counts);
  for (unsigned thread = 0; thread < cta.threads; thread++) {
    std::atomic_ref(*counts.template at<uint32_t>((uint64_t{block} * cta.threads + thread) * sizeof(uint32_t)))++;
  }
  if (arguments.to.sizeBytes > 0) handOn<kColoured>(cta, arguments, block);
}

const KernelTwins<TallyArguments, &tallyBlock<false>, &tallyBlock<true>> tallyEntries("tally");

}  // namespace

}  // namespace missile::fake
