/** Whether a plan can be executed as it stands: what every plan must fulfil, whatever its network. */
import { expect } from "vitest";
import { bytesOf, STORED_TYPES } from "../../src/plan/buffer.ts";
import type { Plan, PlanKernel, PlanStep } from "../../src/plan/plan.ts";

const GRANULE = 1024;

/** Fails the test with what is wrong. */
export function checkPlan(plan: Plan): void {
  checkViews(plan);
  checkContents(plan);
  checkReach(plan);
  checkOps(plan);
  checkSteps(plan, plan.cold, true);
  checkSteps(plan, plan.warm, false);
}

const viewsOf = (kernel: PlanKernel) => Object.entries(kernel.views);

function checkViews({ kernels, storages }: Plan): void {
  for (const kernel of kernels)
    for (const [name, view] of viewsOf(kernel)) {
      const storage = storages[view.storage];
      expect(view.firstByte % GRANULE, `${kernel.name} ${name}`).toBe(0);
      expect(view.firstByte + view.sizeBytes, `${kernel.name} ${name}`).toBeLessThanOrEqual(
        storage?.sizeBytes ?? 0,
      );
      if (view.access !== "read") expect(["activations", "output", "counters"]).toContain(storage?.use);
    }
}

/** What is read was written since the storage's contents began, and no kernel reads what it begins anew. */
function checkContents({ kernels, storages }: Plan): void {
  const written = new Map<number, { from: number; to: number }[]>();
  for (const [index, kernel] of kernels.entries()) {
    const reads = viewsOf(kernel).filter(([, { access }]) => access === "read");
    const begun = viewsOf(kernel)
      .filter(([, { access }]) => access === "write")
      .map(([, view]) => view.storage);
    for (const [name, view] of reads) {
      if (["parameters", "input"].includes(storages[view.storage]?.use ?? "")) continue;
      const parts = written.get(view.storage) ?? [];
      const isThere = parts.some(
        ({ from, to }) => from <= view.firstByte && view.firstByte + view.sizeBytes <= to,
      );
      expect(isThere, `kernel ${index} (${kernel.name}) reads ${name} before it is written`).toBe(true);
      expect(begun, `kernel ${index} (${kernel.name}) overwrites ${name}`).not.toContain(view.storage);
    }
    for (const [, { access, storage, firstByte, sizeBytes }] of viewsOf(kernel)) {
      if (access === "write") written.set(storage, []);
      if (access !== "read")
        written.set(storage, [
          ...(written.get(storage) ?? []),
          { from: firstByte, to: firstByte + sizeBytes },
        ]);
    }
  }
}

type Args = PlanKernel["args"];
const number = (args: Args, name: string): number => (args[name] as number | undefined) ?? 0;
const numbers = (args: Args, name: string): number[] => (args[name] as number[] | undefined) ?? [];

/** Elements from the view's beginning to beyond the last one. */
const stridedReach = (args: Args, name: string, extents: readonly number[]): number =>
  numbers(args, `${name}.strides`).reduce(
    (sum, stride, axis) => sum + stride * ((extents[axis] as number) - 1),
    number(args, `${name}.offset`) + 1,
  );

const pixelReach = (args: Args, side: "in" | "out" | "other", pixels: number, channels: number): number =>
  number(args, `${side}Offset`) + (pixels - 1) * number(args, `${side}PixelStride`) + channels;

type Reach = [view: string, elements: number, type: number];

/** Where a split tile's sums wait for each other. */
function partsOf({ name, args, grid }: PlanKernel): Reach[] {
  const [, rows, columns] = /_(\d+)x(\d+)$/.exec(name) ?? [];
  const splits = number(args, "splits");
  if (splits < 2) return [];
  return [
    ["partial", grid * Number(rows) * Number(columns), STORED_TYPES.indexOf("f32")],
    ["arrivals", grid / splits, STORED_TYPES.indexOf("i32")],
  ];
}

