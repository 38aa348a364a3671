/** Functions of one number in ONNX's operators of opset 17, several nodes where it has none of that name. */
import type { ActivationFunction, Node } from "../models/graph.ts";
import { asTruth, type NodeWriter } from "./export-node.ts";
import { DATA_TYPE } from "./proto.ts";

type ActivationWriter = (node: Node, x: string, writer: NodeWriter) => void;

const as =
  (opType: string): ActivationWriter =>
  (node, x, writer) =>
    writer.last(node, opType, [x]);

/** x * half a gate that goes from 0 to 2. */
function writeGelu(node: Node, x: string, writer: NodeWriter, opType: "Erf" | "Tanh", line: string): void {
  const gate = writer.step(node, "Add", [writer.step(node, opType, [line]), writer.floats([1])]);
  writer.last(node, "Mul", [writer.step(node, "Mul", [x, gate]), writer.floats([0.5])]);
}

const geluTanh: ActivationWriter = (node, x, writer) => {
  const step = (opType: string, a: string, b: string): string => writer.step(node, opType, [a, b]);
  const cube = step("Mul", step("Pow", x, writer.floats([3])), writer.floats([0.044715]));
  const line = step("Mul", step("Add", x, cube), writer.floats([Math.sqrt(2 / Math.PI)]));
  writeGelu(node, x, writer, "Tanh", line);
};

const WRITERS: Readonly<Record<ActivationFunction, ActivationWriter>> = {
  relu: as("Relu"),
  relu6: (node, x, writer) => writer.last(node, "Clip", [x, writer.floats([0]), writer.floats([6])]),
  hardswish: as("HardSwish"),
  hardsigmoid: (node, x, writer) =>
    writer.last(node, "HardSigmoid", [x], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } }),
  silu: (node, x, writer) => writer.last(node, "Mul", [x, writer.step(node, "Sigmoid", [x])]),
  gelu: (node, x, writer) =>
    writeGelu(node, x, writer, "Erf", writer.step(node, "Mul", [x, writer.floats([Math.SQRT1_2])])),
  geluTanh,
  sigmoid: as("Sigmoid"),
  tanh: as("Tanh"),
  erf: as("Erf"),
  exp: as("Exp"),
  log: as("Log"),
  sqrt: as("Sqrt"),
  reciprocal: as("Reciprocal"),
  neg: as("Neg"),
  abs: as("Abs"),
  floor: as("Floor"),
  ceil: as("Ceil"),
  round: as("Round"),
  sign: as("Sign"),
  sin: as("Sin"),
  cos: as("Cos"),
  softplus: as("Softplus"),
  mish: (node, x, writer) =>
    writer.last(node, "Mul", [x, writer.step(node, "Tanh", [writer.step(node, "Softplus", [x])])]),
  not: (node, x, writer) =>
    writer.last(node, "Cast", [writer.step(node, "Not", [asTruth(node, x, writer)])], {
      to: DATA_TYPE.int32,
    }),
};

export function writeActivation(node: Node, name: ActivationFunction, writer: NodeWriter): void {
  WRITERS[name](node, node.inputs[0]?.name ?? "", writer);
}
