/** Shape inference: the shapes of a node's outputs from its operation and the shapes of its inputs. */
import { MissileError } from "../core/error.ts";
import type { ElementType, Op, OpOf, Pair, Shape, Tensor, Window } from "./graph.ts";
import { elementCount, showShape, tellsTruth } from "./graph.ts";

/** Reports what does not fit, with the shapes that met. */
type Refuse = (reason: string) => never;

/**
 * Shapes of the outputs. `where` names the node in errors.
 * Throws MissileError("badGraph") where inputs do not fit the operation or one another.
 */
export function inferShapes(where: string, op: Op, inputs: readonly Shape[]): Shape[] {
  const refuse: Refuse = (reason) => {
    throw new MissileError(
      `${where}: ${op.kind} of ${inputs.map(showShape).join(", ")}: ${reason}`,
      "badGraph",
    );
  };
  return shapesOf(op, inputs, refuse);
}

/** Of operations that compute. */
function shapesOf(op: Op, inputs: readonly Shape[], refuse: Refuse): Shape[] {
  const [x = refuse("it has no input"), second, third] = inputs;
  switch (op.kind) {
    case "conv":
      return [convShape(op, x, second ?? refuse("it has no weight"), third, refuse)];
    case "linear":
      return [linearShape(x, second ?? refuse("it has no weight"), third, refuse)];
    case "matmul":
      return [matmulShape(op, x, second ?? refuse("it has one operand"), refuse)];
    case "convTranspose":
      return [transposedConvShape(op, x, second ?? refuse("it has no weight"), third, refuse)];
    case "batchNorm":
    case "groupNorm":
      for (const parameter of inputs.slice(1)) expectVector(parameter, x[1], refuse);
      if (op.kind === "groupNorm" && (x[1] ?? 0) % op.groups !== 0)
        refuse(`${x[1]} channels do not divide into ${op.groups} groups`);
      return [x];
    case "layerNorm":
      for (const parameter of inputs.slice(1)) expectVector(parameter, x.at(-1), refuse);
      return [x];
    case "activation":
    case "clip":
    case "leakyRelu":
    case "elu":
    case "cast":
      return [x];
    case "softmax":
    case "logSoftmax":
      axisOf(op.axis, x, refuse);
      return [x];
    case "where":
      return [
        [second ?? refuse("it has one operand"), third ?? refuse("it has two operands")].reduce(
          (shape, other) => broadcast(shape, other, refuse),
          x,
        ),
      ];
    case "maxPool":
    case "avgPool":
      return [pooledShape(op, x, refuse)];
    case "reduce":
      return [reducedShape(op, x, refuse)];
    case "resize":
      if (x.length !== 4) refuse("its input is no NCHW image");
      return [[...x.slice(0, 2), ...op.size]];
    default:
      return arrangedShapes(op, inputs, refuse);
  }
}

/** Of operations that give elements another place; the rest has two operands. */
function arrangedShapes(op: Op, inputs: readonly Shape[], refuse: Refuse): Shape[] {
  const [x, second] = inputs as readonly [Shape, Shape?];
  switch (op.kind) {
    case "expand":
      if (broadcast(x, op.shape, refuse).join() !== op.shape.join())
        refuse(`it does not broadcast to ${showShape(op.shape)}`);
      return [op.shape];
    case "gather": {
      const axis = axisOf(op.axis, x, refuse);
      return [[...x.slice(0, axis), ...(second ?? refuse("it has no indices")), ...x.slice(axis + 1)]];
    }
    case "concat":
      return [concatShape(op, inputs, refuse)];
    case "split":
      return splitShapes(op, x, refuse);
    case "slice":
      return [slicedShape(op, x, refuse)];
    case "pad":
      if (op.before.length !== x.length || op.after.length !== x.length) refuse("it needs one pad an axis");
      return [x.map((extent, axis) => extent + (op.before[axis] ?? 0) + (op.after[axis] ?? 0))];
    case "reshape":
      if (elementCount(op.shape) !== elementCount(x))
        refuse(`${showShape(op.shape)} has another number of elements`);
      return [op.shape];
    case "transpose":
      if (op.permutation.toSorted((a, b) => a - b).join() !== [...x.keys()].join())
        refuse(`${showShape(op.permutation)} is no permutation of its axes`);
      return [op.permutation.map((axis) => x[axis] as number)];
    default:
      return [broadcast(x, second ?? refuse("it has one operand"), refuse)];
  }
}

