/** Plans of random networks: they can be executed, and executed by the references of the kernels they give what the network says. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Graph } from "../../src/models/graph.ts";
import { elementCount } from "../../src/models/graph.ts";
import { seeded } from "../../src/models/seeded.ts";
import { runOnCpu } from "../../src/native/reference.ts";
import type { PlanOptions } from "../../src/plan/make-plan.ts";
import { plan } from "../../src/plan/make-plan.ts";
import { type Plan, PRECISIONS } from "../../src/plan/plan.ts";
import { loweredOf } from "../../src/plan/program.ts";
import { checkPlan } from "./check-plan.ts";
import { inMemory, weightBytes } from "./in-memory.ts";
import { interpret } from "./interpret.ts";
import { randomGraph } from "./random-network.ts";

const wave = (count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, index) => Math.sin(index * 1.7));

function run(graph: Graph, options: PlanOptions): ReadonlyMap<string, ArrayLike<number>> {
  const planned = plan(seeded(graph), options);
  checkPlan(planned.plan);
  const inputs = new Map(graph.inputs.map(({ name, shape }) => [name, wave(elementCount(shape))]));
  return runOnCpu(loweredOf(inMemory(planned)), inputs, { weights: weightBytes(planned), isPoisoned: true });
}

/** The largest difference of an output, relative to its largest value. */
function furthest(
  got: ReadonlyMap<string, ArrayLike<number>>,
  expected: ReadonlyMap<string, ArrayLike<number>>,
): number {
  let worst = 0;
  for (const [name, values] of expected) {
    const other = got.get(name) as ArrayLike<number>;
    expect(other.length).toBe(values.length);
    const largest = Math.max(...Array.from(values, Math.abs), 1e-3);
    for (let at = 0; at < values.length; at++) {
      const difference = Math.abs((other[at] as number) - (values[at] as number)) / largest;
      // Not a number is further than anything.
      worst = difference <= worst ? worst : Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
    }
  }
  return worst;
}

const expectedOf = (graph: Graph) =>
  interpret(seeded(graph), new Map(graph.inputs.map(({ name, shape }) => [name, wave(elementCount(shape))])));

describe("a random network", () => {
  it("gives in tf32 what its nodes give one by one", () => {
    fc.assert(
      fc.property(randomGraph, (graph) => {
        expect(furthest(run(graph, { precision: "tf32" }), expectedOf(graph))).toBeLessThan(1e-3);
      }),
      { numRuns: 150, seed: 7 },
    );
  });

  it("is planned in every precision", () => {
    fc.assert(
      fc.property(randomGraph, fc.constantFrom(...PRECISIONS), (graph, precision) => {
        checkPlan(plan(seeded(graph), { precision }).plan);
      }),
      { numRuns: 150, seed: 8 },
    );
  });

  it("gives the same bits when its parameters are streamed through less memory", () => {
    fc.assert(
      fc.property(randomGraph, fc.double({ min: 0, max: 1, noNaN: true }), (graph, share) => {
        const whole = plan(seeded(graph), { precision: "tf32" }).plan;
        const least = largestKernelBytes(whole);
        const reservedBytes = least + Math.floor(share * (whole.reservedBytes - least));
        const streamed = plan(seeded(graph), { precision: "tf32", reservedBytes }).plan;
        checkPlan(streamed);
        expect(storedBytes(streamed)).toBeLessThanOrEqual(reservedBytes);
        expect(parametersRead(streamed)).toEqual(parametersRead(whole));
        const results = run(graph, { precision: "tf32" });
        for (const [name, values] of run(graph, { precision: "tf32", reservedBytes }))
          expect(values).toEqual(results.get(name));
      }),
      { numRuns: 60, seed: 9 },
    );
  });
});

const storedBytes = ({ storages }: Plan): number =>
  storages.find(({ use }) => use === "parameters")?.sizeBytes ?? 0;

/** For each kernel the parameters that it finds in its views, if pieces come in the order of the plan, as much as kernels' weightBytes say. */
function parametersRead({ kernels, parameters, storages }: Plan): string[][] {
  const memory = new Map<number, string>();
  let [brought, next, end] = [0, 0, 0];
  return kernels.map(({ views, work }) => {
    brought += work.weightBytes;
    for (let piece = parameters[next]; piece !== undefined && end < brought; piece = parameters[++next]) {
      const granules = Math.ceil(piece.sizeBytes / 1024);
      for (let granule = 0; granule < granules; granule++)
        memory.set(piece.firstByte / 1024 + granule, `${piece.name}[${granule}]`);
      end += granules * 1024;
    }
    expect(end).toBe(brought);
    return Object.values(views)
      .filter(({ storage }) => storages[storage]?.use === "parameters")
      .flatMap(({ firstByte, sizeBytes }) =>
        Array.from(
          { length: Math.ceil(sizeBytes / 1024) },
          (_, granule) => memory.get(firstByte / 1024 + granule) ?? "nothing",
        ),
      );
  });
}

function largestKernelBytes({ kernels, storages }: Plan): number {
  const bytes = kernels.map(({ views }) =>
    Object.values(views)
      .filter(({ storage }) => storages[storage]?.use === "parameters")
      .reduce((sum, { sizeBytes }) => sum + Math.ceil(sizeBytes / 1024) * 1024, 0),
  );
  return Math.max(0, ...bytes);
}
