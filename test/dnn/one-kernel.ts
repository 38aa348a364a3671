/** One kernel's CPU reference, on operands that a test gives. */
import type { Program, ProgramArgument, ProgramView } from "../../src/core/program.ts";
import { loadAddon } from "../../src/native/addon.ts";
import { programBytes } from "../../src/native/program-bytes.ts";
import { sharedBytesOf, TILE_THREADS, TILES, tileName } from "../../src/plan/tiles.ts";

export type Elements = Float32Array | Int32Array | Uint16Array;

const GRANULE_BYTES = 1024;
const wholeGranules = (bytes: number): number => Math.ceil(bytes / GRANULE_BYTES) * GRANULE_BYTES;

/** As the kernel is written for. */
function launchOf(name: string): { readonly block: number; readonly sharedBytes: number } {
  const tile = name.startsWith("matmul_") ? "64x64" : name.split("_").at(-1);
  const tiled = /^(conv|matmul)_/.test(name) ? TILES.find((one) => tileName(one) === tile) : undefined;
  return tiled === undefined
    ? { block: 32, sharedBytes: 0 }
    : { block: TILE_THREADS, sharedBytes: sharedBytesOf(tiled) };
}

/** What the kernel writes, as many elements of that type as `output` has; 0 where it writes nothing. */
export function runKernel<Output extends Elements>(
  name: string,
  args: Readonly<Record<string, ProgramArgument>>,
  operands: Readonly<Record<string, Elements>>,
  output: Output,
  launch = launchOf(name),
): Output {
  const views: Record<string, ProgramView> = {};
  const placed: [Elements, number][] = [];
  let inputBytes = 0;
  for (const [view, elements] of Object.entries(operands)) {
    const sizeBytes = wholeGranules(elements.byteLength);
    views[view] = { storage: 1, firstByte: inputBytes, sizeBytes, access: "read" };
    placed.push([elements, inputBytes]);
    inputBytes += sizeBytes;
  }
  const input = new Uint8Array(inputBytes);
  for (const [elements, at] of placed)
    input.set(new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength), at);
  const sizeBytes = wholeGranules(output.byteLength);
  const program: Program = {
    inputs: [],
    outputs: [],
    storages: [
      { name: "parameters", use: "parameters", sizeBytes: 0, coloured: false },
      { name: "input", use: "input", sizeBytes: inputBytes, coloured: false },
      { name: "output", use: "output", sizeBytes, coloured: false },
    ],
    kernels: [
      {
        name,
        args,
        views: { ...views, output: { storage: 2, firstByte: 0, sizeBytes, access: "update" } },
        grid: 1,
        ...launch,
      },
    ],
    weightsFile: "",
    pieces: [],
  };
  const bytes = loadAddon().runProgram(
    programBytes(program),
    new Float64Array(1),
    new Uint8Array(),
    input,
    false,
  );
  const result = output.slice() as Output;
  new Uint8Array(result.buffer).set(bytes.subarray(0, result.byteLength));
  return result;
}

/** Numbers in (-1, 1) that a seed gives (the generator of Numerical Recipes, section 7.1). */
export function random(seed: number, count: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 23 - 1;
  });
}

/** The largest difference beside the largest magnitude of what is right; infinite where there is a NaN. */
export function relativeError(result: ArrayLike<number>, right: ArrayLike<number>): number {
  let difference = 0;
  let magnitude = 0;
  for (let i = 0; i < right.length; i++) {
    const apart = Math.abs(result[i]! - right[i]!);
    if (!(apart <= difference)) difference = Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart;
    magnitude = Math.max(magnitude, Math.abs(right[i]!));
  }
  return difference === 0 ? 0 : difference / magnitude;
}
