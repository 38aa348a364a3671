// Compiles cpp/cuda/kernels/*.cu into one C++ file that embeds their bytes: `node build-kernels.mjs OUT.cc`, called by
// node-gyp; `--inputs` lists the files that it depends on. Without nvcc OUT.cc holds no kernels and says so. MISSILE_NVCC
// names another nvcc; "none" builds without. MISSILE_ARCHITECTURES=80,90 makes machine code for those alone, "none" hardly optimized PTX: whether
// all of it compiles is known in a sixth of the time. What the same nvcc made of the same sources before is taken from CACHE, which outlives node_modules: kernels take
// minutes of two cores.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism, homedir } from "node:os";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";

/** Architectures that get machine code; newer ones compile the PTX of the last. */
const ARCHITECTURES = [80, 86, 89, 90];
/** Code with all that an architecture has, which runs on that one alone: Hopper's products of warpgroups need it. */
const FULL = new Map([[90, "90a"]]);
/** Of the kernels of networks, which are many and take long: code for 8.0 runs on 8.6 and 8.9 as well. */
const NETWORK_ARCHITECTURES = [80, 90];

const NVCC_FLAGS = ["-fatbin", "-std=c++20", "-O3"];
const HARDLY_OPTIMIZED = ["-Xcicc", "-O1"];

const root = join(import.meta.dirname, "..");
const sources = join(root, "cpp");
const kernels = join(sources, "cuda", "kernels");
const CACHE = join(cacheHome(), "missile-console", "compiled-kernels");
/** What nobody asked for in so many days is removed. */
const MOST_DAYS_IDLE = 30;

/** As the XDG base directory specification has it: a relative XDG_CACHE_HOME counts for nothing. */
function cacheHome() {
  const { XDG_CACHE_HOME = "" } = process.env;
  return isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(homedir(), ".cache");
}

/** Where images are kept: the cache, or beside `out` where nothing can be written there. */
function imageFolder(out) {
  try {
    mkdirSync(CACHE, { recursive: true });
    accessSync(CACHE, constants.W_OK);
    return CACHE;
  } catch {
    return dirname(resolve(out));
  }
}

/** Files of a folder below cpp/ that end so. */
const filesIn = (folder, ending) =>
  readdirSync(join(sources, folder))
    .filter((name) => ending.test(name))
    .map((name) => join("cpp", folder, name));

if (process.argv[2] === "--inputs") {
  const headers = [".", "dnn", "cuda", "cuda/kernels"].flatMap((folder) => filesIn(folder, /\.(h|cuh)$/));
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
  const listed = (run(nvcc, ["--list-gpu-code"]).stdout ?? "").split(/\s+/);
  return ARCHITECTURES.filter((architecture) => listed.includes(`sm_${architecture}`));
}

/** Whether an architecture is to get machine code. */
const isWanted = (architecture) =>
  process.env.MISSILE_ARCHITECTURES?.split(",").includes(String(architecture)) ?? true;

