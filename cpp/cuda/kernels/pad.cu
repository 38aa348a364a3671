// Padding on all sides of any axis: see ../../dnn/select.h. A thread has quads of the output where they are quads of the input as well, or padding
// as a whole; else single elements.
#include "../../dnn/select.h"
#include "tensor.cuh"

using namespace missile::cuda;
using namespace missile::dnn;

namespace {

constexpr unsigned kAtOnce = 4;

// What padding consists of, as the kernel stores it: where integers are copied as floats, an integer's bits.
__device__ float valueOf(const PadArguments& arguments) {
  const uint32_t type = arguments.outputAt.type;
  return copiedType(type, arguments.inputAt.type) == type ? arguments.value : __int_as_float(__float2int_rz(arguments.value));
}

template <bool kColoured>
class PadBlock {
 public:
  __device__ PadBlock(const KernelLaunch& launch, const PadArguments& arguments, uint32_t block)
      : arguments_(arguments),
        input_(arguments.input, copiedType(arguments.inputAt.type, arguments.outputAt.type), launch, block),
        output_(arguments.output, copiedType(arguments.outputAt.type, arguments.inputAt.type), launch, block),
        box_(arguments.extents),
        value_(valueOf(arguments)),
        inQuads_(areQuads()),
        first_(block * arguments.blockOutputs) {}

  __device__ void run() {
    const uint32_t each = inQuads_ ? kQuad : 1, apart = each * blockDim.x;
    const uint32_t end = min(first_ + arguments_.blockOutputs, box_.size());
    for (uint32_t output = first_ + each * threadIdx.x; output < end; output += kAtOnce * apart) {
      uint4 bits[kAtOnce];
      bool isThere[kAtOnce];
#pragma unroll
      for (unsigned i = 0; i < kAtOnce; i++) {
        if (output + i * apart >= end) break;
        Coordinates at = box_.at(output + i * apart);
        isThere[i] = findInInput(at);
        if (!isThere[i]) continue;
        unsigned char* const from = input_.at(elementAt(arguments_.inputAt, at));
        bits[i] = inQuads_ ? input_.quadBits(from) : uint4{input_.bits(from)};
      }
#pragma unroll
      for (unsigned i = 0; i < kAtOnce; i++) {
        if (output + i * apart >= end) break;
        const uint32_t to = elementAt(arguments_.outputAt, box_.at(output + i * apart));
        if (inQuads_) {
          output_.storeQuad(to, isThere[i] ? input_.numbers(bits[i]) : float4{value_, value_, value_, value_});
        } else {
          output_.store(to, isThere[i] ? input_.number(bits[i].x) : value_);
        }
      }
    }
  }

 private:
  __device__ bool areQuads() const {
    constexpr unsigned kLast = kMostAxes - 1;
    const bool isMoved = arguments_.before[kLast] % static_cast<int32_t>(kQuad) != 0;
    const bool isWhole = arguments_.before[kLast] == 0 && arguments_.extents[kLast] == arguments_.inputExtents[kLast];
    if (static_cast<Padding>(arguments_.padding) != Padding::constant && !isWhole) return false;
    return !isMoved && (arguments_.extents[kLast] | arguments_.inputExtents[kLast]) % kQuad == 0 && hasAlignedQuads(arguments_.inputAt) &&
           hasAlignedQuads(arguments_.outputAt);
  }

  // From a place in the output to that in the input; false: it is padding of constants.
  __device__ bool findInInput(Coordinates& at) const {
    const auto padding = static_cast<Padding>(arguments_.padding);
#pragma unroll
    for (unsigned axis = 0; axis < kMostAxes; axis++) {
      const auto last = static_cast<int32_t>(arguments_.inputExtents[axis]) - 1;
      int32_t place = static_cast<int32_t>(at.of[axis]) - arguments_.before[axis];
      if (place < 0 || place > last) {
        if (padding == Padding::constant) return false;
        if (padding == Padding::reflect) place = place < 0 ? -place : 2 * last - place;
        place = min(max(place, 0), last);
      }
      at.of[axis] = static_cast<uint32_t>(place);
    }
    return true;
  }

  const PadArguments& arguments_;
  const Elements<kColoured> input_, output_;
  const Box<kMostAxes> box_;
  const float value_;
  const bool inQuads_;
  const uint32_t first_;
};

}  // namespace

MISSILE_KERNEL(pad, PadArguments, PadBlock)
