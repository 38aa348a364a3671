// Compiles cpp/cuda/kernels/*.cu into one C++ file that holds their bytes: `node build-kernels.mjs OUT.cc`, called by
// node-gyp; `--inputs` lists the files that it depends on. Without nvcc OUT.cc holds no kernels and says so. MISSILE_NVCC
// names another nvcc; "none" builds without.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

/** Architectures that get machine code; newer ones compile the PTX of the last. */
const ARCHITECTURES = [80, 86, 89, 90];

const NVCC_FLAGS = ["-fatbin", "-std=c++20", "-O3"];

const sources = join(import.meta.dirname, "..", "cpp");
const kernels = join(sources, "cuda", "kernels");

/** Files of a folder below cpp/ that end so. */
const filesIn = (folder, ending) =>
  readdirSync(join(sources, folder))
    .filter((name) => ending.test(name))
    .map((name) => join("cpp", folder, name));

if (process.argv[2] === "--inputs") {
  const headers = [".", "cuda", "cuda/kernels"].flatMap((folder) => filesIn(folder, /\.(h|cuh)$/));
  console.log(["scripts/build-kernels.mjs", ...filesIn("cuda/kernels", /\.cu$/), ...headers].join("\n"));
  process.exit(0);
}

const run = (nvcc, args) => spawnSync(nvcc, args, { encoding: "utf8" });

function findNvcc() {
  const { MISSILE_NVCC, CUDA_HOME } = process.env;
  if (MISSILE_NVCC === "none") return undefined;
  const candidates = MISSILE_NVCC
    ? [MISSILE_NVCC]
    : ["nvcc", ...(CUDA_HOME ? [join(CUDA_HOME, "bin", "nvcc")] : []), "/usr/local/cuda/bin/nvcc"];
  return candidates.find((nvcc) => run(nvcc, ["--version"]).status === 0);
}

/** The architectures of the list that this nvcc knows. */
function knownArchitectures(nvcc) {
  const listed = run(nvcc, ["--list-gpu-code"]).stdout ?? "";
  return ARCHITECTURES.filter((architecture) => listed.split(/\s+/).includes(`sm_${architecture}`));
}

function compile(nvcc, architectures, source, directory) {
  const out = join(directory, `${basename(source, ".cu")}.fatbin`);
  const targets = architectures.flatMap((a) => ["-gencode", `arch=compute_${a},code=sm_${a}`]);
  const last = architectures.at(-1);
  const ptx = ["-gencode", `arch=compute_${last},code=compute_${last}`];
  const { status, stdout, stderr } = run(nvcc, [
    ...NVCC_FLAGS,
    "-I",
    sources,
    ...targets,
    ...ptx,
    "-o",
    out,
    source,
  ]);
  if (status !== 0) {
    console.error(
      `${nvcc} failed on ${source}; MISSILE_NVCC=none builds without GPU kernels\n${stdout}${stderr}`,
    );
    process.exit(1);
  }
  return readFileSync(out);
}

function asCpp(images, build) {
  const arrays = [...images].map(
    ([name, bytes]) => `alignas(16) const unsigned char ${name}[] = {${[...bytes].join(",")}};\n`,
  );
  const rows = [...images].map(([name]) => `    {"${name}", bytes::${name}, sizeof bytes::${name}},\n`);
  return `// Made by scripts/build-kernels.mjs.
#include "cuda/kernel_image.h"

namespace missile::cuda {

namespace bytes {
${arrays.join("")}}  // namespace bytes

const KernelImage kKernelImages[] = {
${rows.join("")}    {nullptr, nullptr, 0},
};

const char* const kKernelBuild = ${JSON.stringify(build)};

}  // namespace missile::cuda
`;
}

const images = new Map();
const nvcc = findNvcc();
const architectures = nvcc === undefined ? [] : knownArchitectures(nvcc);
if (architectures.length > 0) {
  const directory = mkdtempSync(join(tmpdir(), "missile-kernels-"));
  for (const file of readdirSync(kernels).filter((name) => name.endsWith(".cu"))) {
    images.set(basename(file, ".cu"), compile(nvcc, architectures, join(kernels, file), directory));
  }
  rmSync(directory, { recursive: true });
}
const machineCode = architectures.map((architecture) => `sm_${architecture}`).join(", ");
const build =
  nvcc === undefined
    ? "nvcc was not found when the addon was built"
    : architectures.length === 0
      ? `${nvcc} knows none of sm_${ARCHITECTURES.join(", sm_")}`
      : `machine code for ${machineCode}; PTX of compute_${architectures.at(-1)} for newer`;
writeFileSync(process.argv[2], asCpp(images, build));
