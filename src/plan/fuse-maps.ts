/** Two elementwise works as one. */
import type { Tensor } from "../models/graph.ts";
import type { MapStep } from "./map-op.ts";
import { MOST_OPERANDS, MOST_STEPS } from "./map-op.ts";
import type { Work } from "./work.ts";

export interface MergedMaps {
  readonly work: Work;
  /** What both read, and one reads now. */
  readonly both: readonly Tensor[];
}

/** `second`, the only reader of `first`, with it; null: together they are too much, or their shapes differ. */
export function mergedMaps(first: Work, second: Work): MergedMaps | null {
  if (first.op.kind !== "map" || second.op.kind !== "map") return null;
  const between = first.outputs[0] as Tensor;
  const output = second.outputs[0] as Tensor;
  if (between.shape.join() !== output.shape.join() || truncates(first)) return null;
  const operands = [...new Set([...first.inputs, ...second.inputs.filter((input) => input !== between)])];
  const count = first.op.steps.length + second.op.steps.length;
  if (operands.length > MOST_OPERANDS || count > MOST_STEPS) return null;

  const fromFirst = renumbered(first, operands, null, 0);
  // What `first` gives: its last step, or its operand where it has none.
  const given =
    fromFirst.length > 0 ? MOST_OPERANDS + fromFirst.length - 1 : operands.indexOf(first.inputs[0] as Tensor);
  const fromSecond = renumbered(second, operands, { between, given }, fromFirst.length);
  const steps = [...fromFirst, ...fromSecond];
  const work: Work = {
    ...second,
    name: first.name,
    nodes: [...first.nodes, ...second.nodes],
    op: { kind: "map", steps },
    inputs: operands,
  };
  return { work, both: first.inputs.filter((input) => second.inputs.includes(input)) };
}

/** A conversion to integers cuts off what only memory's type would. */
function truncates(work: Work): boolean {
  return work.outputs[0]?.type === "int32" && work.inputs.some((input) => input.type !== "int32");
}

function renumbered(
  { op, inputs }: Work,
  operands: readonly Tensor[],
  replaced: { readonly between: Tensor; readonly given: number } | null,
  stepsBefore: number,
): MapStep[] {
  if (op.kind !== "map") return [];
  const value = (index: number): number => {
    if (index >= MOST_OPERANDS) return index + stepsBefore;
    const input = inputs[index];
    if (input === undefined) return 0;
    return input === replaced?.between ? replaced.given : operands.indexOf(input);
  };
  return op.steps.map((step) => ({ ...step, a: value(step.a), b: value(step.b), c: value(step.c) }));
}
