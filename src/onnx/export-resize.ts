/** Resize is written by the way of saying places that gives the graph's own scale and shift. */
import { MissileError } from "../core/error.ts";
import type { Node, Op, Resampling } from "../models/graph.ts";
import type { NodeWriter } from "./export-node.ts";
import { PLACEMENTS } from "./operators/resize.ts";

const ROUNDINGS: Readonly<Record<Resampling["rounding"], string>> = {
  floor: "floor",
  ceil: "ceil",
  roundPreferFloor: "round_prefer_floor",
  roundPreferCeil: "round_prefer_ceil",
};

const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-6;

/** Throws MissileError("unsupportedOnnx") where none of ONNX's ways gives these places. */
export function writeResize(node: Node, op: Extract<Op, { kind: "resize" }>, writer: NodeWriter): void {
  const x = node.inputs[0];
  const [, , ...extents] = x?.shape ?? [];
  const placement = Object.entries(PLACEMENTS).find(([, place]) =>
    ([0, 1] as const).every((axis) => {
      const [input, output] = [extents[axis] as number, op.size[axis]];
      const { scale, shift } = place(input, output, output / input);
      return near(scale, op.scale[axis]) && near(shift, op.shift[axis]);
    }),
  );
  if (placement === undefined || x === undefined)
    throw new MissileError(
      `node "${node.name}": ONNX has no word for its places between pixels`,
      "unsupportedOnnx",
    );
  const sizes = writer.integers([...x.shape.slice(0, 2), ...op.size]);
  writer.last(node, "Resize", [x.name, "", "", sizes], {
    mode: op.mode,
    coordinate_transformation_mode: placement[0],
    nearest_mode: ROUNDINGS[op.rounding],
  });
}
