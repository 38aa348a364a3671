/** Every network of src/models in every precision and two batches: plans that can be executed, that a folder holds, with all the work in them. */
import { describe, expect, it } from "vitest";
import { model, modelNames, multiplyAccumulates } from "../../src/models/index.ts";
import { seeded } from "../../src/models/seeded.ts";
import { streamBlockUs } from "../../src/plan/block-time.ts";
import { plan } from "../../src/plan/make-plan.ts";
import { type PlanKernel, PRECISIONS, planSchema } from "../../src/plan/plan.ts";
import { loweredOf, programOf } from "../../src/plan/program.ts";
import { blockUs, TILES, tileName } from "../../src/plan/tiles.ts";
import { caseOf } from "../../src/profiles/tuning.ts";
import { checkPlan } from "./check-plan.ts";
import { inMemory } from "./in-memory.ts";

const networks = modelNames().filter((name) => model(name).build !== null);
const graphOf = (name: string, batch: number) => {
  const { build } = model(name);
  if (build === null) throw new Error(`${name} has no layers`);
  return build(batch);
};

/** What one of the kernel's blocks takes by the planner's estimate: on tiles by what it computes, else by what it moves. */
function estimatedUs(kernel: PlanKernel): number {
  const { grid, block, work } = kernel;
  const tiled = caseOf(kernel);
  if (tiled === null) {
    const movedBytes = work.readBytes + work.writtenBytes;
    return streamBlockUs({ grid, block, movedBytes, distinctBytes: work.footprintBytes });
  }
  const tile = TILES.find((one) => kernel.name.endsWith(`_${tileName(one)}`));
  if (tile === undefined) throw new Error(`${kernel.name} has no tile`);
  return blockUs(tiled.problem, { tile, splits: kernel.args.splits as number });
}

describe.each(networks)("%s", (name) => {
  it.each(PRECISIONS)("is planned in %s", (precision) => {
    for (const batch of [1, 16]) {
      const { plan: made } = plan(seeded(graphOf(name, batch)), { precision });
      checkPlan(made);
      expect(planSchema.parse(JSON.parse(JSON.stringify(made)))).toEqual(made);
    }
  });

  it.each(["tf32", "fp16"] as const)("gives SMs back within 40 us in %s", (precision) => {
    for (const batch of [1, 16])
      for (const kernel of plan(seeded(graphOf(name, batch)), { precision }).plan.kernels)
        expect(estimatedUs(kernel), `batch ${batch}, ${kernel.name}`).toBeLessThanOrEqual(40);
  });

  it("does at least the network's multiply-accumulates, and not many more", () => {
    const graph = graphOf(name, 1);
    const planned = plan(seeded(graph), { precision: "tf32" });
    const flops = planned.plan.kernels.reduce((sum, { work }) => sum + work.flops, 0);
    const least = 2 * multiplyAccumulates(graph);
    expect(flops).toBeGreaterThanOrEqual(least);
    // Padded channels and elementwise work.
    expect(flops).toBeLessThan(1.3 * least + 1e8);
  });

  it("is lowered to as many kernels as its program has", () => {
    const folder = inMemory(plan(seeded(graphOf(name, 1)), { precision: "fp16" }));
    const lowered = loweredOf(folder);
    const { pieces, kernels, storages } = programOf(folder);
    expect(lowered.kernels.length).toBe(kernels.length);
    expect(lowered.storedBytes).toBe(storages.find(({ use }) => use === "parameters")?.sizeBytes);
    // Copies bring pieces as a stream: a kernel's parameters are there once the weights of all up to it have come.
    let brought = 0;
    lowered.kernels.forEach(({ weightBytes }, index) => {
      brought += weightBytes;
      for (const view of Object.values(kernels[index]?.views ?? {})) {
        if (storages[view.storage]?.use !== "parameters") continue;
        let end = 0;
        const piece = pieces.find(({ firstByte, sizeBytes }) => {
          end += Math.ceil(sizeBytes / 1024) * 1024;
          return firstByte === view.firstByte;
        });
        expect(piece).toBeDefined();
        expect(end).toBeLessThanOrEqual(brought);
      }
    });
  });
});
