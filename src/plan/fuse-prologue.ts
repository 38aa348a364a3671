/** Norms and gates before a 1x1 convolution, done as it reads its image: what it reads need not be written first. */
import type { Tensor } from "../models/graph.ts";
import { elementCount } from "../models/graph.ts";
import type { Constants } from "./constants.ts";
import { channelwise } from "./fuse-affine.ts";
import type { MapStep } from "./map-op.ts";
import { MOST_OPERANDS } from "./map-op.ts";
import type { Prologue, Work } from "./work.ts";
import { isOnTiles } from "./work.ts";

/** The convolution `conv` with the elementwise `map`, whose result it alone reads, as its prologue; null: it cannot be. */
export function withPrologue(map: Work, conv: Work, constants: Constants): Work | null {
  const { op, inputs } = conv;
  if (op.kind !== "conv" || !isOnTiles(conv) || map.op.kind !== "map" || map.outputs[0] !== inputs[0])
    return null;
  const isPointwise = elementCount((inputs[1] as Tensor).shape.slice(2)) === 1;
  if (!isPointwise || op.padding.some((pad) => pad !== 0)) return null;
  const found = prologueOf(map, map.op.steps, constants);
  if (found === null) return null;
  const nodes = [...map.nodes, ...conv.nodes];
  return { ...conv, nodes, inputs: [found.image, ...inputs.slice(1)], prologue: found.prologue };
}

interface Found {
  readonly image: Tensor;
  readonly prologue: Prologue;
}

/** x * scale, or x * scale + shift, and perhaps relu. */
function prologueOf(map: Work, steps: readonly MapStep[], constants: Constants): Found | null {
  const [first, second] = steps;
  if (first === undefined || steps.length > 2) return null;
  if (second !== undefined && (second.op !== "relu" || second.a !== MOST_OPERANDS)) return null;
  const activation = second === undefined ? "none" : "relu";
  const { shape, type } = map.outputs[0] as Tensor;
  const operand = (index: number): Tensor => map.inputs[index] as Tensor;
  const isImage = (tensor: Tensor): boolean => tensor.shape.join() === shape.join() && tensor.type === type;
  const isConstant = (tensor: Tensor): boolean =>
    elementCount(tensor.shape) > 1 && channelwise(tensor, shape, 1, constants) !== null;
  const [image, scale] = isImage(operand(first.a))
    ? [operand(first.a), operand(first.b)]
    : [operand(first.b), operand(first.a)];
  if (!isImage(image) || constants.has(image) || scale === image) return null;
  switch (first.op) {
    case "fma": {
      const shift = operand(first.c);
      return isConstant(scale) && isConstant(shift)
        ? { image, prologue: { scale, shift, activation } }
        : null;
    }
    case "mul":
      return isConstant(scale) || isGate(scale, shape, constants)
        ? { image, prologue: { scale, shift: null, activation } }
        : null;
    default:
      return null;
  }
}

/** One number for each image and channel. */
function isGate(
  tensor: Tensor,
  [batch = 1, channels = 1, ...spatial]: readonly number[],
  constants: Constants,
): boolean {
  const gates = [batch, channels, ...spatial.map(() => 1)];
  return !constants.has(tensor) && tensor.type === "float32" && tensor.shape.join() === gates.join();
}
