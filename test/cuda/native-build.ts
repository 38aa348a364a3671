/** What native programs of the tests are built with: g++, into node_modules/.cache/native-tests, where sources have changed since the last time. */
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
} from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../src/presets/paths.ts";

export const cpp = join(packageRoot, "cpp");
const cache = join(packageRoot, "node_modules", ".cache", "native-tests");
export const compiler = process.env.CXX ?? "g++";
export const FLAGS = [
  "-std=c++20",
  "-O1",
  "-g1",
  "-Wall",
  "-Wextra",
  "-pthread",
  `-I${cpp}`,
  `-I${import.meta.dirname}`,
];

export const sourcesUnder = (folder: string, extensions = /\.(cc|h)$/): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => extensions.test(name))
    .map((name) => join(folder, name))
    .sort();

/** All that a program includes or consists of may have changed. */
export function hashOf(files: readonly string[]): string {
  const hash = createHash("sha256").update(JSON.stringify([compiler, FLAGS]));
  for (const file of files) hash.update(file).update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}

/** The folder `<name>-<hash>` of the cache, filled by `make` unless it is there. Processes may build side by side. */
export function cached(name: string, hash: string, make: (folder: string) => void): string {
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

export const gpp = (...args: readonly string[]): void => {
  execFileSync(compiler, [...FLAGS, ...args], { stdio: ["ignore", "ignore", "inherit"] });
};

/** What libraries of the addon were built of, but for the kernels. Throws if cpp/ has changed since. */
export function addonObjects(...libraries: readonly ("missile_cuda" | "missile_dnn")[]): string[] {
  const built = join(packageRoot, "build", "Release", "obj.target");
  const objects = libraries.flatMap((library) => sourcesUnder(join(built, library, "cpp"), /\.o$/));
  const builtMs = Math.min(...objects.map((object) => statSync(object).mtimeMs));
  const changed = sourcesUnder(cpp).find((source) => statSync(source).mtimeMs > builtMs);
  if (changed !== undefined) throw new Error(`${changed} is younger than the addon: npm run install`);
  return objects;
}
