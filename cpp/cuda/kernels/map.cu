// Chains of elementwise work: see ../../dnn/map.h. A thread has several elements under way: quads where the output lies in quads, else single ones,
// as far apart as the thread block is wide.
#include "map_op.cuh"
#include "tensor.cuh"

using namespace missile::cuda;
using namespace missile::dnn;

namespace {

// Chains of at most kOperands operands; a thread has kAtOnce elements of each.
template <bool kColoured, unsigned kOperands, unsigned kAtOnce>
class Chain {
 public:
  __device__ Chain(const KernelLaunch& launch, const MapArguments& arguments, uint32_t block, const Box<kMostAxes>& box, bool inQuads)
      : launch_(launch), arguments_(arguments), block_(block), box_(box), inQuads_(inQuads) {}

  __device__ void run() {
    const uint32_t first = block_ * arguments_.blockOutputs;
    const uint32_t end = min(first + arguments_.blockOutputs, box_.size());
    for (uint32_t at = first + (inQuads_ ? kQuad : 1) * threadIdx.x; at < end; at += kAtOnce * blockDim.x) {
      // Those that lie behind the end are loaded from its last place.
      Coordinates quads[kQuads];
#pragma unroll
      for (unsigned quad = 0; quad < kQuads; quad++) quads[quad] = box_.at(min(at + quad * kQuad * blockDim.x, end - (inQuads_ ? kQuad : 1)));
      Bits bits[kOperands];
      if (inQuads_) {
#pragma unroll
        for (unsigned i = 0; i < kOperands; i++) {
          if (i < arguments_.operandCount) bits[i] = loadQuads(i, quads);
        }
      } else {
        loadSingles(at, end, bits);
      }
      Values operands[kOperands];
#pragma unroll
      for (unsigned i = 0; i < kOperands; i++) {
        if (i < arguments_.operandCount) operands[i] = numbers(i, bits[i]);
      }
      const Values result = evaluate(operands);
      if (inQuads_) {
        storeQuads(at, end, quads, result);
      } else {
        storeSingles(at, end, result);
      }
    }
  }

 private:
  static constexpr unsigned kQuads = kAtOnce / kQuad;
  using Values = Floats<kAtOnce>;

  struct Bits {
    uint32_t of[kAtOnce];
  };

  __device__ Elements<kColoured> operand(unsigned i) const {
    return {arguments_.operands[i], typeAs(arguments_.operandAt[i].type, arguments_.outputAt.type), launch_, block_};
  }

  __device__ Elements<kColoured> output() const {
    return {arguments_.output, typeAs(arguments_.outputAt.type, arguments_.operandAt[0].type), launch_, block_};
  }

  __device__ uint32_t typeAs(uint32_t type, uint32_t other) const { return arguments_.stepCount == 0 ? copiedType(type, other) : type; }

  // Whether an operand's quads are loaded as such; then and only then its bits are packed.
  __device__ bool isPacked(unsigned i) const { return inQuads_ && hasAlignedQuads(arguments_.operandAt[i]); }

  __device__ Bits loadQuads(unsigned i, const Coordinates (&at)[kQuads]) const {
    const Strided& strided = arguments_.operandAt[i];
    const Elements<kColoured> elements = operand(i);
    const uint32_t stride = strided.strides[kMostAxes - 1];
    uint32_t element[kQuads];
#pragma unroll
    for (unsigned quad = 0; quad < kQuads; quad++) element[quad] = elementAt(strided, at[quad]);
    Bits bits;
    if (isPacked(i)) {
      unsigned char* address[kQuads];
#pragma unroll
      for (unsigned quad = 0; quad < kQuads; quad++) address[quad] = elements.at(element[quad]);
#pragma unroll
      for (unsigned quad = 0; quad < kQuads; quad++) {
        const uint4 four = elements.quadBits(address[quad]);
        bits.of[quad * kQuad] = four.x;
        bits.of[quad * kQuad + 1] = four.y;
        bits.of[quad * kQuad + 2] = four.z;
        bits.of[quad * kQuad + 3] = four.w;
      }
    } else if (stride == 0) {
#pragma unroll
      for (unsigned k = 0; k < kAtOnce; k++) bits.of[k] = k % kQuad == 0 ? elements.bits(elements.at(element[k / kQuad])) : bits.of[k - 1];
    } else {
#pragma unroll
      for (unsigned k = 0; k < kAtOnce; k++) bits.of[k] = elements.bits(elements.at(element[k / kQuad] + k % kQuad * stride));
    }
    return bits;
  }

