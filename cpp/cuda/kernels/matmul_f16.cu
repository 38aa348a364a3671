#include "matmul.cuh"

using namespace missile::cuda;

MISSILE_MATMUL(f16, Half)
