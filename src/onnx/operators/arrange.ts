/** Operators that give elements another place and compute nothing. */
import { elementCount, type Shape, showShape } from "../../models/graph.ts";
import { axesFrom, axisFrom, type Call, type Operators } from "../call.ts";
import { Unsupported } from "../unsupported.ts";
import { broadcastShape, onlyNumber } from "../value.ts";
import type { Entry } from "../writer.ts";

function reshape(call: Call): Entry {
  const x = call.input(0);
  const asked = call.list(1, "shape") ?? [];
  const keepsZero = call.attributes.int("allowzero", 0) === 1;
  const shape = asked.map((extent, axis) =>
    extent === 0 && !keepsZero ? (x.shape[axis] as number) : extent,
  );
  const rest = shape.reduce((product, extent) => (extent === -1 ? product : product * extent), 1);
  const left = elementCount(x.shape) / rest;
  if (shape.includes(-1) && !Number.isInteger(left))
    throw new Unsupported(`${elementCount(x.shape)} elements do not fill ${showShape(asked)}`);
  return call.reshape(
    x,
    shape.map((extent) => (extent === -1 ? left : extent)),
  );
}

function flatten(call: Call): Entry {
  const x = call.input(0);
  const given = call.attributes.int("axis", 1);
  const axis = given < 0 ? given + x.shape.length : given;
  return call.reshape(x, [elementCount(x.shape.slice(0, axis)), elementCount(x.shape.slice(axis))]);
}

function squeeze(call: Call): Entry {
  const x = call.input(0);
  const asked = call.list(1, "axes");
  const axes = asked === undefined ? undefined : axesFrom(asked, x.shape.length);
  return call.reshape(
    x,
    x.shape.filter((extent, axis) => (axes === undefined ? extent !== 1 : !axes.includes(axis))),
  );
}

function unsqueeze(call: Call): Entry {
  const x = call.input(0);
  const asked = call.list(1, "axes") ?? [];
  const rank = x.shape.length + asked.length;
  const axes = axesFrom(asked, rank);
  const extents = [...x.shape];
  return call.reshape(
    x,
    Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : (extents.shift() as number))),
  );
}

function transpose(call: Call): Entry {
  const x = call.input(0);
  return call.transpose(x, call.attributes.ints("perm") ?? [...x.shape.keys()].reverse());
}

function concat(call: Call): Entry {
  const inputs = call.inputs();
  const axis = axisFrom(call.attributes.int("axis", 0), inputs[0]?.shape.length ?? 0);
  const [first, ...others] = inputs.filter((input) => !input.shape.includes(0));
  if (first === undefined) return inputs[0] as Entry;
  return others.length === 0 ? first : call.emit({ kind: "concat", axis }, first, ...others);
}

function split(call: Call): readonly Entry[] {
  const x = call.input(0);
  const axis = axisFrom(call.attributes.int("axis", 0), x.shape.length);
  const [extent, count] = [x.shape[axis] as number, call.outputCount];
  const even = Math.ceil(extent / count);
  const sizes =
    call.list(1, "split") ??
    Array.from({ length: count }, (_, index) => Math.min(even, extent - index * even));
  if (sizes.length === 1) return [x];
  return call.writer.emitAll({ kind: "split", axis, sizes }, [x]);
}

function slice(call: Call): Entry {
  const x = call.input(0);
  const starts = call.list(1, "starts") ?? [];
  const ends = call.list(2, "ends") ?? [];
  const axes = axesFrom(call.list(3, "axes") ?? [...starts.keys()], x.shape.length);
  const steps = call.list(4, "steps");
  return axes.reduce((result, axis, index) => {
    const step = steps?.[index] ?? 1;
    return sliceAxis(call, result, axis, starts[index] as number, ends[index] as number, step);
  }, x);
}

