/** Elementwise nodes as chains of steps. Constants of one element become part of the steps. */
import type { ActivationFunction, BinaryFunction, Node, Op, Tensor } from "../models/graph.ts";
import type { Constants } from "./constants.ts";
import type { MapOp, MapStep } from "./map-op.ts";
import { step, withConstant } from "./map-op.ts";

export interface Chain {
  readonly operands: readonly Tensor[];
  readonly steps: readonly MapStep[];
}

type OpOf<Kind extends Op["kind"]> = Extract<Op, { kind: Kind }>;

const UNARY: Partial<Record<ActivationFunction, MapOp>> = { neg: "negate", not: "isNot" };

const BINARY: Readonly<Record<BinaryFunction, MapOp>> = {
  add: "add",
  sub: "sub",
  mul: "mul",
  div: "div",
  pow: "pow",
  min: "min",
  max: "max",
  equal: "equal",
  less: "less",
  lessOrEqual: "lessEqual",
  greater: "greater",
  greaterOrEqual: "greaterEqual",
  and: "both",
  or: "either",
  xor: "differ",
};

/** Of an elementwise node but batchNorm. */
export function chainOf(node: Node, constants: Constants): Chain {
  const { op } = node;
  const [x, second] = node.inputs as readonly [Tensor, Tensor];
  switch (op.kind) {
    case "activation":
      return { operands: [x], steps: [step(UNARY[op.function] ?? (op.function as MapOp), 0)] };
    case "clip":
      return { operands: [x], steps: clipSteps(op) };
    case "leakyRelu":
    case "elu":
      return { operands: [x], steps: [withConstant(op.kind, 0, op.slope)] };
    case "cast":
      return { operands: [x], steps: [] };
    case "where":
      return { operands: node.inputs, steps: [step("select", 0, 1, 2)] };
    default:
      return binaryChain(op.kind as BinaryFunction, x, second, constants);
  }
}

function clipSteps({ min, max }: OpOf<"clip">): MapStep[] {
  const steps: MapStep[] = [];
  if (Number.isFinite(min)) steps.push(withConstant("maxConstant", 0, min));
  if (Number.isFinite(max)) steps.push(withConstant("minConstant", steps.length === 0 ? 0 : 4, max));
  return steps;
}

function binaryChain(kind: BinaryFunction, a: Tensor, b: Tensor, constants: Constants): Chain {
  const right = constants.scalarOf(b);
  const fromRight = right === null ? null : withRight(kind, right);
  if (fromRight !== null) return { operands: [a], steps: [fromRight] };
  const left = constants.scalarOf(a);
  const fromLeft = left === null ? null : withLeft(kind, left);
  if (fromLeft !== null) return { operands: [b], steps: [fromLeft] };
  if (a === b) return { operands: [a], steps: [step(BINARY[kind], 0, 0)] };
  return { operands: [a, b], steps: [step(BINARY[kind], 0, 1)] };
}

function withRight(kind: BinaryFunction, k: number): MapStep | null {
  switch (kind) {
    case "add":
      return withConstant("addConstant", 0, k);
    case "sub":
      return withConstant("addConstant", 0, -k);
    case "mul":
      return withConstant("mulConstant", 0, k);
    case "div":
      return withConstant("mulConstant", 0, 1 / k);
    case "pow":
      if (k === 2) return step("mul", 0, 0);
      return k === 0.5 ? step("sqrt", 0) : withConstant("powConstant", 0, k);
    case "min":
      return withConstant("minConstant", 0, k);
    case "max":
      return withConstant("maxConstant", 0, k);
    default:
      return null;
  }
}

function withLeft(kind: BinaryFunction, k: number): MapStep | null {
  switch (kind) {
    case "sub":
      return withConstant("subFromConstant", 0, k);
    case "div":
      return withConstant("divConstant", 0, k);
    case "add":
    case "mul":
    case "min":
    case "max":
      return withRight(kind, k);
    default:
      return null;
  }
}
