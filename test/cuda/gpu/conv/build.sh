#!/bin/sh
# Builds the program of this folder: build.sh OUT, in the repository's root.
set -e
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
flags="-std=c++20 -O3 -gencode=arch=compute_${ARCHITECTURE:-90a},code=sm_${ARCHITECTURE:-90a} -I cpp -I cpp/cuda -I test/cuda/gpu"
kernels="conv_f32 conv_f16 conv_bf16 conv_direct depthwise matmul_f32 matmul_f16 matmul_bf16 sweep"
for source in $(for k in $kernels; do ls cpp/cuda/kernels/$k.cu; done 2>/dev/null) test/cuda/gpu/rig.cu test/cuda/gpu/conv/*.cu cpp/dnn/*.cc; do
  echo "$source"
done | xargs -P "$(nproc)" -I{} sh -c 'nvcc '"$flags"' -c -o '"$objects"'/$(echo {} | tr / _).o {}'
nvcc -o "$1" "$objects"/*.o -L"${LIBCUDA:-/usr/local/nvidia/lib64}" -l:libcuda.so.1