/** The element type of a node's outputs. Truths are integers, 1 and 0. */
export function resultType(op: Op, inputs: readonly Pick<Tensor, "type">[]): ElementType {
  if (tellsTruth(op)) return "int32";
  if (op.kind === "cast") return op.type;
  return inputs[op.kind === "where" ? 1 : 0]?.type ?? "float32";
}

function axisOf(axis: number, shape: Shape, refuse: Refuse): number {
  return axis >= 0 && axis < shape.length ? axis : refuse(`there is no axis ${axis}`);
}

function expectVector(shape: Shape, extent: number | undefined, refuse: Refuse): void {
  if (shape.length !== 1 || shape[0] !== extent)
    refuse(`a parameter is ${showShape(shape)}, not [${extent}]`);
}

/**
 * Positions of a window along one axis, that has `padded` lines on both sides together and `before` of them before it. Rounded up,
 * the last one may reach beyond the padding, but begins in the image or before it.
 */
function slidden(
  extent: number,
  reach: number,
  stride: number,
  [before, after]: Pair,
  ceil: boolean,
): number {
  const room = (extent + before + after - reach) / stride;
  if (!ceil) return Math.floor(room) + 1;
  const positions = Math.ceil(room) + 1;
  return (positions - 1) * stride >= extent + before ? positions - 1 : positions;
}

function slide(window: Window, reach: Pair, ceil: boolean, image: Shape, refuse: Refuse): Pair {
  const [, , height, width] = image;
  if (image.length !== 4 || height === undefined || width === undefined)
    return refuse("its input is no NCHW image");
  const [top, left, bottom, right] = window.padding;
  const rows = slidden(height, reach[0], window.stride[0], [top, bottom], ceil);
  const columns = slidden(width, reach[1], window.stride[1], [left, right], ceil);
  return rows >= 1 && columns >= 1 ? [rows, columns] : refuse("its window is larger than the padded image");
}

function convShape(
  op: OpOf<"conv">,
  x: Shape,
  weight: Shape,
  bias: Shape | undefined,
  refuse: Refuse,
): Shape {
  const [outChannels, inChannels, height, width] = weight;
  if (weight.length !== 4 || outChannels === undefined || height === undefined || width === undefined)
    return refuse("its weight is not [out, in / groups, height, width]");
  if (outChannels % op.groups !== 0 || x[1] !== (inChannels ?? 0) * op.groups)
    refuse(`${x[1]} channels in and ${outChannels} out do not fit its weight in ${op.groups} groups`);
  if (bias !== undefined) expectVector(bias, outChannels, refuse);
  const reach: Pair = [(height - 1) * op.dilation[0] + 1, (width - 1) * op.dilation[1] + 1];
  return [x[0] ?? 0, outChannels, ...slide(op, reach, false, x, refuse)];
}

function transposedConvShape(
  op: OpOf<"convTranspose">,
  x: Shape,
  weight: Shape,
  bias: Shape | undefined,
  refuse: Refuse,
): Shape {
  const [inChannels, perGroup, ...kernel] = weight;
  if (weight.length !== 4 || inChannels === undefined || perGroup === undefined || x.length !== 4)
    return refuse("its weight is not [in, out / groups, height, width]");
  if (x[1] !== inChannels || inChannels % op.groups !== 0)
    refuse(`${x[1]} channels do not fit its weight in ${op.groups} groups`);
  if (bias !== undefined) expectVector(bias, perGroup * op.groups, refuse);
  const [top, left, bottom, right] = op.padding;
  const along = (axis: 0 | 1, padded: number): number =>
    ((x[axis + 2] as number) - 1) * op.stride[axis] +
    ((kernel[axis] as number) - 1) * op.dilation[axis] +
    1 +
    op.outputPadding[axis] -
    padded;
  const [rows, columns] = [along(0, top + bottom), along(1, left + right)];
  if (rows < 1 || columns < 1) refuse("its padding leaves nothing");
  return [x[0] ?? 0, perGroup * op.groups, rows, columns];
}

