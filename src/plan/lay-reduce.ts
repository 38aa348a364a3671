/** Kernels of reductions. Long rows are reduced in parts, and then the parts. */
import type { ReduceFunction, Shape, Tensor } from "../models/graph.ts";
import type { Buffer, Placement } from "./buffer.ts";
import { bytesOf } from "./buffer.ts";
import { fitted, THREADS } from "./copies.ts";
import type { JointAxis } from "./joint.ts";
import { axesOf, filledTo, jointAxes, mergeJoint } from "./joint.ts";
import { KEPT_AXES, keptAxes, keptOf, stridesOf } from "./lay-rows.ts";
import type { Layout } from "./layout.ts";
import { reshaped, rowMajor } from "./layout.ts";
import type { Placer } from "./placer.ts";
import { activationBuffer, cannot, strided } from "./placer.ts";
import type { Work } from "./work.ts";

/** In the order of cpp/dnn/rows.h's Reduction. */
const REDUCTIONS: readonly ReduceFunction[] = [
  "sum",
  "mean",
  "max",
  "min",
  "prod",
  "sumSquare",
  "l1",
  "l2",
  "logSumExp",
];
const REDUCE_OUTPUTS = 32;
/** A block reads all that its 32 results need: of longer rows, parts are reduced first. */
const LONGEST_REDUCED = 256;
/** With so many, blocks are many enough. */
const MOST_SPLIT_RESULTS = 1 << 18;

export function layReduce(
  placer: Placer,
  work: Work,
  op: { readonly function: ReduceFunction; readonly axes: readonly number[] },
): void {
  const x = work.inputs[0] as Tensor;
  const result = work.outputs[0] as Tensor;
  const kept = keptOf(x.shape, op.axes);
  const input = fitted(placer, x, ({ layout }) => hasFewAxes(x.shape, kept, layout));
  const keptInput = axesOf(input.layout, kept);
  // Whether axes stayed as 1s or went: the results lie alike.
  const outOf = ({ layout }: Placement): Layout =>
    reshaped(
      layout,
      kept.map((axis) => x.shape[axis] as number),
    ) as Layout;
  const cutWith = (at: Placement): JointAxis[] | null =>
    keptAxes(KEPT_AXES, [keptInput, outOf(at)], [...kept.keys()]);
  const output = placer.result(result, (wanted) => cutWith(wanted) !== null);
  const outLayout = outOf(output);
  const keptCut = cutWith(output);
  const reduced = reducedCut(input.layout, op.axes);
  if (keptCut === null || reduced === null) throw cannot(work.name, "its result lies along too many axes");
  const source = { buffer: input.buffer, offset: input.layout.offset };
  const target = { buffer: output.buffer, offset: outLayout.offset };
  const parts = splitReduction(op.function, keptCut, reduced);
  if (parts === null) emitReduce(placer, op.function, source, target, keptCut, reduced);
  else emitParts(placer, parts, source, target, keptCut);
}

/** Each part's results, then theirs; between them [part][results], so that both kernels find results side by side. */
function emitParts(
  placer: Placer,
  { firstFunction, secondFunction, firstKept, first, outer, partStrides }: SplitReduction,
  source: Origin,
  target: Origin,
  kept: readonly JointAxis[],
): void {
  const results = kept.reduce((product, axis) => product * axis.extent, 1);
  const name = `${target.buffer.name}.parts`;
  const between = { buffer: activationBuffer(name, "f32", results * outer.extent), offset: 0 };
  emitReduce(placer, firstFunction, source, between, firstKept, first);
  const secondKept = kept.map(({ extent, strides }, index): JointAxis => {
    return { extent, strides: [partStrides[index] as number, strides[1] as number] };
  });
  emitReduce(placer, secondFunction, between, target, secondKept, [
    { extent: 1, strides: [0] },
    { extent: outer.extent, strides: [results] },
  ]);
}

/** Whether few enough axes are kept and reduced. */
function hasFewAxes(shape: Shape, kept: readonly number[], layout: Layout): boolean {
  const rows = rowMajor(kept.map((axis) => shape[axis] as number));
  const cut = keptAxes(KEPT_AXES, [axesOf(layout, kept), rows], [...kept.keys()]);
  return cut !== null && reducedCut(layout, keptOf(shape, kept)) !== null;
}

