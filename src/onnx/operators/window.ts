/** Operators that slide a window over images, and those that reduce an image to a number. Signals of one axis are images of one row. */
import type { Padding, Pair, ReduceFunction, Shape } from "../../models/graph.ts";
import type { Call, Operator, Operators } from "../call.ts";
import { Unsupported } from "../unsupported.ts";
import type { Entry } from "../writer.ts";

/** Attributes of a window, of one or two axes. */
interface Sliding {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  readonly padding: Padding;
}

/** A signal [n, c, l] as the image [n, c, 1, l]. */
function asImage(call: Call, x: Entry): Entry {
  if (x.shape.length === 3) return call.reshape(x, x.shape.toSpliced(2, 0, 1));
  if (x.shape.length !== 4)
    throw new Unsupported(`its input has ${x.shape.length} axes, where 3 and 4 are known`);
  return x;
}

/** Back to as many axes as the operator's input has. */
const asInput = (call: Call, y: Entry): Entry =>
  call.shape(0).length === 3 ? call.reshape(y, y.shape.toSpliced(2, 1)) : y;

/** The last two numbers, or the last after one that leaves the rows alone. */
const pairOf = (numbers: readonly number[] | undefined, otherwise: number): Pair => {
  const [first = otherwise, second] = numbers ?? [otherwise, otherwise];
  return second === undefined ? [otherwise, first] : [first, second];
};

function slidingOf(call: Call, kernel: Pair, image: Shape): Sliding {
  const { attributes } = call;
  const stride = pairOf(attributes.ints("strides"), 1);
  const dilation = pairOf(attributes.ints("dilations"), 1);
  const auto = attributes.text("auto_pad", "NOTSET");
  const sides = auto === "NOTSET" || auto === "" ? padsOf(attributes.ints("pads")) : null;
  if (sides !== null) return { kernel, stride, dilation, padding: sides };
  if (auto === "VALID") return { kernel, stride, dilation, padding: [0, 0, 0, 0] };
  const [vertical, horizontal] = ([0, 1] as const).map((axis) => {
    const extent = image[axis + 2] as number;
    const reach = (kernel[axis] - 1) * dilation[axis] + 1;
    const total = Math.max(0, (Math.ceil(extent / stride[axis]) - 1) * stride[axis] + reach - extent);
    return halves(total, auto === "SAME_UPPER");
  }) as [Pair, Pair];
  return { kernel, stride, dilation, padding: [vertical[0], horizontal[0], vertical[1], horizontal[1]] };
}

/** A sum as two halves, of which the second is the larger one where `isLater`. */
const halves = (total: number, isLater: boolean): Pair => {
  const [less, more] = [Math.floor(total / 2), Math.ceil(total / 2)];
  return isLater ? [less, more] : [more, less];
};

function padsOf(pads: readonly number[] = [0, 0, 0, 0]): Padding {
  if (pads.some((pad) => pad < 0)) throw new Unsupported("its pads are below 0");
  return pads.length === 2 ? [0, pads[0] as number, 0, pads[1] as number] : (pads as Padding);
}

function conv(call: Call): Entry {
  const [x, weight] = [asImage(call, call.input(0)), asImage(call, call.input(1))];
  const { kernel: _, ...window } = slidingOf(call, weight.shape.slice(2) as unknown as Pair, x.shape);
  const bias = call.optional(2);
  const op = { kind: "conv", ...window, groups: call.attributes.int("group", 1) } as const;
  return asInput(call, call.emit(op, x, weight, ...(bias === undefined ? [] : [bias])));
}

function convTranspose(call: Call): Entry {
  const [x, weight] = [asImage(call, call.input(0)), asImage(call, call.input(1))];
  const kernel = weight.shape.slice(2) as unknown as Pair;
  const { attributes } = call;
  const isNamed = !["NOTSET", "", "VALID"].includes(attributes.text("auto_pad", "NOTSET"));
  if (attributes.ints("output_shape") !== undefined || isNamed)
    throw new Unsupported("its padding is given by output_shape or auto_pad");
  const { stride, dilation, padding } = slidingOf(call, kernel, x.shape);
  const outputPadding = pairOf(attributes.ints("output_padding"), 0);
  const bias = call.optional(2);
  const op = {
    kind: "convTranspose",
    stride,
    dilation,
    padding,
    outputPadding,
    groups: attributes.int("group", 1),
  } as const;
  return asInput(call, call.emit(op, x, weight, ...(bias === undefined ? [] : [bias])));
}

function pooling(call: Call): { readonly x: Entry; readonly window: Sliding; readonly ceilMode: boolean } {
  const x = asImage(call, call.input(0));
  const window = slidingOf(call, pairOf(call.attributes.ints("kernel_shape"), 1), x.shape);
  return { x, window, ceilMode: call.attributes.int("ceil_mode", 0) === 1 };
}

const isPlain = (pair: Pair): boolean => pair[0] === 1 && pair[1] === 1;

function maxPool(call: Call): Entry {
  if (call.outputCount > 1) throw new Unsupported("it gives the indices of its maxima too");
  const { x, window, ceilMode } = pooling(call);
  const { dilation, ...rest } = window;
  const op = { kind: "maxPool", ...rest, ceilMode } as const;
  return asInput(call, call.emit(isPlain(dilation) ? op : { ...op, dilation }, x));
}

function averagePool(call: Call): Entry {
  const { x, window, ceilMode } = pooling(call);
  const { dilation, ...rest } = window;
  if (!isPlain(dilation)) throw new Unsupported("its window is dilated");
  const isPadded = rest.padding.some((side) => side > 0);
  // Where nothing is padded, both ways of counting are one.
  const countPadding = !(isPadded || ceilMode) || call.attributes.int("count_include_pad", 0) === 1;
  const op = { kind: "avgPool", ...rest, countPadding } as const;
  return asInput(call, call.emit(ceilMode ? { ...op, ceilMode } : op, x));
}

const globalPool =
  (name: ReduceFunction): Operator =>
  (call) => {
    const x = call.input(0);
    const axes = [...x.shape.keys()].slice(2);
    return call.emit({ kind: "reduce", function: name, axes, keepDims: true }, x);
  };

export const WINDOW_OPERATORS: Operators = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: globalPool("mean"),
  GlobalMaxPool: globalPool("max"),
};
