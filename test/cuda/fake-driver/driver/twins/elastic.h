// Kernels whose logical blocks are twins, and all else the kernels' own text: cpp/cuda/kernels/elastic.cuh, for thread blocks of one thread.
#pragma once

#include "cuda/kernels/elastic.cuh"

namespace missile::fake {

using cuda::KernelLaunch;

// Thrown by the work of a logical block that reaches outside its views.
struct Stray {};

// `work` of a logical block; one that strays is told to the host and skips what it would have done.
template <typename Work>
class TwinBlock {
 public:
  TwinBlock(const KernelLaunch& launch, const Work& work, uint32_t block) : launch_(launch), work_(work), block_(block) {}

  void run() {
    const Cta& cta = *Cta::current;
    try {
      if (cta.mishap == Mishap::stray) throw Stray{};
      work_(block_);
    } catch (const Stray&) {
      cuda::storeHost(&launch_.report->strayBlock, 1 + block_);
    }
    cta.workOneBlock();
  }

 private:
  const KernelLaunch& launch_;
  const Work& work_;
  const uint32_t block_;
};

template <typename Work>
void runBlocks(const Cta& cta, bool isElastic, const KernelLaunch& launch, const Work& work) {
  cta.mustHold(launch.state->progress() + launch.kernel, sizeof(cuda::KernelProgress));
  cta.mustHold(launch.report, sizeof *launch.report);
  if (isElastic) {
    cuda::runElastic<TwinBlock<Work>>(launch, work);
  } else {
    cuda::runPlain<TwinBlock<Work>>(launch, work);
  }
}

// Does a logical block of a kernel whose memory is linear or coloured.
template <typename Arguments>
using BlockWork = void (*)(const Cta&, const KernelLaunch&, const Arguments&, uint32_t block);

template <bool kElastic, typename Arguments, BlockWork<Arguments> work>
void variant(const Cta& cta, KernelLaunch launch, Arguments arguments) {
  runBlocks(cta, kElastic, launch, [&](uint32_t block) { work(cta, launch, arguments, block); });
}

// The four variants of executable.h, as MISSILE_KERNEL makes them for the GPU.
template <typename Arguments, BlockWork<Arguments> linear, BlockWork<Arguments> coloured>
struct KernelTwins {
  explicit KernelTwins(const std::string& name)
      : elasticLinear(name + "_elastic_linear", &variant<true, Arguments, linear>, Appetite::large),
        elasticColoured(name + "_elastic_coloured", &variant<true, Arguments, coloured>, Appetite::large),
        plainLinear(name + "_plain_linear", &variant<false, Arguments, linear>, Appetite::large),
        plainColoured(name + "_plain_coloured", &variant<false, Arguments, coloured>, Appetite::large) {}

  TwinEntry elasticLinear, elasticColoured, plainLinear, plainColoured;
};

}  // namespace missile::fake
