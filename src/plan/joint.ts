/** Axes that several layouts of one shape have in common, for kernels that go over them together. */
import type { Factor, Layout } from "./layout.ts";
import { merged } from "./layout.ts";

export interface JointAxis {
  readonly extent: number;
  /** One a layout. */
  readonly strides: readonly number[];
}

/**
 * The axes in logical order, each layout's factors cut where any layout's are, neighbours merged where all layouts allow it. Null: factors
 * do not divide one another.
 */
export function jointAxes(layouts: readonly Layout[]): JointAxis[] | null {
  const result: JointAxis[] = [];
  const rank = layouts[0]?.axes.length ?? 0;
  for (let axis = 0; axis < rank; axis++) {
    const cut = cutAxis(layouts.map((layout) => merged(layout.axes[axis] as readonly Factor[])));
    if (cut === null) return null;
    result.push(...cut);
  }
  return mergeJoint(result);
}

/** Where factors end, as products of extents from the innermost on. */
function cutAxis(axes: readonly (readonly Factor[])[]): JointAxis[] | null {
  const ends = new Set<number>();
  for (const factors of axes) {
    let product = 1;
    for (const factor of factors.toReversed()) {
      product *= factor.extent;
      ends.add(product);
    }
  }
  const sorted = [...ends].sort((a, b) => a - b);
  const result: JointAxis[] = [];
  let before = 1;
  for (const end of sorted) {
    if (end % before !== 0) return null;
    const strides = axes.map((factors) => strideAt(factors, before));
    result.unshift({ extent: end / before, strides });
    before = end;
  }
  return result;
}

/** Of the entry `index` from the axis' beginning; a power of the mixed radix. */
function strideAt(factors: readonly Factor[], index: number): number {
  let inner = 1;
  for (const factor of factors.toReversed()) {
    if (index < inner * factor.extent) return (index / inner) * factor.stride;
    inner *= factor.extent;
  }
  return 0;
}

export function mergeJoint(axes: readonly JointAxis[]): JointAxis[] {
  const result: JointAxis[] = [];
  for (const axis of axes) {
    if (axis.extent === 1) continue;
    const outer = result.at(-1);
    const fits = outer?.strides.every((stride, index) => stride === (axis.strides[index] ?? 0) * axis.extent);
    if (outer !== undefined && fits)
      result[result.length - 1] = { extent: outer.extent * axis.extent, strides: axis.strides };
    else result.push(axis);
  }
  return result;
}

/** Exactly `count` axes, 1s before them; null: there are more. */
export function filledTo(count: number, axes: readonly JointAxis[], layouts: number): JointAxis[] | null {
  if (axes.length > count) return null;
  const one: JointAxis = { extent: 1, strides: new Array<number>(layouts).fill(0) };
  return [...new Array<JointAxis>(count - axes.length).fill(one), ...axes];
}

/** Some of the layout's axes as a layout of their own. */
export function axesOf(layout: Layout, axes: readonly number[]): Layout {
  return { offset: layout.offset, axes: axes.map((axis) => layout.axes[axis] ?? []) };
}
