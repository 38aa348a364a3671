// Arguments given by name, laid out as their kernel's struct.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "kernel_table.h"
#include "program.h"

namespace missile::dnn {

// The struct's bytes, its views empty; arguments that are left out are 0. Throws runtime_error that names kernel and argument where one is unknown, a
// view, longer than its field, or not a number that the field holds.
std::vector<std::byte> layOut(const KernelEntry& kernel, std::span<const ProgramArgument> arguments);

// Where a view lies in the struct. Throws runtime_error that names kernel and view where there is none of that name.
uint32_t viewOffset(const KernelEntry& kernel, std::string_view name);

// Throws runtime_error that names the kernel where its thread blocks are not as it is written for.
void demandLaunch(const KernelEntry& kernel, uint32_t threads, uint32_t sharedBytes);

// Throws runtime_error that names kernel and view where one that the laid out arguments need is not among `views`.
void demandViews(const KernelEntry& kernel, std::span<const std::byte> arguments, std::span<const ProgramView> views);

}  // namespace missile::dnn
