/** `missile-console models run`, as a process. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { GraphBuilder } from "../../src/models/builder.ts";
import { seeded } from "../../src/models/seeded.ts";
import { runOnCpu } from "../../src/native/index.ts";
import { readModelFolder, writeModelFolder } from "../../src/plan/folder.ts";
import { plan } from "../../src/plan/make-plan.ts";
import { loweredOf } from "../../src/plan/program.ts";
import { readSafetensors, writeSafetensors } from "../../src/plan/safetensors.ts";
import { packageRoot } from "../../src/presets/paths.ts";
import { scratch } from "../engine/fixtures.ts";

const main = join(packageRoot, "dist", "src", "cli", "main.js");
const directory = scratch();
const folder = join(directory, "tiny");
const g = new GraphBuilder("tiny", 2);
const pixels = g.input("pixels", [2, 3, 4, 4]);
writeModelFolder(
  folder,
  plan(seeded(g.build([g.linear(g.reshape(g.relu(g.conv(pixels, { out: 8, kernel: 3 })), [2, 128]), 10)])), {
    precision: "tf32",
  }),
);
const network = loweredOf(readModelFolder(folder));
const output = network.program!.outputs[0]!.name;

const run = (...args: string[]) =>
  spawnSync(process.execPath, [main, "models", "run", ...args], { encoding: "utf8", cwd: directory });

const pixelsFile = (name: string, values: Float32Array): string => {
  const file = join(directory, name);
  const bytes = () => new Uint8Array(values.buffer);
  writeSafetensors(file, [[name.split(".")[0]!, { dtype: "F32", shape: [values.length], bytes }]]);
  return file;
};

test("inputs come from a file, outputs go to one, and what came out is told", () => {
  const values = Float32Array.from({ length: 96 }, (_, i) => Math.sin(i));
  const file = join(directory, "out.safetensors");
  const { status, stdout, stderr } = run(
    folder,
    "--input",
    pixelsFile("pixels.safetensors", values),
    "--output",
    file,
  );
  expect(stderr).toBe("");
  expect(status).toBe(0);
  const right = runOnCpu(network, new Map([["pixels", values]])).get(output)!;
  expect(new Float32Array(readSafetensors(file).get(output)!.bytes.buffer)).toEqual(right);
  const row = [...right.subarray(0, 10)];
  const best = row.indexOf(Math.max(...row));
  expect(stdout).toMatch(new RegExp(`^${output} \\[2, 10\\]  sha256 [0-9a-f]{16}\n`));
  expect(stdout).toContain(`largest of its first row: ${best}: ${right[best]!.toPrecision(6)}`);
});

test("without a file the inputs are random: the same for the same seed", () => {
  const told = (seed: string) => JSON.parse(run(folder, "--seed", seed, "--json").stdout);
  const [once, again, other] = [told("3"), told("3"), told("4")];
  expect(once).toEqual(again);
  expect(once[0].checksum).not.toBe(other[0].checksum);
  expect(once[0]).toMatchObject({ name: output, shape: [2, 10] });
  expect(once[0].top).toHaveLength(5);
});

test.each([
  [["nowhere"], /nowhere/],
  [[folder, "--input", "missing.safetensors"], /missing\.safetensors: cannot be read/],
  [
    [folder, "--input", pixelsFile("others.safetensors", new Float32Array(96))],
    /input pixels, float32 \[2, 3, 4, 4\], is missing; there is others$/m,
  ],
  [
    [folder, "--input", pixelsFile("pixels.short.safetensors", new Float32Array(95))],
    /input pixels, float32 \[2, 3, 4, 4\], is F32 \[95\] in the file$/m,
  ],
])("%s is refused in one line", (args, message) => {
  const { status, stdout, stderr } = run(...args);
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/^missile-console: [^\n]*\n$/);
  expect(stdout).toBe("");
  expect(status).toBe(2);
});
