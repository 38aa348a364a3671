#!/bin/bash
# What is to be seen on a GPU again when kernels, plans or the executor have changed, in parts: bench/gpu/measure.sh OUT PART..., in the repository's root,
# after the build. Leaves the output of each part in OUT/PART.txt, with date, device, commands and the seconds that they took.
#
#   kernels    are kernels right, in all variants, evicted and begun anew; what evictions, elastic kernels, colours and copies cost
#   sanitizer  elastic kernels under compute-sanitizer
#   products   convolutions of two networks by tile and splits
#   tiles      tunes the twelve networks: OUT/nvidia-h200.json and the like are for presets/tuning
#   networks   the twelve alone, ours beside PyTorch's, with the tiles that were tuned before
#   profiles   profiles of the twelve, for bench/data/profiles
#   judge      networks, and ONNX files that PyTorch writes, beside onnxruntime on fresh inputs
#   bits       results to the bit, whatever happens to a request
#   together   mixes of networks under every policy
#   executor   decisions, preemption, copies, channels, mixes, tails, faults, and a replay
#   probe      VRAM channels found
#   screens    pictures of the console
#
# Programs of test/cuda/gpu are taken from build/kernel-checks, and built where they are not there.
set -u
out=${1:?"a folder for the output"}
shift
mkdir -p "$out"
out=$(cd "$out" && pwd)
checks=build/kernel-checks
networks="mobilenetv3-large squeezenet1.1 shufflenetv2-x1.0 efficientnet-b0 resnet34 mobilebert mobilevit-s efficientformer-l1 resnet152 densenet161 vgg19 bert-base"
console="node dist/src/cli/main.js"
bench="node --expose-gc dist/bench/gpu/main.js"

# Says what is run, runs it, and says how long that took.
run() {
  echo "\$ $*"
  local from=$SECONDS
  "$@" 2>&1
  local status=$?
  echo "(exit $status, $((SECONDS - from)) s)"
  echo
}

kernels() {
  run $checks/elastic
  run $checks/copies
  run $checks/lanes
  run $checks/conv check 6
  run $checks/memory_bound check
}

sanitizer() {
  run compute-sanitizer --error-exitcode 1 $checks/elastic small
  run compute-sanitizer --tool racecheck --error-exitcode 1 $checks/elastic small
}

products() {
  run $checks/conv bench "resnet34 b1"
  run $checks/conv bench "vgg19 b16"
}

tiles() {
  for precision in tf32 fp16; do
    for batch in 1 16; do run $console models tune $networks --batch $batch --precision $precision; done
  done
  cp "${XDG_CACHE_HOME:-$HOME/.cache}"/missile-console/tuning/*.json "$out"
}

networks() {
  run $bench networks
  run python3 bench/gpu/pytorch.py --seconds 0.2 --precisions tf32
}

profiles() {
  mkdir -p "$out/profiles"
  for network in $networks; do
    $console profile "$network" --backend cuda --again --out "$out/profiles/$network-b1.json" > /dev/null || echo "$network: not profiled"
  done
  run $bench profiles
}

judge() {
  run python3 bench/gpu/foreign.py "$out/foreign"
  run python3 bench/gpu/judge.py --jobs 4 --precisions tf32 fp16 -- $networks "$out"/foreign/*.onnx
  rm -r "$out/foreign"
}
bits() { run $bench bits; }
together() { run $bench proof trace; }
executor() { run $bench decisions preemption copies channels replay mixes tails faults; }

probe() {
  for mib in 512 1280; do run $console channels probe --mib $mib; done
}

screens() {
  run python3 bench/gpu/screens.py "$out/screens" h200-dnn --backend cuda h200-dnn= h200-kernels=9e
}

for part; do
  declare -F "$part" > /dev/null || { echo "measure.sh: no part $part" >&2; exit 2; }
done
[ -d $checks ] || test/cuda/gpu/build.sh $checks || exit 1
for part; do
  {
    echo "$part, $(date -u +%FT%RZ), $(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2> /dev/null || echo 'device unknown')"
    echo
    $part
  } > >(tee "$out/$part.txt")
done
