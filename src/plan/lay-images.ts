/** Kernels of images that multiply nothing: pool, resize; and pad, of tensors of any kind. */
import type { Op, Pair, Tensor } from "../models/graph.ts";
import { elementCount } from "../models/graph.ts";
import type { Placement } from "./buffer.ts";
import { bytesOf, typeNumber } from "./buffer.ts";
import { blockOutputsOf, bytesIn, fitted, MOST_AXES, THREADS } from "./copies.ts";
import type { JointAxis } from "./joint.ts";
import { filledTo } from "./joint.ts";
import type { Layout } from "./layout.ts";
import { single } from "./layout.ts";
import { readPixels, writePixels } from "./pixels.ts";
import type { Args, Placer } from "./placer.ts";
import { cannot, strided } from "./placer.ts";
import type { Work, WorkOp } from "./work.ts";

type OpOf<Kind extends Op["kind"]> = Extract<Op, { kind: Kind }>;

/** Of channels-last images [batch, channels, height, width]. */
function layImage(placer: Placer, work: Work, kernel: string, taps: number, args: Args): void {
  const [x, result] = [work.inputs[0] as Tensor, work.outputs[0] as Tensor];
  const [batch = 1, , inHeight = 1, inWidth = 1] = x.shape;
  const [, , outHeight = 1, outWidth = 1] = result.shape;
  const input = readPixels(placer, x, 1);
  const output = writePixels(placer, result, 1);
  const channels = Math.min(input.channels, output.channels);
  if (channels === output.channels) output.buffer.isClean = true;
  const count = batch * outHeight * outWidth * channels;
  const readBytes = elementCount(x.shape) * bytesOf(placer.type);
  const writtenBytes = count * bytesOf(placer.type);
  const blockOutputs = blockOutputsOf(count, readBytes + writtenBytes);
  placer.emit({
    kernel,
    args: {
      type: typeNumber(placer.type),
      blockOutputs,
      batch,
      channels,
      inHeight,
      inWidth,
      outHeight,
      outWidth,
      inOffset: input.offset,
      inPixelStride: input.pixelStride,
      outOffset: output.offset,
      outPixelStride: output.pixelStride,
      ...args,
    },
    reads: { input: input.buffer },
    writes: { output: output.buffer },
    grid: Math.ceil(count / blockOutputs),
    block: THREADS,
    sharedBytes: 0,
    flops: count * taps,
    readBytes,
    writtenBytes,
    touchedBytes: readBytes + writtenBytes,
  });
}

export function layPool(placer: Placer, work: Work, op: OpOf<"maxPool" | "avgPool">): void {
  const [dilationY, dilationX]: Pair = (op.kind === "maxPool" ? op.dilation : undefined) ?? [1, 1];
  const isMean = op.kind === "avgPool";
  layImage(placer, work, "pool", op.kernel[0] * op.kernel[1], {
    pooling: Number(isMean),
    kernelHeight: op.kernel[0],
    kernelWidth: op.kernel[1],
    strideY: op.stride[0],
    strideX: op.stride[1],
    padTop: op.padding[0],
    padLeft: op.padding[1],
    dilationY,
    dilationX,
    countPadding: Number(isMean && op.countPadding),
  });
}

/** In the order of cpp/dnn/select.h's Resizing. */
const RESIZINGS = { floor: 0, ceil: 1, roundPreferFloor: 2, roundPreferCeil: 3 } as const;
const LINEAR = 4;

export function layResize(placer: Placer, work: Work, op: Extract<WorkOp, { kind: "resize" }>): void {
  layImage(placer, work, "resize", op.mode === "linear" ? 8 : 0, {
    resizing: op.mode === "linear" ? LINEAR : RESIZINGS[op.rounding],
    scaleY: op.scale[0],
    shiftY: op.shift[0],
    scaleX: op.scale[1],
    shiftX: op.shift[1],
  });
}

/** In the order of cpp/dnn/select.h's Padding. */
const PADDINGS = ["constant", "edge", "reflect"] as const;

/** The tensor's own axes, a stride each; null: they are too many, or have several factors. */
function ownAxes({ axes }: Layout): JointAxis[] | null {
  const factors = axes.map((axis) => single(axis));
  if (factors.includes(null)) return null;
  const own = factors.map(
    (factor): JointAxis => ({ extent: factor?.extent ?? 1, strides: [factor?.stride ?? 0] }),
  );
  return filledTo(MOST_AXES, own, 1);
}

export function layPad(placer: Placer, work: Work, op: OpOf<"pad">): void {
  const [x, result] = [work.inputs[0] as Tensor, work.outputs[0] as Tensor];
  const fits = ({ layout }: Placement): boolean => ownAxes(layout) !== null;
  const input = fitted(placer, x, fits);
  const output = placer.result(result, fits);
  const [from, to] = [ownAxes(input.layout), ownAxes(output.layout)];
  if (from === null || to === null) throw cannot(work.name, `it has more than ${MOST_AXES} axes`);
  const count = elementCount(result.shape);
  const strides = (axes: readonly JointAxis[]): number[] => axes.map((axis) => axis.strides[0] as number);
  const missing = MOST_AXES - op.before.length;
  const writtenBytes = count * bytesOf(output.buffer.type);
  const blockOutputs = blockOutputsOf(count, bytesIn(input) + writtenBytes);
  placer.emit({
    kernel: "pad",
    args: {
      blockOutputs,
      padding: PADDINGS.indexOf(op.mode ?? "constant"),
      value: op.value ?? 0,
      extents: to.map((axis) => axis.extent),
      inputExtents: from.map((axis) => axis.extent),
      before: [...new Array<number>(missing).fill(0), ...op.before],
      ...strided("inputAt", input.buffer.type, input.layout.offset, strides(from)),
      ...strided("outputAt", output.buffer.type, output.layout.offset, strides(to)),
    },
    reads: { input: input.buffer },
    writes: { output: output.buffer },
    grid: Math.ceil(count / blockOutputs),
    block: THREADS,
    sharedBytes: 0,
    flops: 0,
    readBytes: bytesIn(input),
    writtenBytes,
    touchedBytes: bytesIn(input) + writtenBytes,
  });
}
