/** From a graph to works: what depends on parameters alone is computed, operators become the few kinds that kernels know. */
import { MissileError } from "../core/error.ts";
import type { Node, Tensor } from "../models/graph.ts";
import { elementCount, isElementwise } from "../models/graph.ts";
import type { TensorValues, TrainedNetwork } from "../models/values.ts";
import { Constants } from "./constants.ts";
import { chainOf } from "./elementwise.ts";
import { canEvaluate, evaluate } from "./evaluate.ts";
import { step } from "./map-op.ts";
import type { Work, WorkOp } from "./work.ts";
import { made, NO_EPILOGUE } from "./work.ts";

export interface Folded {
  readonly works: Work[];
  readonly constants: Constants;
}

/** Throws MissileError("cannotPlan") for a node that no kernel can do. */
export function fold({ graph, values }: TrainedNetwork): Folded {
  const constants = new Constants(graph.parameters, values);
  const works: Work[] = [];
  for (const node of graph.nodes) {
    if (node.inputs.every((input) => constants.has(input)) && canEvaluate(node))
      node.outputs.forEach((output, index) => {
        constants.define(output, () => evaluate(node, index, constants));
      });
    else works.push(...worksOf(node, constants));
  }
  return { works, constants };
}

const work = (
  node: Node,
  op: WorkOp,
  inputs: readonly Tensor[] = node.inputs,
  outputs: readonly Tensor[] = node.outputs,
): Work => ({ name: node.name, nodes: [node.name], op, inputs, outputs, epilogue: NO_EPILOGUE });

function worksOf(node: Node, constants: Constants): Work[] {
  const { op } = node;
  if (isElementwise(op) && op.kind !== "batchNorm") {
    const { operands, steps } = chainOf(node, constants);
    return [work(node, { kind: "map", steps }, operands)];
  }
  switch (op.kind) {
    case "batchNorm":
      return [normAsMap(node, op.epsilon, constants)];
    case "conv":
      expectConstants(node, constants);
      return [work(node, { ...op, isTransposed: false })];
    case "convTranspose":
      expectConstants(node, constants);
      return [work(node, { ...op, kind: "conv", isTransposed: true })];
    case "linear":
      expectConstants(node, constants);
      return [work(node, op)];
    case "matmul":
      return matmulWorks(node, op, constants);
    case "layerNorm":
    case "groupNorm":
      expectConstants(node, constants);
      return [work(node, { ...op, kind: "norm", groups: op.kind === "groupNorm" ? op.groups : 0 })];
    case "softmax":
    case "logSoftmax":
      return [work(node, { kind: "softmax", axis: op.axis, isLog: op.kind === "logSoftmax" })];
    case "slice":
      return (op.step ?? 1) > 0 ? [work(node, op)] : [backwardSlice(node, op, constants)];
    default:
      return [work(node, op as WorkOp)];
  }
}

/** Weights, gains and the like are packed for kernels, which cannot be done with what is computed later. */
function expectConstants(node: Node, constants: Constants): void {
  const computed = node.inputs.slice(1).find((input) => !constants.has(input));
  if (computed === undefined) return;
  throw new MissileError(
    `${node.name} (${node.op.kind}): ${computed.name} is computed from the network's input; only constants can be its weights`,
    "cannotPlan",
  );
}

/** x * gain / sqrt(variance + epsilon) + what is left, channel by channel. */
function normAsMap(node: Node, epsilon: number, constants: Constants): Work {
  expectConstants(node, constants);
  const [x, gain, shift, mean, variance] = node.inputs as readonly [Tensor, Tensor, Tensor, Tensor, Tensor];
  const shape = [elementCount(gain.shape), ...x.shape.slice(2).map(() => 1)];
  const contents = (tensor: Tensor): TensorValues => constants.valuesOf(tensor);
  const scales = (): Float32Array =>
    Float32Array.from(contents(gain), (g, c) => g / Math.sqrt((contents(variance)[c] as number) + epsilon));
  const scale = constants.define(made(`${node.name}.scale`, shape), scales);
  const offset = constants.define(made(`${node.name}.offset`, shape), () =>
    scales().map((s, c) => (contents(shift)[c] as number) - s * (contents(mean)[c] as number)),
  );
  return work(node, { kind: "map", steps: [step("fma", 0, 1, 2)] }, [x, scale, offset]);
}

/** A product with a constant matrix is a linear layer. */
function matmulWorks(
  node: Node,
  { transposeB, alpha }: { readonly transposeB: boolean; readonly alpha: number },
  constants: Constants,
): Work[] {
  const [a, b] = node.inputs as readonly [Tensor, Tensor];
  const [rows = 1, columns = 1] = b.shape.slice(-2);
  if (constants.has(b) && elementCount(b.shape) === rows * columns) {
    const shape = transposeB ? [rows, columns] : [columns, rows];
    const weight = constants.define(made(`${node.name}.weight`, shape), () => {
      const values = constants.valuesOf(b);
      const turned = transposeB ? values.slice() : transposedMatrix(values, rows, columns);
      return turned.map((value) => value * alpha);
    });
    return [work(node, { kind: "linear" }, [a, weight])];
  }
  if (!transposeB) return [work(node, { kind: "matmul", alpha })];
  const rank = b.shape.length;
  const permutation = [...b.shape.keys()].slice(0, -2).concat(rank - 1, rank - 2);
  const turned = made(
    `${node.name}.b`,
    permutation.map((axis) => b.shape[axis] as number),
  );
  return [
    work(node, { kind: "transpose", permutation }, [b], [turned]),
    work(node, { kind: "matmul", alpha }, [a, turned]),
  ];
}

function transposedMatrix(values: TensorValues, rows: number, columns: number): TensorValues {
  const result = values.slice();
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = values[row * columns + column] as number;
  return result;
}

/** Strides do not go backwards: a lookup at fixed positions. */
function backwardSlice(
  node: Node,
  {
    axis,
    start,
    step: stride = 1,
  }: { readonly axis: number; readonly start: number; readonly step?: number },
  constants: Constants,
): Work {
  const count = (node.outputs[0] as Tensor).shape[axis] as number;
  const indices = constants.define(made(`${node.name}.indices`, [count], "int32"), () =>
    Int32Array.from({ length: count }, (_, index) => start + index * stride),
  );
  return work(node, { kind: "gather", axis }, [...node.inputs, indices]);
}
