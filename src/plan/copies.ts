/** Elementwise kernels, and the copies that bring a tensor into a layout that somebody needs. */
import type { Shape, Tensor } from "../models/graph.ts";
import { elementCount } from "../models/graph.ts";
import { LONGEST_BLOCK_US, streamBlockUs } from "./block-time.ts";
import type { Buffer, Placement } from "./buffer.ts";
import { bytesOf } from "./buffer.ts";
import type { JointAxis } from "./joint.ts";
import { axesOf, filledTo, jointAxes, mergeJoint } from "./joint.ts";
import { expanded, rowMajor, single } from "./layout.ts";
import type { MapStep } from "./map-op.ts";
import { MAP_OPS } from "./map-op.ts";
import type { Args, Placer } from "./placer.ts";
import { cannot, newPlacement, strided } from "./placer.ts";

/** Of kernels that take no tiles. */
export const THREADS = 256;
export const MOST_AXES = 6;

/**
 * Outputs of a block of a kernel that goes over elements: 1024, up to eight times as many where that leaves 2048 blocks, which fill any GPU
 * (cpp/dnn/map.h), and keeps them short.
 */
export function blockOutputsOf(outputs: number, movedBytes: number): number {
  let multiple = Math.min(Math.max(Math.floor(outputs / (1024 * 2048)), 1), 8);
  const us = (): number =>
    streamBlockUs({
      grid: Math.ceil(outputs / (1024 * multiple)),
      block: THREADS,
      movedBytes,
      distinctBytes: movedBytes,
    });
  while (multiple > 1 && us() > LONGEST_BLOCK_US) multiple--;
  return 1024 * multiple;
}

/** Bytes that a kernel asks for of a placement of `shape`: of what is repeated, each once. */
export function bytesIn({ buffer, layout }: Placement): number {
  if (buffer.use === "parameters") return 0;
  const distinct = layout.axes.flat().reduce((count, f) => (f.stride === 0 ? count : count * f.extent), 1);
  return distinct * bytesOf(buffer.type);
}

/** Axes with the output's fastest one last, so that neighbours in memory are neighbours in the loop. */
function byOutput(axes: readonly JointAxis[]): JointAxis[] {
  return mergeJoint(axes.toSorted((a, b) => (b.strides[0] as number) - (a.strides[0] as number)));
}

/** output = steps(operands), all of them broadcast to `shape`. */
export function emitMap(
  placer: Placer,
  steps: readonly MapStep[],
  operands: readonly Placement[],
  output: Placement,
  shape: Shape,
): void {
  const spread = operands.map((operand) => ({ ...operand, layout: expanded(operand.layout, shape) }));
  const joint = jointAxes([output.layout, ...spread.map(({ layout }) => layout)]);
  const axes = joint === null ? null : filledTo(MOST_AXES, byOutput(joint), operands.length + 1);
  if (axes === null) {
    emitMap(placer, steps, straightened(placer, operands, shape), output, shape);
    return;
  }
  const count = elementCount(shape);
  const readBytes = operands.reduce((sum, operand) => sum + bytesIn(operand), 0);
  const writtenBytes = count * bytesOf(output.buffer.type);
  const blockOutputs = blockOutputsOf(count, readBytes + writtenBytes);
  const args: Args = {
    extents: axes.map((axis) => axis.extent),
    blockOutputs,
    operandCount: operands.length,
    stepCount: steps.length,
    ...strided(
      "outputAt",
      output.buffer.type,
      output.layout.offset,
      axes.map((axis) => axis.strides[0] as number),
    ),
  };
  spread.forEach(({ buffer, layout }, index) => {
    const strides = axes.map((axis) => axis.strides[index + 1] as number);
    Object.assign(args, strided(`operandAt[${index}]`, buffer.type, layout.offset, strides));
  });
  steps.forEach((step, index) => {
    Object.assign(args, stepArgs(step, index));
  });
  placer.emit({
    kernel: "map",
    args,
    reads: Object.fromEntries(operands.map(({ buffer }, index) => [`operands[${index}]`, buffer])),
    writes: { output: output.buffer },
    grid: Math.ceil(count / blockOutputs),
    block: THREADS,
    sharedBytes: 0,
    flops: count * steps.length,
    readBytes,
    writtenBytes,
    touchedBytes: readBytes + writtenBytes,
  });
}

function stepArgs({ op, a, b, c, constant }: MapStep, index: number): Args {
  const at = `steps[${index}]`;
  return {
    [`${at}.op`]: MAP_OPS.indexOf(op),
    [`${at}.a`]: a,
    [`${at}.b`]: b,
    [`${at}.c`]: c,
    [`${at}.constant`]: constant,
  };
}

