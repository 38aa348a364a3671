// The file in which a plan's parameters are.
#pragma once

#include <memory>

#include "context.h"
#include "executable.h"

namespace missile::cuda {

// The stream in which copies bring an executable's parameters, read from their file; null: it has none. For any thread on which the context is
// current: hundreds of MB take their time. Throws CallFailed, std::runtime_error: the file, and what is wrong.
std::unique_ptr<PinnedMemory> readParameters(const Context& context, const Executable& executable);

}  // namespace missile::cuda
