/** Computes, while planning, what depends on parameters alone. */
import type { Node, Shape, Tensor } from "../models/graph.ts";
import { elementCount, isElementwise } from "../models/graph.ts";
import type { TensorValues } from "../models/values.ts";
import type { Constants } from "./constants.ts";
import { chainOf } from "./elementwise.ts";
import { jointAxes } from "./joint.ts";
import type { Layout } from "./layout.ts";
import { expanded, reshaped, rowMajor, sliced, transposed } from "./layout.ts";
import { computeSteps } from "./map-op.ts";

/** Whether `evaluate` knows the node's operator. */
export function canEvaluate({ op }: Node): boolean {
  if (isElementwise(op)) return op.kind !== "batchNorm";
  return ["reshape", "transpose", "slice", "split", "expand", "concat", "gather"].includes(op.kind);
}

/** Contents of the node's output `index`; its inputs are constants. */
export function evaluate(node: Node, index: number, constants: Constants): TensorValues {
  const output = node.outputs[index] as Tensor;
  const { op } = node;
  if (isElementwise(op)) return evaluateChain(node, output, constants);
  switch (op.kind) {
    case "concat":
      return concatenated(node.inputs, op.axis, output, constants);
    case "gather":
      return gathered(node.inputs as readonly [Tensor, Tensor], op.axis, output, constants);
    default: {
      const [x] = node.inputs as readonly [Tensor];
      return readThrough(constants.valuesOf(x), viewOf(node, index), output);
    }
  }
}

function viewOf(node: Node, index: number): Layout {
  const { op } = node;
  const shape = (node.inputs[0] as Tensor).shape;
  const whole = rowMajor(shape);
  switch (op.kind) {
    case "reshape":
      // A row-major tensor is reshaped by counting anew.
      return reshaped(whole, op.shape) ?? rowMajor(op.shape);
    case "transpose":
      return transposed(whole, op.permutation);
    case "expand":
      return expanded(whole, op.shape);
    case "slice": {
      const count = (node.outputs[0] as Tensor).shape[op.axis] as number;
      return sliced(whole, op.axis, op.start, count, op.step) as Layout;
    }
    case "split": {
      const start = op.sizes.slice(0, index).reduce((sum, size) => sum + size, 0);
      return sliced(whole, op.axis, start, op.sizes[index] as number) as Layout;
    }
    default:
      throw new Error(`${node.name}: ${op.kind} is no view`);
  }
}

const emptyLike = (tensor: Tensor): TensorValues =>
  tensor.type === "int32"
    ? new Int32Array(elementCount(tensor.shape))
    : new Float32Array(elementCount(tensor.shape));

/** Where each element lies, row-major. */
export function* placesOf(layout: Layout): Generator<number> {
  const axes = jointAxes([layout]) ?? [];
  const index = new Array<number>(axes.length).fill(0);
  const count = axes.reduce((product, axis) => product * axis.extent, 1);
  let place = layout.offset;
  for (let done = 0; done < count; done++) {
    yield place;
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const { extent, strides } = axes[axis] as (typeof axes)[number];
      const stride = strides[0] as number;
      place += stride;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < extent) break;
      place -= extent * stride;
      index[axis] = 0;
    }
  }
}

function readThrough(values: TensorValues, layout: Layout, output: Tensor): TensorValues {
  const result = emptyLike(output);
  let at = 0;
  for (const place of placesOf(layout)) result[at++] = values[place] as number;
  return result;
}

function evaluateChain(node: Node, output: Tensor, constants: Constants): TensorValues {
  const { operands, steps } = chainOf(node, constants);
  const contents = operands.map((operand) => constants.valuesOf(operand));
  const places = operands.map((operand) => placesOf(expanded(rowMajor(operand.shape), output.shape)));
  const result = emptyLike(output);
  for (let at = 0; at < result.length; at++) {
    const numbers = contents.map((values, index) => values[places[index]?.next().value as number] as number);
    result[at] = computeSteps(steps, numbers);
  }
  return result;
}

const countOf = (shape: Shape): number => elementCount(shape);

function concatenated(
  inputs: readonly Tensor[],
  axis: number,
  output: Tensor,
  constants: Constants,
): TensorValues {
  const result = emptyLike(output);
  const rowElements = countOf(output.shape.slice(axis));
  let before = 0;
  for (const input of inputs) {
    const values = constants.valuesOf(input);
    const width = countOf(input.shape.slice(axis));
    for (let from = 0, to = before; from < values.length; from += width, to += rowElements)
      result.set(values.subarray(from, from + width), to);
    before += width;
  }
  return result;
}

function gathered(
  [table, indices]: readonly [Tensor, Tensor],
  axis: number,
  output: Tensor,
  constants: Constants,
): TensorValues {
  const values = constants.valuesOf(table);
  const chosen = constants.valuesOf(indices);
  const result = emptyLike(output);
  const entries = table.shape[axis] as number;
  const width = countOf(table.shape.slice(axis + 1));
  let at = 0;
  for (let outer = 0; outer < values.length; outer += entries * width)
    for (const index of chosen) {
      const entry = outer + (index < 0 ? index + entries : index) * width;
      result.set(values.subarray(entry, entry + width), at);
      at += width;
    }
  return result;
}
