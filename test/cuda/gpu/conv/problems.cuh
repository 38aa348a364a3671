// Random problems for kernels of products: arguments, and the bytes of their operands.
#pragma once

#include "dnn/element.h"
#include "launch.cuh"

namespace conv {

using Random = std::mt19937_64;

inline uint32_t upTo(Random& random, uint32_t most) { return static_cast<uint32_t>(random() % most) + 1; }
inline bool once(Random& random, unsigned in) { return random() % in == 0; }

inline float load(const std::byte* at, uint32_t type) {
  return withElement(type, [&]<typename T>(T) {
    T element;
    std::memcpy(&element, at, sizeof element);
    return asFloat(element);
  });
}

// Bytes on the host, and on the GPU as one of the variants sees them.
struct Operand {
  uint32_t viewAt;  // in the arguments
  uint32_t type;
  size_t elements;
  std::vector<std::byte> bytes;
  bool isCounters = false;  // zero before, nobody counted after, and linear
};

template <typename Arguments>
struct Problem {
  std::string kernel, reference;
  Arguments arguments;
  std::vector<Operand> operands;  // the output last
  uint32_t grid, threads, sharedBytes;
  bool exact;
  std::string about;
};

// Shapes, strides, offsets, epilogues and contents are random.
Problem<ConvArguments> tiledConv(uint32_t type, const ConvTile& tile, double mostProducts, Random& random);
Problem<ConvArguments> depthwiseConv(uint32_t type, Random& random);
Problem<ConvArguments> directConv(uint32_t type, Random& random);
Problem<MatmulArguments> product(uint32_t type, Random& random);

}  // namespace conv
