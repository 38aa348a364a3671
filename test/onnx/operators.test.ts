/** Each operator, imported and exported again: onnxruntime finds that both files compute the same. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Op } from "../../src/models/graph.ts";
import { writeOnnx } from "../../src/onnx/export.ts";
import { importOnnx } from "../../src/onnx/import.ts";
import { CASES, type Case } from "./cases.ts";
import { ELEMENTWISE_CASES } from "./elementwise-cases.ts";
import { type Feeds, folder, judge, noise, relativeError, writeModel } from "./models.ts";
import { VIEW_CASES } from "./view-cases.ts";

const nameOf = (op: Op): string => (op.kind === "activation" || op.kind === "reduce" ? op.function : op.kind);

/** Random numbers for each input; 0 and 1 where it takes integers. */
function feedsOf({ inputs }: Case): Feeds {
  const entries = Object.entries(inputs).map(([name, { shape, type = "float" }], index) => {
    const extents = shape as readonly number[];
    const values = noise(
      extents.reduce((product, extent) => product * extent, 1),
      index + 1,
    );
    return [
      name,
      { shape: extents, values: type === "float" ? values : values.map((value) => Number(value > 0)) },
    ] as const;
  });
  return Object.fromEntries(entries);
}

describe("the operator", () => {
  it.each([...CASES, ...VIEW_CASES, ...ELEMENTWISE_CASES])("$name", async (test) => {
    const file = writeModel(test.name, test);
    const network = importOnnx(file);
    expect(network.graph.nodes.map(({ op }) => nameOf(op))).toEqual(test.becomes);
    const exported = join(folder, "exported.onnx");
    writeOnnx(network, exported);
    const feeds = feedsOf(test);
    const [expected, found] = [await judge(file, feeds), await judge(exported, feeds)];
    for (const [name, numbers] of expected) {
      expect(found.get(name)?.shape).toEqual(numbers.shape);
      expect(relativeError(found.get(name)!, numbers)).toBeLessThan(1e-5);
    }
  });
});
