#include "matmul.cuh"

using namespace missile::cuda;

MISSILE_MATMUL(bf16, Brain)
