/**
 * Builds check.cc: the kernels of cpp/cuda and the checks of test/cuda/gpu, as they are but for what is no C++, for a GPU of threads. A minute of a
 * core.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { packageRoot } from "../../../src/presets/paths.ts";
import { addonObjects, cached, compiler, cpp, FLAGS, gpp, hashOf, sourcesUnder } from "../native-build.ts";

const here = import.meta.dirname;
const checks = join(packageRoot, "test", "cuda", "gpu");
/** PTX, which has other names for it on the CPU. */
const replaced = sourcesUnder(join(here, "kernels"), /\.cuh$/);
const isReplaced = (name: string): boolean => replaced.some((file) => basename(file) === name);

/** Kernels that nobody checks here: they measure. */
const MEASURING = ["contention.cu"];
const CHECKS = [
  "rig.cu",
  "exactly_once.cu",
  "demand_writes.cu",
  "conv/check.cu",
  "conv/functions.cu",
  "conv/problems.cu",
  "memory_bound/check.cu",
  "memory_bound/kernels.cu",
  "memory_bound/problem.cu",
];
/** Convolutions of these types use Hopper's warpgroups as far as they can, the others mma.sync. */
const WITH_WARPGROUPS = ["conv_f32.cu", "conv_bf16.cu"];

/** What is no C++: launches, and addresses of kernels, by which their parameters are forgotten. */
function translated(source: string): string {
  return source
    .replace(/(\S+)<<<([^;]*?)>>>\(/g, "emulated::launchOn({$2}, $1, ")
    .replace(/reinterpret_cast<const void\*>\((name##\w+)\)/g, "emulated::known($1)");
}

/** A copy of a tree; files that a program includes find each other in it, and all others where they are. */
function translate(from: string, to: string): string[] {
  return sourcesUnder(from, /\.(cc|cuh?|h)$/).map((source) => {
    const [name, target] = [basename(source), join(to, relative(from, source))];
    const defined = WITH_WARPGROUPS.includes(name) ? "#define MISSILE_EMULATED_WARPGROUPS\n" : "";
    mkdirSync(dirname(target), { recursive: true });
    if (isReplaced(name)) copyFileSync(join(here, "kernels", name), target);
    else writeFileSync(target, defined + translated(readFileSync(source, "utf8")));
    return target;
  });
}

/** As many at once as there are cores. What all begin with, and most of the time went to, is read once. */
function compile(sources: readonly string[], language: string, includes: readonly string[]): string[] {
  const objects = sources.map((source) => `${source}.o`);
  const flags = [...includes.map((folder) => `-I${folder}`), ...FLAGS, "-w", "-g0"];
  gpp(...flags, "-x", "c++-header", language, "-o", `${language}.gch`);
  const each = ["-0", "-n", "3", "-P", `${availableParallelism()}`, compiler];
  const input = sources.flatMap((source, index) => [source, "-o", objects[index]]).join("\0");
  execFileSync("xargs", [...each, ...flags, "-include", language, "-x", "c++", "-c"], {
    input,
    stdio: ["pipe", "ignore", "inherit"],
  });
  return objects;
}

function make(scratch: string): void {
  const kernels = join(scratch, "cuda", "kernels");
  const [programs, own] = [join(scratch, "gpu"), join(scratch, "emulated")];
  const kernelSources = translate(join(cpp, "cuda", "kernels"), kernels).filter((name) =>
    name.endsWith(".cu"),
  );
  translate(checks, programs);
  translate(here, own);
  const sources = [
    ...kernelSources.filter((source) => !MEASURING.includes(basename(source))),
    ...CHECKS.map((name) => join(programs, name)),
    ...["check.cc", "gpu.cc", "thread_block.cc"].map((name) => join(own, name)),
  ];
  const includes = [scratch, join(cpp, "cuda"), join(cpp, "cuda", "kernels"), join(own, "include"), programs];
  const objects = compile(sources, join(own, "include", "cuda_runtime.h"), includes);
  const parts = join(scratch, "parts.a");
  execFileSync("ar", ["rcs", parts, ...addonObjects("missile_dnn", "missile_cuda")]);
  gpp(...objects, parts, "-o", join(scratch, "check"), "-ldl");
}

/** The path of the program. */
export function buildEmulated(): string {
  const inputs = [
    ...sourcesUnder(here, /\.(cc|h|cuh|ts)$/),
    ...sourcesUnder(checks, /\.cuh?$/),
    ...sourcesUnder(cpp, /\.(h|cuh?)$/),
    ...addonObjects("missile_dnn", "missile_cuda"),
  ];
  return join(cached("emulated", hashOf(inputs), make), "check");
}
