/** Builds the fake CUDA driver, and native test programs that run on it: some seconds. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { addonObjects, cached, cpp, gpp, hashOf, sourcesUnder } from "../native-build.ts";

const here = import.meta.dirname;
const include = join(here, "include");
const kernel = (name: string): string => join(cpp, "cuda", "kernels", name);
/** What twins have of cpp/cuda/kernels as it is. */
const ELASTIC = kernel("elastic.cuh");
const CONTROL = [kernel("sweep.cu"), kernel("whereabouts.cu")];
/** ... and in the place of PTX. */
const ORDERED = join(here, "..", "emulated", "kernels", "ordered.cuh");

export interface FakeDriver {
  /** False: a driver from before CUDA 12.4. */
  readonly greenContexts: boolean;
}

/** One object of many files: the standard library's headers, which take most of the time, are read once. */
function compileAtOnce(sources: readonly string[], object: string, ...flags: readonly string[]): void {
  const all = `${object}.cc`;
  writeFileSync(all, sources.map((source) => `#include ${JSON.stringify(source)}\n`).join(""));
  gpp("-fPIC", ...flags, "-c", all, "-o", object);
}

/** Thread blocks here may wait for a CPU, so those who wait for them have more patience than on a GPU. */
function patient(elastic: string): string {
  const changed = elastic.replace(/(kPatienceNs =) [\d']+;/, "$1 20'000'000;");
  if (changed === elastic) throw new Error(`${ELASTIC}: there is no kPatienceNs any more`);
  return changed;
}

function copyKernels(scratch: string): void {
  const folder = join(scratch, "cuda", "kernels");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, basename(ELASTIC)), patient(readFileSync(ELASTIC, "utf8")));
  for (const source of [...CONTROL, ORDERED]) copyFileSync(source, join(folder, basename(source)));
}

/** Both drivers: with green contexts in new/, without them in old/. */
function makeDrivers(scratch: string): void {
  const driver = join(here, "driver");
  const [green, nvml] = [join(driver, "api_green_contexts.cc"), join(driver, "nvml.cc")];
  const twins = sourcesUnder(join(driver, "twins"), /\.cc$/);
  const others = sourcesUnder(driver, /\.cc$/).filter((file) => ![...twins, green, nvml].includes(file));
  const object = (name: string): string => join(scratch, `${name}.o`);
  compileAtOnce(others, object("driver"));
  copyKernels(scratch);
  // Copies go before what they are copies of.
  const folders = [`-iquote${scratch}`, `-I${include}`, `-I${join(cpp, "cuda", "kernels")}`];
  compileAtOnce(twins, object("twins"), ...folders);
  compileAtOnce([green], object("green"));
  const link = (out: string, ...inputs: string[]): void =>
    gpp("-shared", "-fPIC", "-Wl,-z,defs", `-Wl,-soname,${basename(out)}`, ...inputs, "-o", out);
  for (const age of ["new", "old"]) {
    mkdirSync(join(scratch, age));
    link(join(scratch, age, "libnvidia-ml.so.1"), nvml);
    const parts = [object("driver"), object("twins"), ...(age === "new" ? [object("green")] : [])];
    const objects = [...parts, ...addonObjects("missile_dnn")];
    link(join(scratch, age, "libcuda.so.1"), ...objects);
  }
}

/** The folder that holds libcuda.so.1 and libnvidia-ml.so.1, to be put into LD_LIBRARY_PATH. */
export function buildFakeDriver({ greenContexts }: FakeDriver = { greenContexts: true }): string {
  const inputs = [
    ...sourcesUnder(join(here, "driver")),
    ...sourcesUnder(include),
    ELASTIC,
    ...CONTROL,
    ORDERED,
    ...sourcesUnder(cpp, /\.h$/),
    ...addonObjects("missile_dnn"),
    join(here, "build.ts"),
  ];
  const folder = cached("driver", hashOf(inputs), makeDrivers);
  return join(folder, greenContexts ? "new" : "old");
}

/** The native test program of one file, on the same cpp/cuda as the addon, with an image that stands for all kernels. */
export function buildNative(name: string, source: string): string {
  const sources = [source, join(here, "images.cc")];
  const objects = addonObjects("missile_cuda", "missile_dnn");
  const folder = cached(name, hashOf([...sources, ...objects, ...sourcesUnder(cpp, /\.h$/)]), (scratch) => {
    const parts = join(scratch, "parts.a");
    execFileSync("ar", ["rcs", parts, ...objects]);
    gpp(...sources, parts, "-o", join(scratch, name), "-ldl");
  });
  return join(folder, name);
}