/** The operand with most factors, copied into plain rows. */
function straightened(placer: Placer, operands: readonly Placement[], shape: Shape): Placement[] {
  const factors = operands.map(({ layout }) => layout.axes.flat().length);
  const worst = factors.indexOf(Math.max(...factors));
  const { buffer, layout } = operands[worst] as Placement;
  const extents = layout.axes.map((axis) => axis.reduce((product, factor) => product * factor.extent, 1));
  if (operands.length === 1 && (factors[worst] as number) <= extents.length)
    throw cannot(
      placer.groups.at(-1)?.name ?? "",
      `a copy of [${shape.join(", ")}] would go over more than ${MOST_AXES} axes`,
    );
  return operands.with(worst, copied(placer, { buffer, layout }, extents, `${buffer.name}.rows`, false));
}

export function emitCopy(placer: Placer, from: Placement, to: Placement, shape: Shape): void {
  emitMap(placer, [], [from], to, shape);
}

/** A copy of what lies at `from` in a buffer of its own, in the usual layout. */
export function copied(
  placer: Placer,
  from: Placement,
  shape: Shape,
  name: string,
  isImage: boolean,
): Placement {
  const to = newPlacement(name, shape, from.buffer.type === "i32" ? "i32" : placer.type, isImage);
  if (to.buffer.padding === null || !emitPaddedCopy(placer, from, to, shape, isImage ? 1 : shape.length - 1))
    emitCopy(placer, from, to, shape);
  return to;
}

/** Copies, and writes zeros into the padding behind `axis`. False: strides do not allow it. */
function emitPaddedCopy(placer: Placer, from: Placement, to: Placement, shape: Shape, axis: number): boolean {
  const others = [...shape.keys()].filter((other) => other !== axis);
  const joint = jointAxes([axesOf(to.layout, others), axesOf(from.layout, others)]);
  const rows = joint === null ? null : filledTo(MOST_AXES - 1, byOutput(joint), 2);
  const channel = single(from.layout.axes[axis] ?? []);
  const { padding } = to.buffer;
  if (rows === null || channel === null || padding === null) return false;
  const extents = rows.map((row) => row.extent);
  const count = (elementCount(shape) / padding.from) * padding.to;
  const strides = (index: number): number[] => rows.map((row) => row.strides[index] as number);
  const writtenBytes = count * bytesOf(to.buffer.type);
  const blockOutputs = blockOutputsOf(count, bytesIn(from) + writtenBytes);
  placer.emit({
    kernel: "pad",
    args: {
      blockOutputs,
      extents: [...extents, padding.to],
      inputExtents: [...extents, padding.from],
      ...strided("inputAt", from.buffer.type, from.layout.offset, [...strides(1), channel.stride]),
      ...strided("outputAt", to.buffer.type, to.layout.offset, [...strides(0), 1]),
    },
    reads: { input: from.buffer },
    writes: { output: to.buffer },
    grid: Math.ceil(count / blockOutputs),
    block: THREADS,
    sharedBytes: 0,
    flops: 0,
    readBytes: bytesIn(from),
    writtenBytes,
    touchedBytes: bytesIn(from) + writtenBytes,
  });
  to.buffer.isClean = true;
  return true;
}

/** Zeros in the padding of a buffer that only its tensor's kernels have written. */
export function emitCleaning(placer: Placer, buffer: Buffer): void {
  const { padding } = buffer;
  if (padding === null || buffer.isClean) return;
  const rows = buffer.elements / padding.to;
  const shape = [rows, padding.to - padding.from];
  const layout = { ...rowMajor(shape, padding.to), offset: padding.from };
  const zero = { buffer: placer.parameters.zero(), layout: { offset: 0, axes: [[], []] } };
  emitMap(placer, [], [zero], { buffer, layout }, shape);
  buffer.isClean = true;
}

/** The tensor where `isFit` takes it: where it lies, or a copy of it in the usual layout. */
export function fitted(
  placer: Placer,
  tensor: Tensor,
  isFit: (placement: Placement) => boolean,
  isImage = placer.isImage(tensor),
): Placement {
  const placement = placer.of(tensor);
  const known = [placement, ...placer.copiesOf(tensor)].find(isFit);
  if (known !== undefined) return known;
  const copy = copied(placer, placement, tensor.shape, `${tensor.name}.copy`, isImage);
  placer.keepCopy(tensor, copy);
  return copy;
}
