// Entries of a table by their numbers: see ../../dnn/select.h. A thread has quads where both the table and the output lie in them, else single
// elements.
#include "../../dnn/select.h"
#include "tensor.cuh"

using namespace missile::cuda;
using namespace missile::dnn;

namespace {

constexpr unsigned kAtOnce = 4;

template <bool kColoured>
class GatherBlock {
 public:
  __device__ GatherBlock(const KernelLaunch& launch, const GatherArguments& arguments, uint32_t block)
      : arguments_(arguments),
        table_(arguments.table, copiedType(arguments.tableAt.type, arguments.outputAt.type), launch, block),
        indices_(arguments.indices, static_cast<uint32_t>(ElementType::i32), launch, block),
        output_(arguments.output, copiedType(arguments.outputAt.type, arguments.tableAt.type), launch, block),
        box_(arguments.extents),
        inQuads_((arguments.extents[kMostAxes - 1] | arguments.entryStride) % kQuad == 0 && hasAlignedQuads(arguments.tableAt) &&
                 hasAlignedQuads(arguments.outputAt)),
        first_(block * arguments.blockOutputs) {}

  __device__ void run() {
    const uint32_t each = inQuads_ ? kQuad : 1, apart = each * blockDim.x;
    const uint32_t end = min(first_ + arguments_.blockOutputs, box_.size());
    for (uint32_t output = first_ + each * threadIdx.x; output < end; output += kAtOnce * apart) {
      uint32_t index[kAtOnce];
#pragma unroll
      for (unsigned i = 0; i < kAtOnce; i++) {
        if (output + i * apart < end) index[i] = indices_.bits(indices_.at(elementAt(arguments_.indicesAt, box_.at(output + i * apart))));
      }
      uint4 bits[kAtOnce];
#pragma unroll
      for (unsigned i = 0; i < kAtOnce; i++) {
        if (output + i * apart >= end) break;
        unsigned char* const from = table_.at(placeInTable(box_.at(output + i * apart), static_cast<int32_t>(index[i])));
        bits[i] = inQuads_ ? table_.quadBits(from) : uint4{table_.bits(from)};
      }
#pragma unroll
      for (unsigned i = 0; i < kAtOnce; i++) {
        if (output + i * apart >= end) break;
        const uint32_t to = elementAt(arguments_.outputAt, box_.at(output + i * apart));
        if (inQuads_) {
          output_.storeQuad(to, table_.numbers(bits[i]));
        } else {
          output_.store(to, table_.number(bits[i].x));
        }
      }
    }
  }

 private:
  __device__ uint32_t placeInTable(const Coordinates& at, int32_t index) const {
    const auto entries = static_cast<int32_t>(arguments_.entries);
    const int32_t entry = min(max(index < 0 ? index + entries : index, 0), entries - 1);
    return elementAt(arguments_.tableAt, at) + static_cast<uint32_t>(entry) * arguments_.entryStride;
  }

  const GatherArguments& arguments_;
  const Elements<kColoured> table_, indices_, output_;
  const Box<kMostAxes> box_;
  const bool inQuads_;
  const uint32_t first_;
};

}  // namespace

MISSILE_KERNEL(gather, GatherArguments, GatherBlock)
