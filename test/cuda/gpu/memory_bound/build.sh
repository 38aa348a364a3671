#!/bin/sh
# Builds the program of this folder: build.sh OUT, in the repository's root.
set -e
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
flags="-std=c++20 -O3 -arch=${ARCHITECTURE:-sm_90} -I cpp -I cpp/cuda -I test/cuda/gpu"
for kernel in map pool reduce softmax norm gather pad resize attention_f32 attention_f16 attention_bf16 sweep; do
  echo "cpp/cuda/kernels/$kernel.cu"
done > "$objects/sources"
ls test/cuda/gpu/rig.cu test/cuda/gpu/memory_bound/*.cu cpp/dnn/*.cc >> "$objects/sources"
xargs -P "$(nproc)" -I{} sh -c 'nvcc '"$flags"' -c -o '"$objects"'/$(echo {} | tr / _).o {}' < "$objects/sources"
nvcc -o "$1" "$objects"/*.o -L"${LIBCUDA:-/usr/local/nvidia/lib64}" -l:libcuda.so.1
