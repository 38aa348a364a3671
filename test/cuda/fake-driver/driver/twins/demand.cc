// Twin of demand.cu: writes what it writes. Of what it reads only the ends are looked at, and it computes nothing: a block takes
// FAKE_CUDA_BLOCK_US.
#include "cuda/demand.h"
#include "view.h"

namespace missile::fake {

namespace {

using cuda::DemandArguments;
using cuda::kUnitBytes;

// Units [first, first + count), wrapped around at the end of the view.
template <bool kColoured>
void look(const Cta& cta, const MemoryView& memory, uint64_t first, uint32_t count) {
  if (count == 0) return;
  const View<kColoured> view(cta, memory);
  const uint64_t units = memory.sizeBytes / kUnitBytes;
  for (uint64_t unit : {first, first + count - 1}) view.template at<uint32_t>(unit % units * kUnitBytes);
}

template <bool kColoured>
void demandBlock(const Cta& cta, const KernelLaunch&, const DemandArguments& arguments, uint32_t block) {
  look<kColoured>(cta, arguments.input, uint64_t{block} * arguments.inputUnits, arguments.inputUnits);
  look<kColoured>(cta, arguments.parameters, arguments.firstParameterUnit + uint64_t{block} * arguments.parameterUnits,
                  arguments.parameterUnits);
  const View<kColoured> output(cta, arguments.output);
  const uint64_t begin = uint64_t{block} * arguments.outputUnits;
  const uint64_t end = std::min(begin + arguments.outputUnits, arguments.allOutputUnits);
  for (uint64_t unit = begin; unit < end; unit++) {
    uint32_t* const words = output.template at<uint32_t>(unit * kUnitBytes % arguments.output.sizeBytes);
    const uint32_t first = cuda::demandWord(arguments.seed, unit);
    for (uint32_t word = 0; word < kUnitBytes / sizeof(uint32_t); word++) words[word] = first + word * cuda::kDemandStep;
  }
}

const KernelTwins<DemandArguments, &demandBlock<false>, &demandBlock<true>> demandEntries("demand");

}  // namespace

}  // namespace missile::fake
