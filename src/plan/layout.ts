/**
 * Where a tensor's elements lie, as an algebra: every axis of a tensor is one or several strided factors (a mixed radix), so that
 * transposes and all reshapes whose extents divide one another are views. Who needs plainer strides copies.
 */
import type { Shape } from "../models/graph.ts";

export interface Factor {
  readonly extent: number;
  /** Elements; 0 where it is broadcast. */
  readonly stride: number;
}

/** Outermost first; the product of its extents is the axis' extent. None: the extent is 1. */
export type Axis = readonly Factor[];

export interface Layout {
  /** Elements from the buffer's beginning. */
  readonly offset: number;
  readonly axes: readonly Axis[];
}

export const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

export const extentOf = (axis: Axis): number => axis.reduce((product, factor) => product * factor.extent, 1);

/** The same places with as few factors as possible. */
export function merged(factors: readonly Factor[]): Factor[] {
  const result: Factor[] = [];
  for (const factor of factors) {
    if (factor.extent === 1) continue;
    const outer = result.at(-1);
    if (outer !== undefined && outer.stride === factor.stride * factor.extent)
      result[result.length - 1] = { extent: outer.extent * factor.extent, stride: factor.stride };
    else result.push(factor);
  }
  return result;
}

/** The factors as one; null: they are not evenly apart. An extent of 1 has stride 0. */
export function single(factors: readonly Factor[]): Factor | null {
  const all = merged(factors);
  if (all.length > 1) return null;
  return all[0] ?? { extent: 1, stride: 0 };
}

/** Axes in `order` from the slowest to the fastest, the fastest padded to `padded` elements. */
function dense(shape: Shape, order: readonly number[], padded: number): Layout {
  const axes: Axis[] = shape.map(() => []);
  let stride = 1;
  for (const axis of order.toReversed()) {
    const extent = shape[axis] as number;
    axes[axis] = extent === 1 ? [] : [{ extent, stride }];
    stride = axis === order.at(-1) ? padded : stride * extent;
  }
  return { offset: 0, axes };
}

/** Rows (the last axis) begin every `rowStride` elements. */
export function rowMajor(shape: Shape, rowStride = shape.at(-1) ?? 1): Layout {
  return dense(shape, [...shape.keys()], rowStride);
}

/** [n, c, spatial axes]: pixels begin every `pixelStride` elements, channels lie side by side. */
export function channelsLast(shape: Shape, pixelStride: number): Layout {
  return dense(shape, [0, ...[...shape.keys()].slice(2), 1], pixelStride);
}

/** Null: extents do not divide one another, or are no multiples. */
export function reshaped({ offset, axes }: Layout, shape: Shape): Layout | null {
  const left = axes.flat().filter((factor) => factor.extent > 1);
  const result: Axis[] = [];
  for (const extent of shape.toReversed()) {
    const axis: Factor[] = [];
    let missing = extent;
    while (missing > 1) {
      const factor = left.pop();
      if (factor === undefined) return null;
      if (missing % factor.extent === 0) {
        axis.unshift(factor);
        missing /= factor.extent;
      } else if (factor.extent % missing === 0) {
        axis.unshift({ extent: missing, stride: factor.stride });
        left.push({ extent: factor.extent / missing, stride: factor.stride * missing });
        missing = 1;
      } else return null;
    }
    result.unshift(merged(axis));
  }
  return { offset, axes: result };
}

export function transposed({ offset, axes }: Layout, permutation: readonly number[]): Layout {
  return { offset, axes: permutation.map((axis) => axes[axis] as Axis) };
}

/** Entries start, start + step, ... `count` of them. Null: they are not evenly apart. */
export function sliced(layout: Layout, axis: number, start: number, count: number, step = 1): Layout | null {
  const [outer, ...inner] = merged(layout.axes[axis] as Axis);
  if (outer === undefined) return layout;
  const whole = extentOf(inner);
  if (whole > 1 && (step !== 1 || start % whole !== 0 || count % whole !== 0)) return null;
  const first: Factor = { extent: count / whole, stride: outer.stride * step };
  return {
    offset: layout.offset + (start / whole) * outer.stride,
    axes: layout.axes.with(axis, merged([first, ...inner])),
  };
}

/** As in broadcasting: axes of extent 1, and those that are not there, are repeated. */
export function expanded({ offset, axes }: Layout, shape: Shape): Layout {
  const missing = shape.length - axes.length;
  return {
    offset,
    axes: shape.map((extent, index): Axis => {
      const axis = index < missing ? [] : (axes[index - missing] as Axis);
      return extentOf(axis) === extent ? axis : [{ extent, stride: 0 }];
    }),
  };
}

/** Elements from the first to beyond the last one. */
export function reach({ offset, axes }: Layout): number {
  return axes.flat().reduce((sum, factor) => sum + (factor.extent - 1) * factor.stride, offset + 1);
}

export function sameLayout(a: Layout, b: Layout): boolean {
  const text = ({ offset, axes }: Layout): string =>
    `${offset}:${axes
      .map((axis) =>
        merged(axis)
          .map((f) => `${f.extent}/${f.stride}`)
          .join("*"),
      )
      .join(",")}`;
  return text(a) === text(b);
}
