/** How each operation of a graph is written in ONNX. */
import type { Node, Op, OpOf, ReduceFunction, Tensor, Window } from "../models/graph.ts";
import { writeActivation } from "./export-activations.ts";
import { type AttributeValues, asTruth, type NodeWriter } from "./export-node.ts";
import { writeResize } from "./export-resize.ts";
import { DATA_TYPE } from "./proto.ts";

type OperationWriter<Kind extends Op["kind"]> = (node: Node, op: OpOf<Kind>, writer: NodeWriter) => void;

const namesOf = (tensors: readonly Tensor[]): string[] => tensors.map(({ name }) => name);

/** One node of ONNX with the same inputs. */
const as =
  <Kind extends Op["kind"]>(
    opType: string,
    attributes: (op: OpOf<Kind>) => AttributeValues = () => ({}),
  ): OperationWriter<Kind> =>
  (node, op, writer) =>
    writer.last(node, opType, namesOf(node.inputs), attributes(op));

/** Inputs of integers behind the node's own. */
const withIntegers =
  <Kind extends Op["kind"]>(
    opType: string,
    lists: (op: OpOf<Kind>) => readonly (readonly number[])[],
    attributes: (op: OpOf<Kind>) => AttributeValues = () => ({}),
  ): OperationWriter<Kind> =>
  (node, op, writer) => {
    const added = lists(op).map((numbers) => writer.integers(numbers));
    writer.last(node, opType, [...namesOf(node.inputs), ...added], attributes(op));
  };

/** ONNX compares to truths, which the graph has as integers. */
const comparing =
  (opType: string): OperationWriter<Op["kind"]> =>
  (node, _, writer) =>
    writer.last(node, "Cast", [writer.step(node, opType, namesOf(node.inputs))], { to: DATA_TYPE.int32 });

const connecting =
  (opType: string): OperationWriter<Op["kind"]> =>
  (node, _, writer) => {
    const truths = namesOf(node.inputs).map((name) => asTruth(node, name, writer));
    writer.last(node, "Cast", [writer.step(node, opType, truths)], { to: DATA_TYPE.int32 });
  };

const windowOf = ({ stride, padding }: Window) => ({ strides: stride, pads: padding });
const convOf = (op: OpOf<"conv"> | OpOf<"convTranspose">) => ({
  ...windowOf(op),
  dilations: op.dilation,
  group: op.groups,
});
const axisOf = ({ axis }: { readonly axis: number }) => ({ axis });

/** Where it takes in entry 0 going backwards, no index says the end. */
const FAR_BELOW = -(2 ** 31);

/** An operation = a row here. */
const WRITERS: { readonly [Kind in Op["kind"]]: OperationWriter<Kind> } = {
  conv: as("Conv", convOf),
  convTranspose: as("ConvTranspose", (op) => ({ ...convOf(op), output_padding: op.outputPadding })),
  linear: writeLinear,
  matmul: writeMatmul,
  batchNorm: as("BatchNormalization", (op) => ({ epsilon: { float: op.epsilon } })),
  layerNorm: as("LayerNormalization", (op) => ({ axis: -1, epsilon: { float: op.epsilon } })),
  groupNorm: writeGroupNorm,
  activation: (node, op, writer) => writeActivation(node, op.function, writer),
  clip: (node, op, writer) =>
    writer.last(node, "Clip", [...namesOf(node.inputs), writer.floats([op.min]), writer.floats([op.max])]),
  leakyRelu: as("LeakyRelu", (op) => ({ alpha: { float: op.slope } })),
  elu: as("Elu", (op) => ({ alpha: { float: op.slope } })),
  add: as("Add"),
  sub: as("Sub"),
  mul: as("Mul"),
  div: as("Div"),
  pow: as("Pow"),
  min: as("Min"),
  max: as("Max"),
  equal: comparing("Equal"),
  less: comparing("Less"),
  lessOrEqual: comparing("LessOrEqual"),
  greater: comparing("Greater"),
  greaterOrEqual: comparing("GreaterOrEqual"),
  and: connecting("And"),
  or: connecting("Or"),
  xor: connecting("Xor"),
  where: (node, _, writer) => {
    const [condition = "", ...values] = namesOf(node.inputs);
    writer.last(node, "Where", [asTruth(node, condition, writer), ...values]);
  },
  softmax: as("Softmax", axisOf),
  logSoftmax: as("LogSoftmax", axisOf),
  maxPool: as("MaxPool", (op) => ({
    ...windowOf(op),
    kernel_shape: op.kernel,
    ceil_mode: Number(op.ceilMode),
    ...(op.dilation === undefined ? {} : { dilations: op.dilation }),
  })),
  avgPool: as("AveragePool", (op) => ({
    ...windowOf(op),
    kernel_shape: op.kernel,
    ceil_mode: Number(op.ceilMode ?? false),
    count_include_pad: Number(op.countPadding),
  })),
  reduce: writeReduce,
  gather: as("Gather", axisOf),
  concat: as("Concat", axisOf),
  split: withIntegers("Split", (op) => [op.sizes], axisOf),
  slice: withIntegers("Slice", (op) => [
    [op.start],
    [op.end < 0 ? FAR_BELOW : op.end],
    [op.axis],
    [op.step ?? 1],
  ]),
  pad: (node, op, writer) => {
    const [pads, value] = [writer.integers([...op.before, ...op.after]), writer.floats([op.value ?? 0])];
    writer.last(node, "Pad", [...namesOf(node.inputs), pads, value], { mode: op.mode ?? "constant" });
  },
  resize: writeResize,
  expand: withIntegers("Expand", (op) => [op.shape]),
  cast: as("Cast", (op) => ({ to: op.type === "int32" ? DATA_TYPE.int32 : DATA_TYPE.float })),
  reshape: withIntegers("Reshape", (op) => [op.shape]),
  transpose: as("Transpose", (op) => ({ perm: op.permutation })),
};

