#!/bin/sh
# Builds the programs that check and measure kernels on a GPU: test/cuda/gpu/build.sh FOLDER [elastic | copies | conv | memory_bound | lanes]..., in the repository's root.
# Needs nvcc alone, and lanes the addon: libcuda.so.1 is found where they run. ARCHITECTURE=80 builds for another than Hopper.
set -e
folder=${1:?"a folder to build into"}
shift
[ $# -gt 0 ] || set -- elastic copies conv memory_bound lanes
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$folder"

sourcesOf() {
  case $1 in
    elastic)
      kernels="demand sweep tally whereabouts"
      ls test/cuda/gpu/*.cu cpp/cuda/demand.cc
      ;;
    copies)
      kernels="sweep whereabouts"
      ls test/cuda/gpu/rig.cu test/cuda/gpu/copies/main.cu
      ;;
    conv)
      kernels="conv_f32 conv_f16 conv_bf16 conv_direct depthwise matmul_f32 matmul_f16 matmul_bf16 sweep"
      ls test/cuda/gpu/rig.cu test/cuda/gpu/conv/*.cu cpp/dnn/*.cc
      ;;
    memory_bound)
      kernels="map pool reduce softmax norm gather pad resize attention_f32 attention_f16 attention_bf16 sweep"
      ls test/cuda/gpu/rig.cu test/cuda/gpu/memory_bound/*.cu cpp/dnn/*.cc
      ;;
    *)
      echo "build.sh: no program $1" >&2
      exit 2
      ;;
  esac
  for kernel in $kernels; do echo "cpp/cuda/kernels/$kernel.cu"; done
}

# The executor's own parts, which find the driver by themselves.
buildLanes() {
  "${CXX:-g++}" -std=c++20 -O2 -pthread -I cpp -I test/cuda/gpu -o "$folder/lanes" test/cuda/gpu/lanes/main.cc $(find build/Release/obj.target/missile_* -name '*.o') -ldl
}
for program; do
  shift
  if [ "$program" = lanes ]; then buildLanes; else set -- "$@" "$program"; fi
done
[ $# -gt 0 ] || exit 0

architecture=${ARCHITECTURE:-90a}
export NVCC_PREPEND_FLAGS="-std=c++20 -O3 -gencode=arch=compute_$architecture,code=sm_$architecture -I cpp -I cpp/cuda -I test/cuda/gpu $NVCC_PREPEND_FLAGS"
for program; do sourcesOf "$program" > "$scratch/$program"; done
cat "$scratch"/* | sort -u | xargs -P "$(nproc)" -I{} sh -c 'nvcc -c -o '"$scratch"'/$(echo {} | tr / _).o {}'
# Stands for the driver's library while programs are linked.
nm -u "$scratch"/*.o | sed -n 's/^ *U \(cu[A-Z].*\)/void \1(void) {}/p' | sort -u |
  gcc -shared -Wl,-soname,libcuda.so.1 -x c - -o "$scratch/libcuda.so"
for program; do
  nvcc -o "$folder/$program" $(sed "s|/|_|g; s|.*|$scratch/&.o|" "$scratch/$program") "$scratch/libcuda.so"
done
