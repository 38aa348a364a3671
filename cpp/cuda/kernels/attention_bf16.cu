#include "attention.cuh"

MISSILE_ATTENTION(bf16, missile::cuda::Brain, missile::dnn::ElementType::bf16)
