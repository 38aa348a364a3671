#include "conv.cuh"

using namespace missile::cuda;

MISSILE_CONVS(f32, Tf32)
