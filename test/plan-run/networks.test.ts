/** The twelve networks, planned and executed by the CPU references, against onnxruntime. */
import { describe, expect, test } from "vitest";
import { Prng } from "../../src/core/prng.ts";
import { seeded } from "../../src/models/seeded.ts";
import type { TrainedNetwork } from "../../src/models/values.ts";
import type { PortValues } from "../../src/native/index.ts";
import { plan } from "../../src/plan/make-plan.ts";
import type { Precision } from "../../src/plan/plan.ts";
import { relativeError } from "../dnn/one-kernel.ts";
import { buildGraph, SHORTENED, upTo } from "../models/graphs.ts";
import { executed, freshInputs, judged, seed } from "./judge.ts";

/**
 * What results may differ by. FP32: 30 times what was seen (2.7e-6, bert-base). fp16: 2.7e-3 was seen (bert-base, whole). bf16: each value that is
 * stored is off by up to 2^-9, eight times as much as with fp16, and so was what was seen (2.7e-2, bert-base).
 */
const MOST_ERROR: Readonly<Record<Precision, number>> = { tf32: 1e-4, fp16: 1e-2, bf16: 6e-2 };

interface Case {
  readonly name: string;
  readonly batch: number;
  readonly precisions: readonly Precision[];
  /** The node that it ends with. */
  readonly end?: string;
}

const ALL = ["tf32", "fp16", "bf16"] as const;
const CASES: readonly Case[] = [
  { name: "mobilenetv3-large", batch: 2, precisions: ALL },
  { name: "squeezenet1.1", batch: 3, precisions: ALL },
  { name: "shufflenetv2-x1.0", batch: 2, precisions: ALL },
  { name: "efficientnet-b0", batch: 1, precisions: ["tf32", "fp16"] },
  { name: "resnet34", batch: 1, precisions: ["tf32"] },
  { name: "mobilebert", batch: 1, precisions: ["tf32", "fp16"] },
  { name: "mobilevit-s", batch: 1, precisions: ["tf32", "bf16"] },
  { name: "efficientformer-l1", batch: 2, precisions: ["tf32"] },
  { name: "resnet152", batch: 1, precisions: ["tf32"] },
  { name: "densenet161", batch: 1, precisions: ["tf32"] },
  { name: "vgg19", batch: 1, precisions: ["tf32"], end: SHORTENED.vgg19 },
  { name: "bert-base", batch: 1, precisions: ["tf32"], end: SHORTENED["bert-base"] },
];

function networkOf({ name, batch, end }: Omit<Case, "precisions">): TrainedNetwork {
  const graph = buildGraph(name, batch);
  return seeded(end === undefined ? graph : upTo(graph, end));
}

function expectSame(results: PortValues, right: PortValues, mostError: number): void {
  expect([...results.keys()].sort()).toEqual([...right.keys()].sort());
  for (const [name, values] of right)
    expect(relativeError(results.get(name)!, values), name).toBeLessThan(mostError);
}

describe(`inputs of MISSILE_SEED=${seed}`, () => {
  test.each(CASES)("$name, batch $batch: $precisions", async ({ precisions, ...which }) => {
    const network = networkOf(which);
    const inputs = freshInputs(network.graph);
    const right = await judged(network, inputs);
    for (const precision of precisions)
      expectSame(await executed(network, { precision }, inputs), right, MOST_ERROR[precision]);
  });

  test.each([
    { name: "efficientnet-b0", batch: 1 },
    { name: "mobilebert", batch: 1 },
  ])("$name gives the same bits when its parameters are streamed through a window", async (which) => {
    const network = networkOf(which);
    const inputs = freshInputs(network.graph);
    const whole = plan(network, { precision: "fp16" }).plan;
    // Two of the largest kernel's: the least that a plan takes and still brings one while the other is read.
    const least = 2 * Math.max(...whole.kernels.map(({ work }) => work.weightBytes));
    expect(least).toBeLessThan(whole.reservedBytes / 2);
    const right = await executed(network, { precision: "fp16" }, inputs);
    for (const share of [0, new Prng(seed, "reservation").nextUnit()]) {
      const reservedBytes = Math.floor(least + share * (whole.reservedBytes - least));
      const streamed = await executed(network, { precision: "fp16", reservedBytes }, inputs);
      expect(streamed, `${reservedBytes} bytes`).toEqual(right);
    }
  });
});
