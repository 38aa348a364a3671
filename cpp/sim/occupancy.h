// How many thread blocks of a kernel one SM holds at once.
#pragma once

#include "device.h"

namespace missile::sim {

// The least of what threads, registers, shared memory and block slots allow; 0 when not even one block fits.
int residentBlocks(const GpuSpec& gpu, const Kernel& kernel);

}  // namespace missile::sim
