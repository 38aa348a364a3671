/**
 * Builds the fake CUDA driver, and native test programs that run on it, where the sources have changed since the last time:
 * some seconds with g++, into node_modules/.cache/fake-cuda.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { packageRoot } from "../../../src/presets/paths.ts";

const here = import.meta.dirname;
const cpp = join(packageRoot, "cpp");
const cache = join(packageRoot, "node_modules", ".cache", "fake-cuda");
const compiler = process.env.CXX ?? "g++";
const FLAGS = [
  "-std=c++20",
  "-O1",
  "-g1",
  "-Wall",
  "-Wextra",
  "-pthread",
  `-I${cpp}`,
  `-I${join(here, "..")}`,
];

const sourcesUnder = (folder: string, extensions = /\.(cc|h)$/): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => extensions.test(name))
    .map((name) => join(folder, name))
    .sort();

/** All that a program includes or consists of may have changed. */
function hashOf(files: readonly string[]): string {
  const hash = createHash("sha256").update(JSON.stringify([compiler, FLAGS]));
  for (const file of files) hash.update(file).update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}

/** The folder `<name>-<hash>` of the cache, filled by `make` unless it is there. Processes may build side by side. */
function cached(name: string, hash: string, make: (folder: string) => void): string {
  const folder = join(cache, `${name}-${hash}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const scratch = mkdtempSync(join(cache, "making-"));
  try {
    make(scratch);
  } catch (cause) {
    rmSync(scratch, { recursive: true });
    throw cause;
  }
  for (const old of readdirSync(cache)) {
    if (old.startsWith(`${name}-`)) rmSync(join(cache, old), { recursive: true, force: true });
  }
  try {
    renameSync(scratch, folder);
  } catch (cause) {
    // Another process was quicker; what it made is the same.
    if (!existsSync(folder)) throw cause;
    rmSync(scratch, { recursive: true });
  }
  return folder;
}

export interface FakeDriver {
  /** False: a driver from before CUDA 12.4. */
  readonly greenContexts: boolean;
}

const gpp = (...args: readonly string[]): void => {
  execFileSync(compiler, [...FLAGS, ...args], { stdio: ["ignore", "ignore", "inherit"] });
};

/** One object of many files: the standard library's headers, which take most of the time, are read once. */
function compileAtOnce(sources: readonly string[], object: string): void {
  const all = `${object}.cc`;
  writeFileSync(all, sources.map((source) => `#include ${JSON.stringify(source)}\n`).join(""));
  gpp("-fPIC", "-c", all, "-o", object);
}

/** Both drivers: with green contexts in new/, without them in old/. */
function makeDrivers(scratch: string): void {
  const driver = join(here, "driver");
  const [green, nvml] = [join(driver, "api_green_contexts.cc"), join(driver, "nvml.cc")];
  const twins = sourcesUnder(join(driver, "twins"), /\.cc$/);
  const others = sourcesUnder(driver, /\.cc$/).filter((file) => ![...twins, green, nvml].includes(file));
  const object = (name: string): string => join(scratch, `${name}.o`);
  compileAtOnce(others, object("driver"));
  compileAtOnce(twins, object("twins"));
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
    ...sourcesUnder(cpp, /\.h$/),
    ...addonObjects("missile_dnn"),
    join(here, "build.ts"),
  ];
  const folder = cached("driver", hashOf(inputs), makeDrivers);
  return join(folder, greenContexts ? "new" : "old");
}

/** What libraries of the addon were built of, but for the kernels. Throws if cpp/ has changed since. */
function addonObjects(...libraries: readonly ("missile_cuda" | "missile_dnn")[]): string[] {
  const built = join(packageRoot, "build", "Release", "obj.target");
  const objects = libraries.flatMap((library) => sourcesUnder(join(built, library, "cpp"), /\.o$/));
  const builtMs = Math.min(...objects.map((object) => statSync(object).mtimeMs));
  const changed = sourcesUnder(cpp).find((source) => statSync(source).mtimeMs > builtMs);
  if (changed !== undefined) throw new Error(`${changed} is younger than the addon: npm run install`);
  return objects;
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
