// A program on the CPU, by the references of its kernels.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "program.h"

namespace missile::dnn {

// What memory holds that nobody has written yet. Poison is for tests: NaN of every type, which no result may depend on.
enum class Unwritten : uint8_t { zeros, poison };

// The output storage's bytes after all kernels, each of which must stay within its storages. `weights` is the whole file of weights, `input` the
// input storage. Pieces arrive as late as they may, so that one that takes another's place is told from it: before kernel k, as many as make
// the sum of `weightBytes` up to k (a number a kernel), each counted in whole KiB. With poison, memory is made anew before each kernel that begins
// new contents there. Throws runtime_error that names the kernel where the program is wrong.
std::vector<std::byte> runProgram(const Program& program, std::span<const double> weightBytes, std::span<const std::byte> weights,
                                  std::span<const std::byte> input, Unwritten unwritten);

}  // namespace missile::dnn
