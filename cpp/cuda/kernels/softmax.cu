// Softmax and its logarithm over rows: see ../../dnn/rows.h. A warp has a row, and goes over it for its largest element, for the sum and
// for what is written; the second and the third time it comes from L1 or L2.
#include "rows.cuh"

using namespace missile::cuda;
using namespace missile::dnn;

namespace {

// Loads of a lane that are under way together.
constexpr unsigned kAtOnce = 8;

template <bool kColoured>
class SoftmaxBlock {
 public:
  __device__ SoftmaxBlock(const KernelLaunch& launch, const SoftmaxArguments& arguments, uint32_t block)
      : arguments_(arguments),
        input_(arguments.input, arguments.inputAt.type, launch, block),
        output_(arguments.output, arguments.outputAt.type, launch, block),
        rows_(arguments.extents),
        first_(block * kSoftmaxRows) {}

  __device__ void run() {
    const uint32_t end = min(first_ + kSoftmaxRows, rows_.size());
    for (uint32_t row = first_ + threadIdx.x / kWarp; row < end; row += blockDim.x / kWarp) runRow(rows_.at(row));
  }

 private:
  __device__ void runRow(const Coordinates& at) const {
    const uint32_t from = elementAt(arguments_.inputAt, at), to = elementAt(arguments_.outputAt, at);
    float most = -INFINITY, sum = 0;
    each(from, [&](uint32_t, float x) { most = fmaxf(most, x); });
    most = warpMax(most);
    each(from, [&](uint32_t, float x) { sum += __expf(x - most); });
    sum = warpSum(sum);
    const float logSum = logf(sum), share = 1.0f / sum;
    const uint32_t stride = arguments_.outputAt.strides[kMostAxes - 1];
    each(from, [&](uint32_t i, float x) {
      output_.store(to + i * stride, arguments_.isLog ? x - most - logSum : __expf(x - most) * share);
    });
  }

  // Calls it with the number and the value of each of the lane's elements.
  template <typename Visit>
  __device__ void each(uint32_t from, Visit visit) const {
    const uint32_t count = arguments_.extents[kMostAxes - 1], stride = arguments_.inputAt.strides[kMostAxes - 1];
    for (uint32_t first = threadIdx.x % kWarp; first < count; first += kAtOnce * kWarp) {
      uint32_t bits[kAtOnce];
#pragma unroll
      for (unsigned i = 0; i < kAtOnce; i++) {
        if (first + i * kWarp < count) bits[i] = input_.bits(input_.at(from + (first + i * kWarp) * stride));
      }
#pragma unroll
      for (unsigned i = 0; i < kAtOnce; i++) {
        if (first + i * kWarp < count) visit(first + i * kWarp, input_.number(bits[i]));
      }
    }
  }

  const SoftmaxArguments& arguments_;
  const Elements<kColoured> input_, output_;
  const Box<kMostAxes - 1> rows_;
  const uint32_t first_;
};

}  // namespace

MISSILE_KERNEL(softmax, SoftmaxArguments, SoftmaxBlock)