/** For each view whose extents the arguments tell: elements that it must hold, and their type. */
function reachesOf(kernel: PlanKernel): Reach[] {
  const { name, args } = kernel;
  const extents = numbers(args, "extents");
  const strided = (view: string, at: string, own = extents): [string, number, number] => [
    view,
    stridedReach(args, at, own),
    number(args, `${at}.type`),
  ];
  if (name === "map")
    return [
      ...Array.from({ length: number(args, "operandCount") }, (_, index) =>
        strided(`operands[${index}]`, `operandAt[${index}]`),
      ),
      strided("output", "outputAt"),
    ];
  if (name === "pad")
    return [strided("input", "inputAt", numbers(args, "inputExtents")), strided("output", "outputAt")];
  if (["reduce", "softmax", "norm"].includes(name))
    return [strided("input", "inputAt"), strided("output", "outputAt")];
  if (name === "gather") return [strided("indices", "indicesAt"), strided("output", "outputAt")];
  const isConv = name.startsWith("conv");
  if (!isConv && !name.startsWith("depthwise") && name !== "pool" && name !== "resize") return [];
  const batch = number(args, "batch");
  const [input, output] = [
    batch * number(args, "inHeight") * number(args, "inWidth"),
    batch * number(args, "outHeight") * number(args, "outWidth"),
  ];
  const groups = number(args, "groups");
  const [inChannels, outChannels] =
    groups === 0
      ? [number(args, "channels"), number(args, "channels")]
      : [groups * number(args, "inChannels"), groups * number(args, "outChannels")];
  const type = number(args, "type");
  return [
    ["input", pixelReach(args, "in", input, inChannels), type],
    ["output", pixelReach(args, "out", output, outChannels), type],
    ...partsOf(kernel),
  ];
}

function checkReach({ kernels }: Plan): void {
  for (const [index, kernel] of kernels.entries()) {
    for (const [view, elements, type] of reachesOf(kernel)) {
      const bytes = elements * bytesOf(STORED_TYPES[type] ?? "f32");
      const has = kernel.views[view]?.sizeBytes ?? 0;
      expect(bytes, `kernel ${index} (${kernel.name}) ${view}`).toBeLessThanOrEqual(has);
    }
    if (kernel.name.startsWith("conv_") && kernel.name !== "conv_direct") checkAligned(kernel);
  }
}

/** What tensor cores' kernels demand of offsets and strides: multiples of 16 bytes. */
function checkAligned({ name, args }: PlanKernel): void {
  const vector = name.includes("f32") ? 4 : 8;
  for (const arg of [
    "inChannels",
    "inOffset",
    "inPixelStride",
    "outOffset",
    "outPixelStride",
    "otherOffset",
    "otherPixelStride",
  ])
    expect(number(args, arg) % vector, `${name} ${arg}`).toBe(0);
}

function checkOps({ ops, kernels }: Plan): void {
  let next = 0;
  for (const { firstKernel, kernelCount } of ops) {
    expect(firstKernel).toBe(next);
    next += kernelCount;
  }
  expect(next).toBe(kernels.length);
}

/** For each step, all steps that have ended before it begins. */
function endedBefore(steps: readonly PlanStep[]): Set<number>[] {
  const all: Set<number>[] = [];
  steps.forEach(({ after }, index) => {
    const ended = new Set<number>();
    for (const step of after) {
      expect(step).toBeLessThan(index);
      ended.add(step);
      for (const earlier of all[step] as Set<number>) ended.add(earlier);
    }
    all.push(ended);
  });
  return all;
}

const overlap = (
  a: { firstByte: number; sizeBytes: number },
  b: { firstByte: number; sizeBytes: number },
): boolean => a.firstByte < b.firstByte + b.sizeBytes && b.firstByte < a.firstByte + a.sizeBytes;

/** Prerequisites alone must keep a kernel from what is not there yet, and a copy from what is still read. */
function checkSteps(plan: Plan, steps: readonly PlanStep[], isCold: boolean): void {
  const ended = endedBefore(steps);
  const copies = steps.flatMap((step, index) => (step.do === "swapIn" ? [{ step, index }] : []));
  let launched = 0;
  steps.forEach((step, index) => {
    if (step.do !== "launch") return;
    expect(step.firstKernel).toBe(launched);
    launched += step.kernelCount;
    const before = ended[index] as Set<number>;
    for (const kernel of plan.kernels.slice(step.firstKernel, launched))
      for (const [name, view] of viewsOf(kernel)) {
        if (isCold) expectCreated(steps, before, view.storage);
        if (view.access !== "read") continue;
        for (const copy of copies.filter(
          ({ step: { storage, ...bytes } }) => storage === view.storage && overlap(bytes, view),
        )) {
          const isOrdered = before.has(copy.index) || (ended[copy.index] as Set<number>).has(index);
          expect(isOrdered, `${kernel.name} ${name} and the copy of ${copy.step.from}`).toBe(true);
        }
      }
  });
  expect(launched).toBe(plan.kernels.length);
  const outputs = steps.filter((step) => step.do === "swapOut");
  expect(outputs.length).toBe(plan.outputs.length);
}

function expectCreated(steps: readonly PlanStep[], before: ReadonlySet<number>, storage: number): void {
  const created = steps.findIndex((step) => step.do === "create" && step.storage === storage);
  expect(before.has(created), `storage ${storage} is made before it is used`).toBe(true);
}