function pooledShape(op: OpOf<"maxPool" | "avgPool">, x: Shape, refuse: Refuse): Shape {
  const dilation = op.kind === "maxPool" ? (op.dilation ?? [1, 1]) : [1, 1];
  const reach: Pair = [
    (op.kernel[0] - 1) * (dilation[0] ?? 1) + 1,
    (op.kernel[1] - 1) * (dilation[1] ?? 1) + 1,
  ];
  return [...x.slice(0, 2), ...slide(op, reach, op.ceilMode ?? false, x, refuse)];
}

function linearShape(x: Shape, weight: Shape, bias: Shape | undefined, refuse: Refuse): Shape {
  const [out = 0, inner] = weight;
  if (weight.length !== 2 || x.at(-1) !== inner)
    refuse(`its rows have ${x.at(-1)} columns, its weight ${inner}`);
  if (bias !== undefined) expectVector(bias, out, refuse);
  return [...x.slice(0, -1), out];
}

function matmulShape(op: OpOf<"matmul">, a: Shape, b: Shape, refuse: Refuse): Shape {
  const [inner, columns] = op.transposeB ? [b.at(-1), b.at(-2)] : [b.at(-2), b.at(-1)];
  if (a.length < 2 || b.length !== a.length || columns === undefined)
    return refuse("its operands differ in rank");
  if (a.slice(0, -2).join() !== b.slice(0, -2).join()) refuse("its operands differ in their leading axes");
  if (a.at(-1) !== inner) refuse(`inner extents ${a.at(-1)} and ${inner} differ`);
  return [...a.slice(0, -1), columns];
}

function broadcast(a: Shape, b: Shape, refuse: Refuse): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    return left === right || right === 1
      ? left
      : left === 1
        ? right
        : refuse("its operands do not broadcast");
  });
}

function reducedShape(op: OpOf<"reduce">, x: Shape, refuse: Refuse): Shape {
  for (const axis of op.axes) axisOf(axis, x, refuse);
  if (op.keepDims) return x.map((extent, axis) => (op.axes.includes(axis) ? 1 : extent));
  return x.filter((_, axis) => !op.axes.includes(axis));
}

function concatShape(op: OpOf<"concat">, inputs: readonly Shape[], refuse: Refuse): Shape {
  const first = inputs[0] as Shape;
  const axis = axisOf(op.axis, first, refuse);
  for (const shape of inputs) {
    const fits =
      shape.length === first.length && shape.every((extent, at) => at === axis || extent === first[at]);
    if (!fits) refuse(`its inputs differ beside axis ${axis}`);
  }
  return first.with(
    axis,
    inputs.reduce((sum, shape) => sum + (shape[axis] as number), 0),
  );
}

function splitShapes(op: OpOf<"split">, x: Shape, refuse: Refuse): Shape[] {
  const axis = axisOf(op.axis, x, refuse);
  const total = op.sizes.reduce((sum, size) => sum + size, 0);
  if (total !== x[axis]) refuse(`its pieces ${showShape(op.sizes)} do not sum to ${x[axis]}`);
  return op.sizes.map((size) => x.with(axis, size));
}

function slicedShape(op: OpOf<"slice">, x: Shape, refuse: Refuse): Shape {
  const extent = x[axisOf(op.axis, x, refuse)] ?? 0;
  const { start, end, step = 1 } = op;
  const count = Math.ceil((end - start) / step);
  // Backwards, the end lies before the first entry that is left out: -1 takes in entry 0.
  const fits = start >= 0 && start < extent && (step > 0 ? end <= extent : end >= -1);
  if (!Number.isInteger(step) || step === 0 || !fits || count < 1)
    refuse(`no entries ${start} to ${end} on axis ${op.axis}`);
  return x.with(op.axis, count);
}