/** Adds the nodes that compute what the node does. */
export function writeOperation(node: Node, writer: NodeWriter): void {
  const write = WRITERS[node.op.kind] as (node: Node, op: Op, writer: NodeWriter) => void;
  write(node, node.op, writer);
}

const swapLast = (rank: number): number[] => [...Array(rank - 2).keys(), rank - 1, rank - 2];

/** Gemm where rows are vectors; MatMul has its right operand the other way round. */
function writeLinear(node: Node, _: OpOf<"linear">, writer: NodeWriter): void {
  const [x, weight, bias] = node.inputs as readonly [Tensor, Tensor, Tensor?];
  if (x.shape.length === 2) {
    writer.last(node, "Gemm", namesOf(node.inputs), { transB: 1 });
    return;
  }
  const operands = [x.name, writer.step(node, "Transpose", [weight.name], { perm: [1, 0] })];
  if (bias === undefined) writer.last(node, "MatMul", operands);
  else writer.last(node, "Add", [writer.step(node, "MatMul", operands), bias.name]);
}

function writeMatmul(node: Node, op: OpOf<"matmul">, writer: NodeWriter): void {
  const [a, b] = node.inputs as readonly [Tensor, Tensor];
  const turned = (): string => writer.step(node, "Transpose", [b.name], { perm: swapLast(b.shape.length) });
  const operands = [a.name, op.transposeB ? turned() : b.name];
  if (op.alpha === 1) writer.last(node, "MatMul", operands);
  else writer.last(node, "Mul", [writer.step(node, "MatMul", operands), writer.floats([op.alpha])]);
}

/** Groups as channels of an instance norm, then gain and shift of the channels themselves. */
function writeGroupNorm(node: Node, op: OpOf<"groupNorm">, writer: NodeWriter): void {
  const [x, gain, shift] = node.inputs as readonly [Tensor, Tensor, Tensor];
  const epsilon = { epsilon: { float: op.epsilon } };
  const channels = gain.shape[0] as number;
  if (op.groups === channels) {
    writer.last(node, "InstanceNormalization", namesOf(node.inputs), epsilon);
    return;
  }
  const grouped = writer.step(node, "Reshape", [
    x.name,
    writer.integers([x.shape[0] as number, op.groups, -1]),
  ]);
  const filled = (number: number): string => writer.floats(new Array(op.groups).fill(number), [op.groups]);
  const normed = writer.step(node, "InstanceNormalization", [grouped, filled(1), filled(0)], epsilon);
  const image = writer.step(node, "Reshape", [normed, writer.integers(x.shape)]);
  const perChannel = (vector: Tensor): string =>
    writer.step(node, "Reshape", [
      vector.name,
      writer.integers([channels, ...x.shape.slice(2).map(() => 1)]),
    ]);
  const scaled = writer.step(node, "Mul", [image, perChannel(gain)]);
  writer.last(node, "Add", [scaled, perChannel(shift)]);
}

const REDUCTIONS: Readonly<Record<ReduceFunction, string>> = {
  sum: "ReduceSum",
  mean: "ReduceMean",
  max: "ReduceMax",
  min: "ReduceMin",
  prod: "ReduceProd",
  sumSquare: "ReduceSumSquare",
  l1: "ReduceL1",
  l2: "ReduceL2",
  logSumExp: "ReduceLogSumExp",
};

/** Until opset 18, ReduceSum alone takes its axes as an input. */
function writeReduce(node: Node, op: OpOf<"reduce">, writer: NodeWriter): void {
  const names = namesOf(node.inputs);
  const keepdims = Number(op.keepDims);
  if (op.function === "sum")
    writer.last(node, "ReduceSum", [...names, writer.integers(op.axes)], { keepdims });
  else writer.last(node, REDUCTIONS[op.function], names, { axes: op.axes, keepdims });
}