/** A file of ours and all that it includes, each once. */
function withIncludes(file, found = new Map()) {
  if (found.has(file)) return found;
  const text = readFileSync(file, "utf8");
  found.set(file, text);
  for (const [, name] of text.matchAll(/^#include "(.+)"$/gm)) {
    const included = [dirname(file), sources].map((folder) => join(folder, name)).find(existsSync);
    if (included !== undefined) withIncludes(included, found);
  }
  return found;
}

function planCompilation(nvcc, version, known, folder, source) {
  const files = withIncludes(source);
  const isOfNetworks = [...files.keys()].some((file) => dirname(file) === join(sources, "dnn"));
  const worthIt = isOfNetworks ? known.filter((a) => NETWORK_ARCHITECTURES.includes(a)) : known;
  const architectures = worthIt.filter(isWanted);
  const last = known.at(-1);
  const targets = [
    ...architectures.map((a) => FULL.get(a) ?? a).map((a) => `arch=compute_${a},code=sm_${a}`),
    `arch=compute_${last},code=compute_${last}`,
  ];
  const haste = architectures.length === 0 ? HARDLY_OPTIMIZED : [];
  const flags = [...NVCC_FLAGS, ...haste, ...targets.flatMap((target) => ["-gencode", target])];
  const hash = createHash("sha256").update(JSON.stringify([version, flags, [...files.values()]]));
  const name = basename(source, ".cu");
  const image = join(folder, `${name}-${hash.digest("hex").slice(0, 20)}.fatbin`);
  return { nvcc, name, source, image, args: [...flags, "-I", sources] };
}

/** Leaves the image in the cache, whole or not at all. */
function compile({ nvcc, source, image, args }) {
  const unfinished = `${image}.${process.pid}`;
  const compiler = spawn(nvcc, [...args, "-o", unfinished, source]);
  let output = "";
  for (const stream of [compiler.stdout, compiler.stderr]) stream.on("data", (text) => (output += text));
  return new Promise((finish) => {
    compiler.on("close", (status) => {
      if (status !== 0) {
        console.error(`${nvcc} failed on ${source}; MISSILE_NVCC=none builds without GPU kernels\n${output}`);
        process.exit(1);
      }
      renameSync(unfinished, image);
      finish();
    });
  });
}

async function compileAll(compilations) {
  const left = compilations.filter(({ image }) => !existsSync(image));
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await compile(next);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

/** Marks those as asked for, and removes what long was not. */
function tidyCache(images) {
  const nowMs = Date.now();
  for (const image of images) utimesSync(image, nowMs / 1e3, nowMs / 1e3);
  for (const file of readdirSync(CACHE).map((name) => join(CACHE, name))) {
    if (nowMs - statSync(file).mtimeMs > MOST_DAYS_IDLE * 24 * 3600e3) rmSync(file);
  }
}

/** The assembler reads the bytes: a C++ compiler takes minutes over megabytes of numbers. */
function embedded({ name, image }) {
  const symbol = `missile_kernels_${name}`;
  const lines = [
    ".pushsection .rodata",
    ".balign 16",
    `.hidden ${symbol}`,
    `.globl ${symbol}`,
    `${symbol}:`,
    `.incbin ${JSON.stringify(image)}`,
    ".popsection",
  ];
  const text = lines.map((line) => `    ${JSON.stringify(`${line}\n`)}`).join("\n");
  return `asm(\n${text});\nextern "C" __attribute__((visibility("hidden"))) const unsigned char ${symbol}[];\n`;
}

function asCpp(compilations, build) {
  const rows = compilations.map(
    ({ name, image }) => `    {"${name}", missile_kernels_${name}, ${statSync(image).size}},\n`,
  );
  return `// Made by scripts/build-kernels.mjs.
#include "cuda/kernel_image.h"

${compilations.map(embedded).join("\n")}
namespace missile::cuda {

const KernelImage kKernelImages[] = {
${rows.join("")}    {nullptr, nullptr, 0},
};

const char* const kKernelBuild = ${JSON.stringify(build)};

}  // namespace missile::cuda
`;
}

const nvcc = findNvcc();
const architectures = nvcc === undefined ? [] : knownArchitectures(nvcc);
const compilations = [];
if (architectures.length > 0) {
  const version = run(nvcc, ["--version"]).stdout;
  const folder = imageFolder(process.argv[2]);
  for (const file of readdirSync(kernels).filter((name) => name.endsWith(".cu"))) {
    compilations.push(planCompilation(nvcc, version, architectures, folder, join(kernels, file)));
  }
  await compileAll(compilations);
  if (folder === CACHE) tidyCache(compilations.map(({ image }) => image));
}
const machineCode = architectures.filter(isWanted).map((architecture) => `sm_${architecture}`);
const build =
  nvcc === undefined
    ? "nvcc was not found when the addon was built"
    : architectures.length === 0
      ? `${nvcc} knows none of sm_${ARCHITECTURES.join(", sm_")}`
      : machineCode.length === 0
        ? `no machine code, and hardly optimized PTX of compute_${architectures.at(-1)}`
        : `machine code for ${machineCode.join(", ")}; PTX of compute_${architectures.at(-1)} for newer`;
writeFileSync(process.argv[2], asCpp(compilations, build));
