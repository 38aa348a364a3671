#include "conv.cuh"

using namespace missile::cuda;

MISSILE_CONVS(f16, Half)