  __device__ void loadSingles(uint32_t first, uint32_t end, Bits (&bits)[kOperands]) const {
#pragma unroll
    for (unsigned k = 0; k < kAtOnce; k++) {
      const Coordinates at = box_.at(min(first + k * blockDim.x, end - 1));
#pragma unroll
      for (unsigned i = 0; i < kOperands; i++) {
        if (i >= arguments_.operandCount) break;
        const Elements<kColoured> elements = operand(i);
        bits[i].of[k] = elements.bits(elements.at(elementAt(arguments_.operandAt[i], at)));
      }
    }
  }

  __device__ void storeQuads(uint32_t first, uint32_t end, const Coordinates (&at)[kQuads], const Values& result) const {
    const Elements<kColoured> to = output();
#pragma unroll
    for (unsigned quad = 0; quad < kQuads; quad++) {
      if (first + quad * kQuad * blockDim.x >= end) break;
      const float* const values = result.of + quad * kQuad;
      to.storeQuad(elementAt(arguments_.outputAt, at[quad]), {values[0], values[1], values[2], values[3]});
    }
  }

  __device__ void storeSingles(uint32_t first, uint32_t end, const Values& result) const {
    const Elements<kColoured> to = output();
#pragma unroll
    for (unsigned k = 0; k < kAtOnce; k++) {
      if (first + k * blockDim.x >= end) break;
      to.store(elementAt(arguments_.outputAt, box_.at(first + k * blockDim.x)), result.of[k]);
    }
  }

  __device__ Values numbers(unsigned i, const Bits& bits) const {
    const Elements<kColoured> elements = operand(i);
    Values values;
#pragma unroll
    for (unsigned k = 0; k < kAtOnce; k += kQuad) {
      const uint4 four{bits.of[k], bits.of[k + 1], bits.of[k + 2], bits.of[k + 3]};
      const float4 quad = isPacked(i) ? elements.numbers(four)
                                      : float4{elements.number(four.x), elements.number(four.y), elements.number(four.z), elements.number(four.w)};
      values.of[k] = quad.x;
      values.of[k + 1] = quad.y;
      values.of[k + 2] = quad.z;
      values.of[k + 3] = quad.w;
    }
    return values;
  }

  // The result of the last step stays in registers; of others a copy lies in local memory, in case that a later step asks for it.
  __device__ Values evaluate(const Values (&operands)[kOperands]) const {
    Values results[kMostSteps];
    Values last = operands[0];
    for (uint32_t step = 0; step < arguments_.stepCount; step++) {
      const MapStep& todo = arguments_.steps[step];
      const MapOp op = static_cast<MapOp>(todo.op);
      const auto value = [&](uint32_t number) -> Values {
        if (number >= kMostOperands) return number == kMostOperands + step - 1 ? last : results[number - kMostOperands];
        Values found = operands[0];
#pragma unroll
        for (unsigned i = 1; i < kOperands; i++) {
          if (number == i) found = operands[i];
        }
        return found;
      };
      const Values a = value(todo.a);
      if (op < MapOp::select) {
        last = map_op::ofTwo(op, a, value(todo.b));
      } else if (op <= MapOp::fma) {
        last = map_op::ofThree(op, a, value(todo.b), value(todo.c));
      } else {
        last = map_op::ofOne(op, todo.constant, a);
      }
      if (step + 1 < arguments_.stepCount) results[step] = last;
    }
    return last;
  }

  const KernelLaunch& launch_;
  const MapArguments& arguments_;
  const uint32_t block_;
  const Box<kMostAxes>& box_;
  const bool inQuads_;
};

template <bool kColoured>
class MapBlock {
 public:
  __device__ MapBlock(const KernelLaunch& launch, const MapArguments& arguments, uint32_t block)
      : launch_(launch),
        arguments_(arguments),
        block_(block),
        box_(arguments.extents),
        inQuads_(arguments.extents[kMostAxes - 1] % kQuad == 0 && hasAlignedQuads(arguments.outputAt)) {}

  // As much under way as 64 registers hold.
  __device__ void run() {
    if (arguments_.operandCount <= 2) {
      Chain<kColoured, 2, 2 * kQuad>(launch_, arguments_, block_, box_, inQuads_).run();
    } else {
      Chain<kColoured, kMostOperands, kQuad>(launch_, arguments_, block_, box_, inQuads_).run();
    }
  }

 private:
  const KernelLaunch& launch_;
  const MapArguments& arguments_;
  const uint32_t block_;
  const Box<kMostAxes> box_;
  const bool inQuads_;
};

}  // namespace

// With four thread blocks on an SM (64 registers) two quads of two operands spill.
MISSILE_KERNEL_BOUNDS(map, MapArguments, MapBlock, kMostThreads, 3)
