// Reductions over two axes: see ../../dnn/rows.h. Where the last kept axis lies densest, lanes go across it: each has results of its own, as many
// as lie side by side in a quad. Else lanes go along the reduced axes, a warp a result.
#include "rows.cuh"

using namespace missile::cuda;
using namespace missile::dnn;

namespace {

constexpr unsigned kMostWarps = kMostThreads / kWarp;
// Loads of a thread that are under way together.
constexpr unsigned kAtOnce = 4;

// What is known of a result while it is reduced: most is of logSumExp alone.
using Partial = ExpSum;

// Reductions by what is done with each element; those that are common know at compile time.
class AnyFold {
 public:
  __device__ explicit AnyFold(uint32_t reduction) : reduction_(static_cast<Reduction>(reduction)) {}

  __device__ Partial none() const {
    switch (reduction_) {
      case Reduction::max: return {0, -INFINITY};
      case Reduction::min: return {0, INFINITY};
      case Reduction::product: return {0, 1};
      case Reduction::logSumExp: return ExpSum::none();
      default: return {0, 0};
    }
  }

  __device__ Partial of(float x) const {
    switch (reduction_) {
      case Reduction::sumOfSquares:
      case Reduction::l2: return {0, x * x};
      case Reduction::l1: return {0, fabsf(x)};
      case Reduction::logSumExp: return ExpSum::of(x);
      default: return {0, x};
    }
  }

  __device__ Partial meet(Partial a, Partial b) const {
    switch (reduction_) {
      case Reduction::max: return {0, fmaxf(a.sum, b.sum)};
      case Reduction::min: return {0, fminf(a.sum, b.sum)};
      case Reduction::product: return {0, a.sum * b.sum};
      case Reduction::logSumExp: return a.with(b);
      default: return {0, a.sum + b.sum};
    }
  }

  __device__ float result(Partial all, uint32_t) const {
    switch (reduction_) {
      case Reduction::l2: return sqrtf(all.sum);
      case Reduction::logSumExp: return all.most + logf(all.sum);
      default: return all.sum;
    }
  }

 private:
  Reduction reduction_;
};

class Sum {
 public:
  __device__ explicit Sum(uint32_t reduction) : isMean_(static_cast<Reduction>(reduction) == Reduction::mean) {}

  __device__ static bool is(uint32_t reduction) {
    return static_cast<Reduction>(reduction) == Reduction::sum || static_cast<Reduction>(reduction) == Reduction::mean;
  }

  __device__ Partial none() const { return {0, 0}; }
  __device__ Partial of(float x) const { return {0, x}; }
  __device__ Partial meet(Partial a, Partial b) const { return {0, a.sum + b.sum}; }
  __device__ float result(Partial all, uint32_t count) const { return isMean_ ? all.sum / static_cast<float>(count) : all.sum; }

 private:
  bool isMean_;
};

template <bool kColoured>
class ReduceBlock {
 public:
  __device__ ReduceBlock(const KernelLaunch& launch, const ReduceArguments& arguments, uint32_t block)
      : arguments_(arguments),
        input_(arguments.input, arguments.inputAt.type, launch, block),
        output_(arguments.output, arguments.outputAt.type, launch, block),
        kept_(arguments.extents),
        byLast_(arguments.extents[5]),
        first_(block * kReduceOutputs) {}

  __device__ void run() {
    if (Sum::is(arguments_.reduction)) {
      runWith(Sum(arguments_.reduction));
    } else {
      runWith(AnyFold(arguments_.reduction));
    }
  }

 private:
  template <typename Fold>
  __device__ void runWith(Fold how) {
    const uint32_t warp = threadIdx.x / kWarp, lane = threadIdx.x % kWarp;
    const uint32_t results = min(kReduceOutputs, kept_.size() - first_);
    if (!liesAcross()) {
      for (uint32_t i = warp; i < results; i += blockDim.x / kWarp) along(how, i);
      return;
    }
    if (hasQuads(kKeptAxis)) {
      across<kQuad>(how, lane % kLanesOfQuads * kQuad, warp * (kWarp / kLanesOfQuads) + lane / kLanesOfQuads, results);
    } else {
      across<1>(how, lane, warp, results);
    }
  }

  static constexpr unsigned kKeptAxis = 3;
  static constexpr unsigned kLanesOfQuads = kReduceOutputs / kQuad;

  __device__ bool liesAcross() const {
    const auto& strides = arguments_.inputAt.strides;
    const auto isFarther = [&](unsigned axis) { return arguments_.extents[axis] == 1 || strides[axis] > strides[kKeptAxis]; };
    return arguments_.extents[kKeptAxis] > 1 && isFarther(4) && isFarther(5);
  }