/** Two axes that are reduced; null: there are more. */
const reducedCut = (layout: Layout, axes: readonly number[]): JointAxis[] | null =>
  filledTo(2, jointAxes([axesOf(layout, axes)]) ?? [], 1);

interface SplitReduction {
  readonly firstFunction: ReduceFunction;
  readonly secondFunction: ReduceFunction;
  /** What the first kernel keeps, parts among it, and what it reduces. */
  readonly firstKept: readonly JointAxis[];
  readonly first: readonly JointAxis[];
  /** Parts of a row. */
  readonly outer: JointAxis;
  /** Of the kept axes, among the results of one part. */
  readonly partStrides: readonly number[];
}

/** Long rows in as many parts as each is long, about; null: they are short, or cannot be divided. */
function splitReduction(
  name: ReduceFunction,
  kept: readonly JointAxis[],
  reduced: readonly JointAxis[],
): SplitReduction | null {
  const secondFunction = SECOND_REDUCTION[name];
  const results = kept.reduce((product, axis) => product * axis.extent, 1);
  const length = reduced.reduce((product, axis) => product * axis.extent, 1);
  const cut = cutInParts(reduced);
  if (
    secondFunction === undefined ||
    length <= LONGEST_REDUCED ||
    results > MOST_SPLIT_RESULTS ||
    cut === null
  )
    return null;
  const partStrides = kept.map((_, index) =>
    kept.slice(index + 1).reduce((product, axis) => product * axis.extent, 1),
  );
  const own = kept.map(({ extent, strides }, index): JointAxis => {
    return { extent, strides: [strides[0] as number, partStrides[index] as number] };
  });
  const parts = { extent: cut.outer.extent, strides: [cut.outer.strides[0] as number, results] };
  const firstKept = filledTo(KEPT_AXES, mergeJoint([parts, ...own]), 2);
  return firstKept === null ? null : { firstFunction: name, secondFunction, firstKept, ...cut, partStrides };
}

function cutInParts(reduced: readonly JointAxis[]): Pick<SplitReduction, "first" | "outer"> | null {
  const one: JointAxis = { extent: 1, strides: [0] };
  const [slow, fast] = reduced as readonly [JointAxis, JointAxis];
  if (slow.extent > 1) return { first: [one, fast], outer: slow };
  let parts = Math.ceil(Math.sqrt(fast.extent));
  while (parts < fast.extent && fast.extent % parts !== 0) parts++;
  if (parts === fast.extent) return null;
  const length = fast.extent / parts;
  const stride = fast.strides[0] as number;
  return {
    first: [one, { extent: length, strides: [stride] }],
    outer: { extent: parts, strides: [stride * length] },
  };
}

/** What is done with parts' results. Parts are equal, so the mean of means is the mean. */
const SECOND_REDUCTION: Partial<Record<ReduceFunction, ReduceFunction>> = {
  sum: "sum",
  mean: "mean",
  max: "max",
  min: "min",
  prod: "prod",
  sumSquare: "sum",
  l1: "sum",
};

interface Origin {
  readonly buffer: Buffer;
  readonly offset: number;
}

function emitReduce(
  placer: Placer,
  name: ReduceFunction,
  input: Origin,
  output: Origin,
  kept: readonly JointAxis[],
  reduced: readonly JointAxis[],
): void {
  const results = kept.reduce((product, axis) => product * axis.extent, 1);
  const count = reduced.reduce((product, axis) => product * axis.extent, results);
  const readBytes = count * bytesOf(input.buffer.type);
  const writtenBytes = results * bytesOf(output.buffer.type);
  placer.emit({
    kernel: "reduce",
    args: {
      reduction: REDUCTIONS.indexOf(name),
      extents: [...kept, ...reduced].map((axis) => axis.extent),
      ...strided("inputAt", input.buffer.type, input.offset, [
        ...stridesOf(kept, 0),
        ...stridesOf(reduced, 0),
      ]),
      ...strided("outputAt", output.buffer.type, output.offset, [...stridesOf(kept, 1), 0, 0]),
    },
    reads: { input: input.buffer },
    writes: { output: output.buffer },
    grid: Math.ceil(results / REDUCE_OUTPUTS),
    block: THREADS,
    sharedBytes: 0,
    flops: count,
    readBytes,
    writtenBytes,
    touchedBytes: readBytes + writtenBytes,
  });
}
