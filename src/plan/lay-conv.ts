/** Kernels of convolutions and linear layers. */
import type { Pair, Tensor } from "../models/graph.ts";
import { elementCount } from "../models/graph.ts";
import type { Buffer } from "./buffer.ts";
import { bytesOf, typeNumber } from "./buffer.ts";
import { THREADS } from "./copies.ts";
import type { Pixels, SpreadPixels } from "./pixels.ts";
import { pixelCount, readGates, readPixels, readSpread, writePixels } from "./pixels.ts";
import type { Args, Placer } from "./placer.ts";
import { activationBuffer } from "./placer.ts";
import type { Problem, TunedTiles } from "./tiles.ts";
import {
  blocksOf,
  chooseTile,
  partialElements,
  sharedBytesOf,
  TILE_THREADS,
  tileName,
  tilesOf,
} from "./tiles.ts";
import type { ConvOp, Work } from "./work.ts";
import { ACTIVATIONS, isOnTiles, JOINS, MOST_TAPS } from "./work.ts";

/** Of cpp/dnn/conv.h: kDepthwiseOutputs, kDirectOutputs. */
const DEPTHWISE_OUTPUTS = 1024;
const DIRECT_OUTPUTS = 256;

interface Sizes {
  readonly batch: number;
  readonly input: Pair;
  readonly output: Pair;
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly pad: Pair;
  readonly dilation: Pair;
}

/** A convolution once its tensors are placed. */
interface Laid {
  readonly sizes: Sizes;
  readonly groups: number;
  readonly input: SpreadPixels;
  readonly output: Pixels;
  readonly other: Pixels | null;
  /** Of a group. */
  readonly inChannels: number;
  readonly outChannels: number;
  readonly bias: Buffer | null;
  /** Last of all: a gain and a shift of each channel. */
  readonly affine: Readonly<Record<"gain" | "shift", Buffer>> | null;
  readonly work: Work;
}

export function layConv(placer: Placer, work: Work, op: ConvOp, tuned: TunedTiles): void {
  const [image, weight, bias] = work.inputs as readonly [Tensor, Tensor, Tensor | undefined];
  const result = work.outputs[0] as Tensor;
  const [batch = 1, inChannels = 1, ...input] = image.shape;
  const [, outChannels = 1, ...output] = result.shape;
  const sizes: Sizes = {
    batch,
    input: input as unknown as Pair,
    output: output as unknown as Pair,
    kernel: weight.shape.slice(2) as unknown as Pair,
    stride: op.stride,
    pad: [op.padding[0], op.padding[1]],
    dilation: op.dilation,
  };
  const tensors = { image, weight, bias, result, channelAxis: 1 };
  const perGroup: Pair = [inChannels / op.groups, outChannels / op.groups];
  const isDepthwise =
    !op.isTransposed && op.groups > 1 && op.groups === inChannels && op.groups === outChannels;
  if (isDepthwise) emitDepthwise(placer, laid(placer, work, tensors, sizes, 1), weight);
  else if (isForTiles(placer, op, perGroup, sizes))
    emitTiles(placer, laid(placer, work, tensors, sizes, op.groups), weight, tuned);
  else emitDirect(placer, laid(placer, work, tensors, sizes, op.groups), weight, op.isTransposed);
}

/** Channels of one group are all, padding included, or multiples of 16 bytes. */
function isForTiles(placer: Placer, op: ConvOp, [inner, outer]: Pair, { kernel }: Sizes): boolean {
  if (op.isTransposed || kernel.some((taps) => taps > MOST_TAPS)) return false;
  return op.groups === 1 || (inner % placer.vector === 0 && outer % placer.vector === 0);
}

/** A linear layer is a convolution of as many images of one pixel as there are rows. */
export function layLinear(placer: Placer, work: Work, tuned: TunedTiles): void {
  const [rows, weight, bias] = work.inputs as readonly [Tensor, Tensor, Tensor | undefined];
  const result = work.outputs[0] as Tensor;
  const one: Pair = [1, 1];
  const sizes: Sizes = {
    batch: elementCount(rows.shape.slice(0, -1)),
    input: one,
    output: one,
    kernel: one,
    stride: one,
    pad: [0, 0],
    dilation: one,
  };
  const channelAxis = result.shape.length - 1;
  const tensors = { image: rows, weight, bias, result, channelAxis };
  emitTiles(placer, laid(placer, work, tensors, sizes, 1), weight, tuned);
}

interface Tensors {
  readonly image: Tensor;
  readonly bias: Tensor | undefined;
  readonly result: Tensor;
  readonly channelAxis: number;
}