/** As ONNX, starts and ends count from the end where they are below 0, and those outside of the axis are moved to its border. */
function sliceAxis(call: Call, x: Entry, axis: number, start: number, end: number, step: number): Entry {
  const extent = x.shape[axis] as number;
  const bounded = (at: number, least: number, most: number): number =>
    Math.min(Math.max(at < 0 ? at + extent : at, least), most);
  const from = step > 0 ? bounded(start, 0, extent) : bounded(start, 0, extent - 1);
  const to = step > 0 ? bounded(end, 0, extent) : bounded(end, -1, extent - 1);
  if (Math.ceil((to - from) / step) >= 1)
    return call.emit(
      step === 1
        ? { kind: "slice", axis, start: from, end: to }
        : { kind: "slice", axis, start: from, end: to, step },
      x,
    );
  // What is left is empty, as happens while shapes are computed.
  if ("data" in x) return { ...x, shape: x.shape.with(axis, 0), data: x.data.subarray(0, 0) };
  throw new Unsupported(`its entries ${start} to ${end} of axis ${axis} are none`);
}

function pad(call: Call): Entry {
  const x = call.input(0);
  const rank = x.shape.length;
  const mode = call.attributes.text("mode", "constant");
  if (mode !== "constant" && mode !== "edge" && mode !== "reflect")
    throw new Unsupported(`it pads by "${mode}"`);
  const pads = call.list(1, "pads") ?? [];
  const given = call.known(2, "value");
  const value = (given && onlyNumber(given)) ?? call.attributes.float("value", 0);
  const axes = axesFrom([...(call.known(3, "axes")?.data ?? Array(rank).keys())], rank);
  const before: number[] = new Array(rank).fill(0);
  const after: number[] = new Array(rank).fill(0);
  axes.forEach((axis, index) => {
    before[axis] = pads[index] as number;
    after[axis] = pads[index + axes.length] as number;
  });
  // Where there is less than nothing to add, entries go.
  const cut = axes.reduce((result, axis) => {
    const [start, left] = [Math.max(0, -(before[axis] as number)), Math.min(0, after[axis] as number)];
    return sliceAxis(call, result, axis, start, (x.shape[axis] as number) + left, 1);
  }, x);
  const amounts = [before, after].map((counts) => counts.map((count) => Math.max(0, count))) as [
    number[],
    number[],
  ];
  const op = { kind: "pad", before: amounts[0], after: amounts[1] } as const;
  return call.emit(mode === "constant" && value === 0 ? op : { ...op, mode, value }, cut);
}

function expand(call: Call): Entry {
  const x = call.input(0);
  return call.emit({ kind: "expand", shape: broadcastShape([x.shape, call.list(1, "shape") ?? []]) }, x);
}

/** Copies side by side: along an axis of their own, that is then joined with the one that they follow. */
function tile(call: Call): Entry {
  const x = call.input(0);
  const repeats = call.list(1, "repeats") ?? [];
  const apart = call.reshape(
    x,
    x.shape.flatMap((extent) => [1, extent]),
  );
  const shape = x.shape.flatMap((extent, axis) => [repeats[axis] ?? 1, extent]);
  const copies = call.emit({ kind: "expand", shape }, apart);
  return call.reshape(
    copies,
    x.shape.map((extent, axis) => extent * (repeats[axis] ?? 1)),
  );
}

function imageOf(x: Entry): readonly [number, number, number, number] {
  if (x.shape.length !== 4) throw new Unsupported("its input is no image");
  return x.shape as Shape as readonly [number, number, number, number];
}

/** Channels become pixels; DCR: the place within the block is the slower part of the channel's number, CRD: the faster one. */
function depthToSpace(call: Call): Entry {
  const x = call.input(0);
  const [batch, channels, height, width] = imageOf(x);
  const side = call.attributes.int("blocksize", 1);
  const rest = channels / side ** 2;
  const isFaster = call.attributes.text("mode", "DCR") === "CRD";
  const apart = call.reshape(
    x,
    isFaster ? [batch, rest, side, side, height, width] : [batch, side, side, rest, height, width],
  );
  const woven = call.transpose(apart, isFaster ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]);
  return call.reshape(woven, [batch, rest, height * side, width * side]);
}

function spaceToDepth(call: Call): Entry {
  const x = call.input(0);
  const [batch, channels, height, width] = imageOf(x);
  const side = call.attributes.int("blocksize", 1);
  const apart = call.reshape(x, [batch, channels, height / side, side, width / side, side]);
  return call.reshape(call.transpose(apart, [0, 3, 5, 1, 2, 4]), [
    batch,
    channels * side ** 2,
    height / side,
    width / side,
  ]);
}

export const ARRANGE_OPERATORS: Operators = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
  Expand: expand,
  Tile: tile,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};