  // Whether all that is read lies in aligned quads along an axis.
  __device__ bool hasQuads(unsigned denseAxis) const {
    const Strided& at = arguments_.inputAt;
    uint32_t all = at.offset | arguments_.extents[denseAxis];
#pragma unroll
    for (unsigned axis = 0; axis < kMostAxes; axis++) all |= axis == denseAxis ? 0 : at.strides[axis];
    return all % kQuad == 0 && at.strides[denseAxis] == 1;
  }

  // Of reduced elements first, first + step, ... of those that a result at `from` has, each of them kWidth elements side by side.
  template <unsigned kWidth, typename Fold>
  __device__ void fold(Fold how, uint32_t from, uint32_t first, uint32_t step, Partial (&partials)[kWidth]) const {
    const auto& strides = arguments_.inputAt.strides;
    const uint32_t count = arguments_.extents[4] * arguments_.extents[5];
#pragma unroll
    for (Partial& partial : partials) partial = how.none();
    for (uint32_t number = first; number < count; number += kAtOnce * step) {
      uint4 bits[kAtOnce];
#pragma unroll
      for (unsigned i = 0; i < kAtOnce; i++) {
        if (number + i * step >= count) break;
        uint32_t last = number + i * step;
        const uint32_t row = arguments_.extents[4] == 1 ? 0 : byLast_.divide(last);
        unsigned char* const address = input_.at(from + row * strides[4] + last * strides[5]);
        bits[i] = kWidth == kQuad ? input_.quadBits(address) : uint4{input_.bits(address)};
      }
#pragma unroll
      for (unsigned i = 0; i < kAtOnce; i++) {
        if (number + i * step >= count) break;
        const float4 next = kWidth == kQuad ? input_.numbers(bits[i]) : float4{input_.number(bits[i].x)};
        const float values[kQuad] = {next.x, next.y, next.z, next.w};
#pragma unroll
        for (unsigned k = 0; k < kWidth; k++) partials[k] = how.meet(partials[k], how.of(values[k]));
      }
    }
  }

  __device__ Partial fromLane(Partial partial, unsigned apart) const {
    return {__shfl_xor_sync(kEveryLane, partial.most, apart), __shfl_xor_sync(kEveryLane, partial.sum, apart)};
  }

  // A lane's results are `result` and those beside it; `part` says which of their elements it takes.
  template <unsigned kWidth, typename Fold>
  __device__ void across(Fold how, uint32_t result, uint32_t part, uint32_t results) {
    __shared__ Partial ofWarps[kMostWarps][kReduceOutputs];
    Partial partials[kWidth];
    const uint32_t from = elementAt(arguments_.inputAt, kept_.at(first_ + min(result, results - kWidth)));
    fold<kWidth>(how, from, part, blockDim.x / (kReduceOutputs / kWidth), partials);
#pragma unroll
    for (unsigned k = 0; k < kWidth; k++) {
#pragma unroll
      for (unsigned apart = kReduceOutputs / kWidth; apart < kWarp; apart *= 2) {
        partials[k] = how.meet(partials[k], fromLane(partials[k], apart));
      }
      ofWarps[threadIdx.x / kWarp][result + k] = partials[k];
    }
    __syncthreads();
    if (threadIdx.x < results) {
      Partial all = ofWarps[0][threadIdx.x];
      for (unsigned warp = 1; warp < blockDim.x / kWarp; warp++) all = how.meet(all, ofWarps[warp][threadIdx.x]);
      write(how, threadIdx.x, all);
    }
  }

  template <typename Fold>
  __device__ void along(Fold how, uint32_t result) {
    Partial partial[1];
    fold<1>(how, elementAt(arguments_.inputAt, kept_.at(first_ + result)), threadIdx.x % kWarp, kWarp, partial);
    Partial all = partial[0];
#pragma unroll
    for (unsigned apart = 1; apart < kWarp; apart *= 2) all = how.meet(all, fromLane(all, apart));
    if (threadIdx.x % kWarp == 0) write(how, result, all);
  }

  template <typename Fold>
  __device__ void write(Fold how, uint32_t result, Partial all) const {
    const float value = how.result(all, arguments_.extents[4] * arguments_.extents[5]);
    output_.store(elementAt(arguments_.outputAt, kept_.at(first_ + result)), value);
  }

  const ReduceArguments& arguments_;
  const Elements<kColoured> input_, output_;
  const Box<kKeptAxis + 1> kept_;
  const Divider byLast_;
  const uint32_t first_;
};

}  // namespace

MISSILE_KERNEL(reduce, ReduceArguments, ReduceBlock)