function laid(placer: Placer, work: Work, tensors: Tensors, sizes: Sizes, groups: number): Laid {
  const { image, bias, result, channelAxis } = tensors;
  const input = readImage(placer, work, image, channelAxis);
  const { other, affine } = work.epilogue;
  const joined = other === null ? null : readPixels(placer, other, channelAxis);
  const output = writePixels(placer, result, channelAxis);
  const outChannels = output.channels / groups;
  // These kernels write the padding as they write channels.
  output.buffer.isClean = true;
  return {
    sizes,
    groups,
    input,
    output,
    other: joined,
    inChannels: input.channels / groups,
    outChannels,
    bias: bias === undefined ? null : placer.parameters.vector(bias, output.channels),
    affine:
      affine === null
        ? null
        : {
            gain: placer.parameters.vector(affine.gain, output.channels),
            shift: placer.parameters.vector(affine.shift, output.channels),
          },
    work,
  };
}

/** Whose weight can be packed as the image's channels lie, takes them as they lie. */
function readImage(placer: Placer, work: Work, image: Tensor, channelAxis: number): SpreadPixels {
  const taps = elementCount((work.inputs[1] as Tensor).shape.slice(2));
  if (isOnTiles(work) && work.prologue === undefined) return readSpread(placer, image, channelAxis, taps);
  return { ...readPixels(placer, image, channelAxis), places: null };
}

function emitTiles(placer: Placer, laid: Laid, weight: Tensor, tuned: TunedTiles): void {
  const { sizes, groups, inChannels, outChannels, output } = laid;
  const rows = sizes.batch * sizes.output[0] * sizes.output[1];
  const depth = sizes.kernel[0] * sizes.kernel[1] * inChannels;
  const kernel = `${sizes.kernel.join("x")}s${sizes.stride.join("x")}`;
  const problem: Problem = { type: placer.type, groups, rows, columns: outChannels, depth, kernel };
  const choice = chooseTile(problem, tuned);
  const { tile, splits } = choice;
  const packing = { groups, outChannels, inChannels, isTransposed: false, places: laid.input.places };
  const packed = placer.parameters.conv(weight, placer.type, packing);
  const prologue = prologueOf(placer, laid);
  const parts = partialElements(problem, choice);
  const partBytes = parts * bytesOf("f32");
  placer.emit({
    kernel: `conv_${placer.type}_${tileName(tile)}`,
    args: { ...convArgs(placer, laid), ...prologue.args, ...finishArgs(laid), splits },
    reads: { input: laid.input.buffer, ...prologue.reads, weight: packed, ...finishReads(laid) },
    writes: {
      output: output.buffer,
      ...(splits === 1
        ? {}
        : {
            partial: activationBuffer(`${output.buffer.name}.partial`, "f32", parts),
            arrivals: placer.counters(`${output.buffer.name}.arrivals`, tilesOf(problem, tile)),
          }),
    },
    grid: blocksOf(problem, choice),
    block: TILE_THREADS,
    sharedBytes: sharedBytesOf(tile),
    flops: 2 * groups * rows * outChannels * depth,
    readBytes:
      groups * rows * depth * Math.ceil(outChannels / tile.columns) * bytesOf(placer.type) +
      otherBytes(placer, laid) +
      partBytes,
    writtenBytes: outputBytes(placer, laid) + partBytes,
    touchedBytes: inputBytes(placer, laid) + outputBytes(placer, laid),
  });
}

/** Arguments and views of what is done to the image as it is read. */
function prologueOf(placer: Placer, { input, work }: Laid): { args: Args; reads: Record<string, Buffer> } {
  const { prologue } = work;
  if (prologue === undefined) return { args: {}, reads: {} };
  const { scale, shift, activation } = prologue;
  const gates = placer.parameters.has(scale) ? null : readGates(placer, scale);
  const common: Args = {
    hasPrologue: 1,
    hasPrologueShift: Number(shift !== null),
    prologueActivation: ACTIVATIONS.indexOf(activation),
    prologueScaleType: typeNumber(gates === null ? "f32" : gates.buffer.type),
    prologueScaleStride: gates?.pixelStride ?? 0,
  };
  return {
    args: common,
    reads: {
      prologueScale: gates?.buffer ?? placer.parameters.vector(scale, input.channels),
      ...(shift === null ? {} : { prologueShift: placer.parameters.vector(shift, input.channels) }),
    },
  };
}

