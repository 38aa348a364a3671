// Layer and group normalisation: see ../../dnn/rows.h. A row belongs to a warp, or to the thread block where it is long or rows are few. What a thread has of it stays in
// registers, as far as it fits, and is read again where it does not: sums, deviations and results are three passes.
#include "epilogue.cuh"
#include "rows.cuh"

using namespace missile::cuda;
using namespace missile::dnn;

namespace {

constexpr unsigned kMostWarps = kMostThreads / kWarp;
// Quads of a row that a thread keeps: all of those of a row that is not long.
constexpr unsigned kKept = kLongRow / kQuad / kWarp;
// Quads of which all that meets them is loaded before one is written: a store would hold up the loads of the next.
constexpr unsigned kAtOnce = kKept / 2;

template <bool kColoured>
class NormBlock {
 public:
  __device__ NormBlock(const KernelLaunch& launch, const NormArguments& arguments, uint32_t block)
      : arguments_(arguments),
        input_(arguments.input, arguments.inputAt.type, launch, block),
        other_(arguments.other, arguments.otherAt.type, launch, block),
        output_(arguments.output, arguments.outputAt.type, launch, block),
        gain_(arguments.gain, static_cast<uint32_t>(ElementType::f32), launch, block),
        shift_(arguments.shift, static_cast<uint32_t>(ElementType::f32), launch, block),
        rows_(arguments.extents),
        byLast_(arguments.extents[5]),
        count_(arguments.extents[4] * arguments.extents[5]),
        isByBlock_(arguments.isRowByBlock || count_ > kLongRow),
        inQuads_((arguments.extents[5] | arguments.channelsPerRow) % kQuad == 0 && hasAlignedQuads(arguments.inputAt) &&
                 hasAlignedQuads(arguments.outputAt) && (!joins() || hasAlignedQuads(arguments.otherAt))),
        block_(block) {}

  __device__ void run() {
    const uint32_t rows = isByBlock_ ? 1 : kNormRows;
    const uint32_t end = min((block_ + 1) * rows, rows_.size());
    for (uint32_t number = block_ * rows + (isByBlock_ ? 0 : threadIdx.x / kWarp); number < end; number += blockDim.x / kWarp) {
      const Coordinates at = rows_.at(number);
      runRow({elementAt(arguments_.inputAt, at), elementAt(arguments_.otherAt, at), elementAt(arguments_.outputAt, at),
              at.of[3] * arguments_.channelsPerRow});
    }
  }

 private:
  // Where a row's elements are: its first, and the first of its channels.
  struct Row {
    uint32_t from, other, to, channel;
  };

  __device__ bool joins() const { return static_cast<Join>(arguments_.join) != Join::none; }
  // Threads that have a row together, and which of them this one is.
  __device__ uint32_t threads() const { return isByBlock_ ? blockDim.x : kWarp; }
  __device__ uint32_t thread() const { return isByBlock_ ? threadIdx.x : threadIdx.x % kWarp; }

  __device__ uint32_t placeOf(const Strided& at, uint32_t number) const {
    if (arguments_.extents[4] == 1) return number * at.strides[5];
    const uint32_t row = byLast_.divide(number);
    return row * at.strides[4] + number * at.strides[5];
  }

  // Elements number ... number + 3 of a row, as far as it goes.
  __device__ uint4 loadBits(const Elements<kColoured>& elements, const Strided& at, uint32_t from, uint32_t number) const {
    if (inQuads_) return elements.quadBits(elements.at(from + placeOf(at, number)));
    return scatteredBits(elements, from, at.strides[4], at.strides[5], byLast_, number, count_ - 1);
  }
  __device__ uint4 channelBits(const Elements<kColoured>& elements, const Row& row, uint32_t number) const {
    if (!inQuads_) return scatteredBits(elements, row.channel, 0, 1, byLast_, number, count_ - 1);
    if (arguments_.extents[4] > 1) byLast_.divide(number);
    return elements.quadBits(elements.at(row.channel + number));
  }
  // Not inlined: it is rare, and there are many places to load from.
  __device__ static __noinline__ uint4 scatteredBits(const Elements<kColoured> elements, uint32_t from, uint32_t rowStride, uint32_t stride,
                                                     const Divider byLast, uint32_t number, uint32_t last) {
    uint32_t places[kQuad];
#pragma unroll
    for (unsigned i = 0; i < kQuad; i++) {
      uint32_t column = min(number + i, last);
      const uint32_t row = byLast.divide(column);
      places[i] = from + row * rowStride + column * stride;
    }
    return elements.quadBits(places);
  }

  __device__ uint32_t numberOf(unsigned i) const { return kQuad * (i * threads() + thread()); }

