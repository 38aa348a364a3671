import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readSafetensors, tensorPlaces, writeSafetensors } from "../../src/plan/safetensors.ts";

const path = (name: string): string => join(mkdtempSync(join(tmpdir(), "missile-")), name);
const fileOf = (header: string, data = ""): string => {
  const file = path("a.safetensors");
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  writeFileSync(file, Buffer.concat([length, Buffer.from(header), Buffer.from(data)]));
  return file;
};

test("tensors come back as they were written, in their order, one behind the other", () => {
  const file = path("a.safetensors");
  const f32 = new Uint8Array(new Float32Array([1, -2, 3.5]).buffer);
  const half = new Uint8Array([1, 2, 3, 4]);
  writeSafetensors(file, [
    ["zeta", { dtype: "F16", shape: [1, 2], bytes: () => half }],
    ["alpha/é", { dtype: "F32", shape: [3], bytes: () => f32 }],
  ]);
  const places = [...tensorPlaces(file)];
  expect(places.map(([name, { sizeBytes }]) => [name, sizeBytes])).toEqual([
    ["zeta", 4],
    ["alpha/é", 12],
  ]);
  expect(places[1]![1].fileOffset).toBe(places[0]![1].fileOffset + 4);
  expect(places[1]![1].fileOffset + 12).toBe(readFileSync(file).length);
  expect(Object.fromEntries(readSafetensors(file))).toEqual({
    zeta: { dtype: "F16", shape: [1, 2], bytes: half },
    "alpha/é": { dtype: "F32", shape: [3], bytes: f32 },
  });
});

test("a file as others write it: metadata and a padded header", () => {
  const header = '{"__metadata__":{"format":"pt"},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}   ';
  expect(readSafetensors(fileOf(header, "hi")).get("a")!.bytes).toEqual(new Uint8Array([104, 105]));
});

test.each([
  ["no JSON", () => fileOf("{"), "its header is no JSON object"],
  [
    "a type that is not known",
    () => fileOf('{"w":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}', "x"),
    "tensor w has a type or a shape that is not known here",
  ],
  [
    "data that ends too early",
    () => fileOf('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', "x"),
    "tensor w does not lie where its header says",
  ],
  [
    "offsets that are not the shape's",
    () => fileOf('{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', "xxxx"),
    "tensor w does not lie where its header says",
  ],
])("%s", (_, make, message) => {
  expect(() => readSafetensors(make())).toThrow(message);
});

test("a header that is longer than the file", () => {
  const file = path("b.safetensors");
  writeFileSync(file, Buffer.from([255, 255, 255, 255, 0, 0, 0, 0]));
  expect(() => tensorPlaces(file)).toThrow(
    `${file}: not a safetensors file (a header of 4294967295 bytes does not fit)`,
  );
});
