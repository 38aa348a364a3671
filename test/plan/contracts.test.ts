/** Numbers that kernels and plans must agree on, read from the kernels' headers. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { STORED_TYPES } from "../../src/plan/buffer.ts";
import { MAP_OPS, MOST_OPERANDS, MOST_STEPS } from "../../src/plan/map-op.ts";
import { TILE_THREADS, TILES } from "../../src/plan/tiles.ts";
import { ACTIVATIONS, JOINS } from "../../src/plan/work.ts";
import { packageRoot } from "../../src/presets/paths.ts";

const header = (name: string): string => readFileSync(join(packageRoot, "cpp", "dnn", name), "utf8");

/** Names of an enum's values, in order. */
function enumOf(file: string, name: string): string[] {
  const body = new RegExp(`enum class ${name}[^{]*\\{([^}]*)\\}`).exec(header(file))?.[1] ?? "";
  return body
    .replace(/\/\/.*$/gm, "")
    .split(",")
    .map((value) => value.trim())
    .filter((value) => value !== "");
}

const constant = (file: string, name: string): number =>
  Number(new RegExp(`${name} = (\\d+)`).exec(header(file))?.[1]);

it("operations of elementwise kernels are numbered as in map.h", () => {
  expect([...MAP_OPS]).toEqual(enumOf("map.h", "MapOp"));
  expect(MOST_OPERANDS).toBe(constant("map.h", "kMostOperands"));
  expect(MOST_STEPS).toBe(constant("map.h", "kMostSteps"));
});

it("types, activations and joins are numbered as in tensor.h", () => {
  expect([...STORED_TYPES]).toEqual(enumOf("tensor.h", "ElementType"));
  expect([...ACTIVATIONS]).toEqual(enumOf("tensor.h", "Activation"));
  expect([...JOINS]).toEqual(enumOf("tensor.h", "Join"));
});

it("tiles are those of conv.h", () => {
  const [, list = ""] = /kConvTiles\[\] = \{(.*)\};/.exec(header("conv.h")) ?? [];
  const tiles = [...list.matchAll(/\{(\d+), (\d+), (\d+)\}/g)].map(([, rows, columns, stages]) => ({
    rows: Number(rows),
    columns: Number(columns),
    stages: Number(stages),
  }));
  expect(TILES).toEqual(tiles);
  expect(TILE_THREADS).toBe(constant("conv.h", "kTileThreads"));
});
