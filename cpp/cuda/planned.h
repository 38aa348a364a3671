// The program of a plan as the executor runs it.
#pragma once

#include "../dnn/program.h"
#include "executable.h"

namespace missile::cuda {

// Lays out the kernels' arguments. Throws std::runtime_error that says what is wrong with the program, and where.
Executable executableOf(const dnn::Program& program);

}  // namespace missile::cuda
