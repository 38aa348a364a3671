import { expect, it } from "vitest";
import type { Program } from "../../src/core/program.ts";
import { weightStream } from "../../src/native/weight-stream.ts";
import { computeKernel } from "./kernels.ts";

const KIB = 1024;

/** A kernel a piece: where they lie, in KiB. */
function streamOf(...places: readonly (readonly [firstKib: number, sizeKib: number])[]) {
  const pieces = places.map(([firstKib, sizeKib]) => ({
    ...{ fileOffset: 0, firstByte: firstKib * KIB, sizeBytes: sizeKib * KIB - 8, isTf32: false },
  }));
  const program = { pieces } as unknown as Program;
  const kernels = places.map(([, sizeKib]) => ({ ...computeKernel(1, 1), weightBytes: sizeKib * KIB }));
  const stream = weightStream(program, kernels);
  return (
    stream && { resident: stream.residentBytes / KIB, limits: stream.limits.map((bytes) => bytes / KIB) }
  );
}

it("is none where each parameter has a place of its own", () => {
  expect(streamOf([0, 2], [2, 3], [5, 1])).toBeUndefined();
});

it("lets a parameter come once the kernel is done that reads what it overwrites", () => {
  expect(streamOf([0, 2], [2, 3], [5, 3], [2, 3], [5, 3])).toEqual({
    resident: 2,
    limits: [8, 8, 11, 14, 14, 14],
  });
});

it("holds back what comes behind as well", () => {
  expect(streamOf([0, 4], [0, 2], [2, 2], [4, 1])).toEqual({ resident: 0, limits: [4, 9, 9, 9, 9] });
});
