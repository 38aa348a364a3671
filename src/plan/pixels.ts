/** Channels-last images, and rows, as the kernels of images and convolutions want them: pixels evenly apart, channels side by side. */
import type { Tensor } from "../models/graph.ts";
import { elementCount } from "../models/graph.ts";
import type { Buffer, Placement } from "./buffer.ts";
import { vectorOf } from "./buffer.ts";
import { emitCleaning, fitted } from "./copies.ts";
import { placesOf } from "./evaluate.ts";
import { merged, roundUp, single } from "./layout.ts";
import type { Placer } from "./placer.ts";

export interface Pixels {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly pixelStride: number;
  /** Padded to 16 bytes where the padding is the tensor's own. */
  readonly channels: number;
}

/** Null: they do not lie so. `channelAxis`: 1 of images, the last one of rows. */
export function pixelsOf({ buffer, layout }: Placement, channelAxis: number): Pixels | null {
  const channel = single(layout.axes[channelAxis] ?? []);
  const pixel = single(layout.axes.filter((_, axis) => axis !== channelAxis).flat());
  if (channel === null || pixel === null || (channel.extent > 1 && channel.stride !== 1)) return null;
  const vector = vectorOf(buffer.type);
  const padded = roundUp(channel.extent, vector);
  const { padding } = buffer;
  const pixelStride = pixel.extent === 1 ? (padding?.to ?? padded) : pixel.stride;
  if (layout.offset % vector !== 0 || pixelStride % vector !== 0 || pixelStride < channel.extent) return null;
  const isOwn = padding?.from === channel.extent && padding.to === padded && layout.offset % padding.to === 0;
  return { buffer, offset: layout.offset, pixelStride, channels: isOwn ? padded : channel.extent };
}

/** Where a kernel of images reads the tensor: what lies in the padding is finite. */
export function readPixels(placer: Placer, tensor: Tensor, channelAxis: number): Pixels {
  return readWhere(placer, tensor, channelAxis, () => true);
}

/** Pixels of which a convolution reads more than the tensor's channels, and multiplies what is not of the tensor by zero. */
export interface SpreadPixels extends Pixels {
  /** Of each of the tensor's channels among those that are read; null: one after the other. */
  readonly places: readonly number[] | null;
}

/** Reading so many times the channels costs a convolution of one tap less than a copy; one of several taps, little more is. */
const MOST_SPREAD = { pointwise: 2.25, windowed: 1.25 } as const;

/** As readPixels, but channels may lie apart or in another order, as after a channel shuffle: weights are packed as they lie. */
export function readSpread(placer: Placer, tensor: Tensor, channelAxis: number, taps: number): SpreadPixels {
  const placement = placer.of(tensor);
  const { buffer } = placement;
  const channels = tensor.shape[channelAxis] as number;
  const most = channels * (taps === 1 ? MOST_SPREAD.pointwise : MOST_SPREAD.windowed);
  const spread = isPlain(placer, placement, channelAxis) ? null : spreadOf(placement, channelAxis);
  if (spread === null || buffer.type !== placer.type || !buffer.isWhole || spread.channels > most)
    return { ...readPixels(placer, tensor, channelAxis), places: null };
  emitCleaning(placer, buffer);
  return spread;
}

function spreadOf({ buffer, layout }: Placement, channelAxis: number): SpreadPixels | null {
  const factors = merged(layout.axes[channelAxis] ?? []);
  const pixel = single(layout.axes.filter((_, axis) => axis !== channelAxis).flat());
  const vector = vectorOf(buffer.type);
  if (pixel === null || pixel.stride % vector !== 0) return null;
  // Where the tensor's first channel lies in its pixel.
  const first = layout.offset % (pixel.extent === 1 ? vector : pixel.stride);
  const places = [...placesOf({ offset: first, axes: [factors] })];
  const from = Math.floor(first / vector) * vector;
  const to = roundUp(Math.max(...places) + 1, vector);
  const pixelStride = pixel.extent === 1 ? to - from : pixel.stride;
  const offset = layout.offset - first + from;
  if (to > (pixel.extent === 1 ? buffer.elements - (layout.offset - first) : pixelStride)) return null;
  return { buffer, offset, pixelStride, channels: to - from, places: places.map((place) => place - from) };
}

/** One pixel an image [batch, channels, 1, 1], from the buffer's beginning on. */
export function readGates(placer: Placer, tensor: Tensor): Pixels {
  return readWhere(placer, tensor, 1, ({ offset }) => offset === 0);
}

function readWhere(
  placer: Placer,
  tensor: Tensor,
  channelAxis: number,
  suits: (pixels: Pixels) => boolean,
): Pixels {
  const { type, vector } = placer;
  const isFit = (placement: Placement): boolean => {
    const pixels = pixelsOf(placement, channelAxis);
    return (
      placement.buffer.type === type && pixels !== null && pixels.channels % vector === 0 && suits(pixels)
    );
  };
  const placement = fitted(placer, tensor, isFit, channelAxis === 1 && tensor.shape.length > 2);
  emitCleaning(placer, placement.buffer);
  return pixelsOf(placement, channelAxis) as Pixels;
}

function isPlain({ type, vector }: Placer, placement: Placement, channelAxis: number): boolean {
  const pixels = pixelsOf(placement, channelAxis);
  return placement.buffer.type === type && pixels !== null && pixels.channels % vector === 0;
}

/** Where a kernel of images writes the tensor; it writes the padding too, where that is the tensor's own. */
export function writePixels(placer: Placer, tensor: Tensor, channelAxis: number): Pixels {
  const channels = tensor.shape[channelAxis] as number;
  const accepts = (wanted: Placement): boolean =>
    channels % placer.vector === 0 && pixelsOf(wanted, channelAxis) !== null;
  const known = placer.result(tensor, accepts);
  const pixels = pixelsOf(known, channelAxis);
  if (pixels === null) throw new Error(`${tensor.name} has no channels-last layout`);
  return pixels;
}

export const pixelCount = (tensor: Tensor, channelAxis: number): number =>
  elementCount(tensor.shape) / (tensor.shape[channelAxis] as number);
