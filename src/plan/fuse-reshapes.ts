/** Elementwise work behind reshapes, done before them: then it can be the epilogue of what computes their operand. */
import type { Shape, Tensor } from "../models/graph.ts";
import { elementCount } from "../models/graph.ts";
import type { Work } from "./work.ts";
import { made, NO_EPILOGUE } from "./work.ts";

/** Whether the result has the operand's elements in their order: a reshape, or a transpose that moves axes of extent 1 alone. */
export function keepsOrder({ op, inputs }: Work): boolean {
  if (op.kind === "reshape") return true;
  if (op.kind !== "transpose") return false;
  const moved = op.permutation.filter((axis) => inputs[0]?.shape[axis] !== 1);
  return moved.every((axis, index) => index === 0 || axis > (moved[index - 1] as number));
}

export interface MovedMap {
  /** The other operands in the shape that the work has now. */
  readonly before: readonly Work[];
  readonly map: Work;
  /** Gives the result its shape again. */
  readonly after: Work;
}

/** `map`, which reads `operand`, with `source` in its place: the same elements in another shape. Null: other operands broadcast. */
export function movedBefore(map: Work, operand: Tensor, source: Tensor): MovedMap | null {
  const result = map.outputs[0] as Tensor;
  if (operand.shape.join() !== result.shape.join()) return null;
  const before: Work[] = [];
  const inputs: Tensor[] = [];
  for (const input of map.inputs) {
    if (input === operand) inputs.push(source);
    else if (elementCount(input.shape) === 1) inputs.push(input);
    else if (input.shape.join() !== result.shape.join()) return null;
    else {
      const turned = made(`${input.name}.reshaped`, source.shape, input.type);
      before.push(reshape(map.name, input, turned, source.shape));
      inputs.push(turned);
    }
  }
  const moved = made(result.name, source.shape, result.type);
  return {
    before,
    map: { ...map, inputs, outputs: [moved] },
    after: reshape(map.name, moved, result, result.shape),
  };
}

const reshape = (name: string, from: Tensor, to: Tensor, shape: Shape): Work => ({
  name,
  nodes: [],
  op: { kind: "reshape", shape },
  inputs: [from],
  outputs: [to],
  epilogue: NO_EPILOGUE,
});
