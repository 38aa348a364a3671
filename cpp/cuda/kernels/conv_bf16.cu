#include "conv.cuh"

using namespace missile::cuda;

MISSILE_CONVS(bf16, Brain)
