/**
 * A network that amplifies whatever is a little off, by the references in halves: it is off by what the rounding of weights alone explains, so
 * nothing in between is rounded that need not be: sums, statistics, what an epilogue goes through.
 */
import { expect, test } from "vitest";
import { GraphBuilder } from "../../src/models/builder.ts";
import type { Graph } from "../../src/models/graph.ts";
import { seeded } from "../../src/models/seeded.ts";
import type { TrainedNetwork } from "../../src/models/values.ts";
import type { PortValues } from "../../src/native/index.ts";
import { fromBrainFloat, fromHalf } from "../../src/onnx/half.ts";
import { toBf16, toF16 } from "../../src/plan/halves.ts";
import { relativeError } from "../dnn/one-kernel.ts";
import { executed, freshInputs } from "./judge.ts";

const [TOKENS, WIDTH, LAYERS] = [96, 64, 14];

/** What rows have in common is most of them after each relu, and is subtracted: what is left is small beside its error. */
function amplifier(): Graph {
  const g = new GraphBuilder("amplifier", 1);
  let x = g.input("x", [TOKENS, WIDTH]);
  for (let layer = 0; layer < LAYERS; layer++) {
    const y = g.linear(x, WIDTH);
    x = g.relu(g.layerNorm(g.sub(y, g.mean(y, [0], { keepDims: true }))));
  }
  return g.build([g.linear(x, WIDTH)]);
}

const ROUNDED = {
  fp16: (values: Float32Array) => Float32Array.from(toF16(values), fromHalf),
  bf16: (values: Float32Array) => Float32Array.from(toBf16(values), fromBrainFloat),
} as const;

const withRounded = ({ graph, values }: TrainedNetwork, precision: keyof typeof ROUNDED): TrainedNetwork => ({
  graph,
  values: (tensor) => {
    const exact = values(tensor);
    return exact instanceof Float32Array && tensor.shape.length > 1 ? ROUNDED[precision](exact) : exact;
  },
});

test.each(["fp16", "bf16"] as const)("%s is off by what rounding explains", async (precision) => {
  const network = seeded(amplifier());
  const inputs = freshInputs(network.graph);
  const run = async (trained: TrainedNetwork, as: "tf32" | typeof precision): Promise<Float32Array> => {
    const outputs: PortValues = await executed(trained, { precision: as }, inputs);
    return [...outputs.values()][0] as Float32Array;
  };
  const right = await run(network, "tf32");
  const byWeights = relativeError(await run(withRounded(network, precision), "tf32"), right);
  const byAll = relativeError(await run(network, precision), right);
  // Seen: 1.2 to 2.9 times as much, since values are rounded as well.
  expect(byAll).toBeLessThan(5 * byWeights);
});
