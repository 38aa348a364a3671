import { join } from "node:path";
import { expect, test } from "vitest";
import { randomPortValues, readPortValues, writePortValues } from "../../src/cli/port-files.ts";
import type { ProgramPort } from "../../src/core/program.ts";
import { type Dtype, writeSafetensors } from "../../src/plan/safetensors.ts";
import { scratch } from "../engine/fixtures.ts";

const directory = scratch();
const port = (name: string, type: ProgramPort["type"], ...shape: number[]): ProgramPort => ({
  name,
  type,
  shape,
  firstByte: 0,
});

test.each<[Dtype, ArrayBufferView<ArrayBuffer>]>([
  ["I32", new Int32Array([0, -1, 7])],
  ["I64", new BigInt64Array([0n, -1n, 7n])],
])("integers of a file may be %s", (dtype, values) => {
  const file = join(directory, `${dtype}.safetensors`);
  writeSafetensors(file, [["ids", { dtype, shape: [3], bytes: () => new Uint8Array(values.buffer) }]]);
  expect(readPortValues(file, [port("ids", "int32", 3)]).get("ids")).toEqual(new Int32Array([0, -1, 7]));
});

test("truths of a file are 1 and 0", () => {
  const file = join(directory, "mask.safetensors");
  const bytes = () => new Uint8Array([1, 0]);
  writeSafetensors(file, [["mask", { dtype: "BOOL", shape: [2], bytes }]]);
  expect(readPortValues(file, [port("mask", "int32", 2)]).get("mask")).toEqual(new Int32Array([1, 0]));
});

test("floats are not taken for integers", () => {
  const file = join(directory, "floats.safetensors");
  writeSafetensors(file, [["ids", { dtype: "F32", shape: [1], bytes: () => new Uint8Array(4) }]]);
  expect(() => readPortValues(file, [port("ids", "int32", 1)])).toThrow(
    `${file}: input ids, int32 [1], is F32 [1] in the file`,
  );
});

test("what is written is read again; random values are the seed's, each port's its own", () => {
  const ports = [port("a", "float32", 5, 2), port("b", "float32", 10), port("ids", "int32", 40)];
  const values = randomPortValues(9, ports);
  expect(values).toEqual(randomPortValues(9, ports));
  expect([...values.get("a")!]).not.toEqual([...values.get("b")!]);
  expect(new Set(values.get("ids"))).toEqual(new Set([0, 1]));
  const file = join(directory, "values.safetensors");
  writePortValues(file, ports, values);
  expect(readPortValues(file, ports)).toEqual(values);
});
