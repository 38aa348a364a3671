#include "attention.cuh"

MISSILE_ATTENTION(f16, missile::cuda::Half, missile::dnn::ElementType::f16)