function emitDepthwise(placer: Placer, laid: Laid, weight: Tensor): void {
  const { sizes, output, input } = laid;
  const channels = output.channels;
  const elements = sizes.batch * sizes.output[0] * sizes.output[1] * channels;
  const packed = placer.parameters.depthwise(weight, placer.type, channels);
  const taps = sizes.kernel[0] * sizes.kernel[1];
  const args = {
    ...convArgs(placer, laid),
    ...finishArgs(laid),
    groups: channels,
    inChannels: 1,
    outChannels: 1,
  };
  emitSimple(placer, laid, `depthwise_${placer.type}`, args, packed, DEPTHWISE_OUTPUTS, {
    outputs: elements,
    flops: 2 * elements * taps,
    readBytes: sizes.batch * sizes.input[0] * sizes.input[1] * input.channels * bytesOf(placer.type),
  });
}

function emitDirect(placer: Placer, laid: Laid, weight: Tensor, isTransposed: boolean): void {
  const { sizes, groups } = laid;
  // Without padding: channels of a group are what they are.
  const [inChannels, outChannels] = isTransposed
    ? [(weight.shape[0] as number) / groups, weight.shape[1] as number]
    : [weight.shape[1] as number, (weight.shape[0] as number) / groups];
  const packing = { groups, outChannels, inChannels, isTransposed, places: null };
  const packed = placer.parameters.conv(weight, placer.type, packing);
  const elements = sizes.batch * sizes.output[0] * sizes.output[1] * groups * outChannels;
  const products = inChannels * sizes.kernel[0] * sizes.kernel[1];
  const args = {
    ...convArgs(placer, laid),
    ...finishArgs(laid),
    inChannels,
    outChannels,
    isTransposed: Number(isTransposed),
  };
  if (laid.output.buffer.padding !== null) laid.output.buffer.isClean = false;
  emitSimple(placer, laid, "conv_direct", args, packed, DIRECT_OUTPUTS, {
    outputs: elements,
    flops: 2 * elements * products,
    readBytes: elements * products * bytesOf(placer.type),
  });
}

interface Demands {
  readonly outputs: number;
  readonly flops: number;
  readonly readBytes: number;
}

function emitSimple(
  placer: Placer,
  laid: Laid,
  kernel: string,
  args: Args,
  weight: Buffer,
  blockOutputs: number,
  { outputs, flops, readBytes }: Demands,
): void {
  placer.emit({
    kernel,
    args: { ...args, splits: 1 },
    reads: { input: laid.input.buffer, weight, ...finishReads(laid) },
    writes: { output: laid.output.buffer },
    grid: Math.ceil(outputs / blockOutputs),
    block: THREADS,
    sharedBytes: 0,
    flops,
    readBytes: readBytes + otherBytes(placer, laid),
    writtenBytes: outputBytes(placer, laid),
    touchedBytes: inputBytes(placer, laid) + outputBytes(placer, laid),
  });
}

function convArgs(
  placer: Placer,
  { sizes, groups, input, output, other, inChannels, outChannels }: Laid,
): Args {
  return {
    type: typeNumber(placer.type),
    batch: sizes.batch,
    groups,
    inHeight: sizes.input[0],
    inWidth: sizes.input[1],
    inChannels,
    inOffset: input.offset,
    inPixelStride: input.pixelStride,
    outHeight: sizes.output[0],
    outWidth: sizes.output[1],
    outChannels,
    outOffset: output.offset,
    outPixelStride: output.pixelStride,
    otherOffset: other?.offset ?? 0,
    otherPixelStride: other?.pixelStride ?? 0,
    kernelHeight: sizes.kernel[0],
    kernelWidth: sizes.kernel[1],
    strideY: sizes.stride[0],
    strideX: sizes.stride[1],
    padTop: sizes.pad[0],
    padLeft: sizes.pad[1],
    dilationY: sizes.dilation[0],
    dilationX: sizes.dilation[1],
  };
}

const finishArgs = ({ bias, affine, work }: Laid): Args => ({
  hasAffine: Number(affine !== null),
  hasBias: Number(bias !== null),
  activation: ACTIVATIONS.indexOf(work.epilogue.activation),
  join: JOINS.indexOf(work.epilogue.join),
});

const finishReads = ({ bias, other, affine }: Laid): Record<string, Buffer> => ({
  ...(bias === null ? {} : { bias }),
  ...(other === null ? {} : { other: other.buffer }),
  ...affine,
});

const outputBytes = (placer: Placer, { work, output }: Laid): number => {
  const result = work.outputs[0] as Tensor;
  const axis = work.op.kind === "conv" ? 1 : result.shape.length - 1;
  return pixelCount(result, axis) * output.channels * bytesOf(placer.type);
};
const otherBytes = (placer: Placer, laid: Laid): number =>
  laid.other === null ? 0 : outputBytes(placer, laid);
const inputBytes = (placer: Placer, laid: Laid): number =>
  elementCount((laid.work.inputs[0] as Tensor).shape) * bytesOf(placer.type) + otherBytes(placer, laid);
