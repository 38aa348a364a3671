#include "matmul.cuh"

using namespace missile::cuda;

MISSILE_MATMUL(f32, Tf32)