  // Of what a term makes of the elements of a row: the sum over its threads, the same in each of them.
  template <typename Term>
  __device__ float total(const float4 (&kept)[kKept], const Row& row, Term term) const {
    float sum = 0;
    const auto add = [&](uint32_t number, float4 x) {
      const uint32_t left = inQuads_ ? kQuad : count_ - number;
      sum += term(x.x) + (left > 1 ? term(x.y) : 0) + (left > 2 ? term(x.z) : 0) + (left > 3 ? term(x.w) : 0);
    };
#pragma unroll
    for (unsigned i = 0; i < kKept; i++) {
      if (numberOf(i) < count_) add(numberOf(i), kept[i]);
    }
    for (unsigned i = kKept; numberOf(i) < count_; i++) {
      add(numberOf(i), input_.numbers(loadBits(input_, arguments_.inputAt, row.from, numberOf(i))));
    }
    sum = warpSum(sum);
    if (!isByBlock_) return sum;
    __shared__ float ofWarps[kMostWarps];
    __syncthreads();
    if (threadIdx.x % kWarp == 0) ofWarps[threadIdx.x / kWarp] = sum;
    __syncthreads();
    float all = 0;
    for (unsigned warp = 0; warp < blockDim.x / kWarp; warp++) all += ofWarps[warp];
    return all;
  }

  __device__ void runRow(const Row& row) const {
    uint4 bits[kKept];
#pragma unroll
    for (unsigned i = 0; i < kKept; i++) {
      if (numberOf(i) < count_) bits[i] = loadBits(input_, arguments_.inputAt, row.from, numberOf(i));
    }
    float4 kept[kKept];
#pragma unroll
    for (unsigned i = 0; i < kKept; i++) kept[i] = input_.numbers(bits[i]);
    const float mean = total(kept, row, [](float x) { return x; }) / static_cast<float>(count_);
    const float squares = total(kept, row, [mean](float x) { return (x - mean) * (x - mean); });
    const float scale = rsqrtf(squares / static_cast<float>(count_) + arguments_.epsilon);
#pragma unroll 1
    for (unsigned first = 0; numberOf(first) < count_; first += kAtOnce) {
      float values[kAtOnce * kQuad];
#pragma unroll
      for (unsigned i = 0; i < kAtOnce; i++) {
        float4 x = first == 0 ? kept[i] : kept[kAtOnce + i];
        if (first >= kKept && numberOf(first + i) < count_) {
          x = input_.numbers(loadBits(input_, arguments_.inputAt, row.from, numberOf(first + i)));
        }
        values[i * kQuad] = (x.x - mean) * scale;
        values[i * kQuad + 1] = (x.y - mean) * scale;
        values[i * kQuad + 2] = (x.z - mean) * scale;
        values[i * kQuad + 3] = (x.w - mean) * scale;
      }
      finish(row, first, values);
    }
  }

  // Quads first ... first + kAtOnce - 1 of the thread, as far as the row goes.
  __device__ void finish(const Row& row, unsigned first, float (&values)[kAtOnce * kQuad]) const {
    uint4 gain[kAtOnce], shift[kAtOnce], other[kAtOnce];
#pragma unroll
    for (unsigned i = 0; i < kAtOnce; i++) {
      const uint32_t number = min(numberOf(first + i), (count_ - 1) / kQuad * kQuad);
      gain[i] = channelBits(gain_, row, number);
      shift[i] = channelBits(shift_, row, number);
      other[i] = joins() ? loadBits(other_, arguments_.otherAt, row.other, number) : uint4{};
    }
    float others[kAtOnce * kQuad];
#pragma unroll
    for (unsigned i = 0; i < kAtOnce; i++) {
      const float4 g = gain_.numbers(gain[i]), s = shift_.numbers(shift[i]), o = other_.numbers(other[i]);
      const float gains[] = {g.x, g.y, g.z, g.w}, shifts[] = {s.x, s.y, s.z, s.w}, joining[] = {o.x, o.y, o.z, o.w};
#pragma unroll
      for (unsigned k = 0; k < kQuad; k++) {
        values[i * kQuad + k] = fmaf(values[i * kQuad + k], gains[k], shifts[k]);
        others[i * kQuad + k] = joining[k];
      }
    }
    joinAll(values, others, static_cast<Activation>(arguments_.activation), static_cast<Join>(arguments_.join));
#pragma unroll
    for (unsigned i = 0; i < kAtOnce; i++) {
      const uint32_t number = numberOf(first + i);
      if (number >= count_) break;
      const float* const x = values + i * kQuad;
      if (inQuads_) {
        output_.storeQuad(row.to + placeOf(arguments_.outputAt, number), {x[0], x[1], x[2], x[3]});
      } else {
#pragma unroll
        for (unsigned k = 0; k < kQuad; k++) {
          if (number + k < count_) output_.store(row.to + placeOf(arguments_.outputAt, number + k), x[k]);
        }
      }
    }
  }

  const NormArguments& arguments_;
  const Elements<kColoured> input_, other_, output_, gain_, shift_;
  const Box<kMostAxes - 2> rows_;
  const Divider byLast_;
  const uint32_t count_;
  const bool isByBlock_, inQuads_;
  const uint32_t block_;
};

}  // namespace

// What a thread keeps takes half of its registers.
MISSILE_KERNEL_BOUNDS(norm, NormArguments, NormBlock, kMostThreads, 2)
