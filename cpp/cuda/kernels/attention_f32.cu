#include "attention.cuh"

MISSILE_ATTENTION(f32, missile::cuda::Tf32, missile::dnn::ElementType::f32)
