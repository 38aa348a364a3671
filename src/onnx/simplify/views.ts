/** Steps that undo or repeat one another: of views, of broadcasting, of truths. */
import { isElementwise, type Tensor } from "../../models/graph.ts";
import { broadcastShape } from "../value.ts";
import { type Draft, is, type Pattern } from "./draft.ts";

export const joinedReshapes: Pattern = (node, draft) => {
  if (!is(node, "reshape")) return null;
  const before = draft.writer(node.inputs[0]);
  const [x] = is(before, "reshape") ? before.inputs : node.inputs;
  if (x?.shape.join() === node.op.shape.join()) return x as Tensor;
  return is(before, "reshape") ? { op: node.op, inputs: [x as Tensor] } : null;
};

export const joinedTransposes: Pattern = (node, draft) => {
  const before = draft.writer(node.inputs[0]);
  if (!is(node, "transpose") || !is(before, "transpose")) return null;
  const permutation = node.op.permutation.map((axis) => before.op.permutation[axis] as number);
  const [x] = before.inputs as readonly [Tensor];
  const isWhole = permutation.every((axis, index) => axis === index);
  return isWhole ? x : { op: { kind: "transpose", permutation }, inputs: [x] };
};

/** Who computes element by element broadcasts by itself. */
export const needlessExpand: Pattern = (node, draft) => {
  if (!isElementwise(node.op) || node.inputs.length < 2 || is(node, "batchNorm")) return null;
  const at = node.inputs.findIndex((input) => is(draft.writer(input), "expand"));
  if (at < 0) return null;
  const inputs = node.inputs.with(at, draft.writer(node.inputs[at])?.inputs[0] as Tensor);
  const shape = broadcastShape(inputs.map((input) => input.shape));
  return shape.join() === node.outputs[0]?.shape.join() ? { op: node.op, inputs } : null;
};

function negated(tensor: Tensor | undefined, draft: Draft): Tensor | undefined {
  const node = draft.writer(tensor);
  return is(node, "activation") && node.op.function === "not" ? node.inputs[0] : undefined;
}

/** Any number but 0 is true where truths are read: what makes 1 of it is not needed there. */
export const plainTruth: Pattern = (node, draft) => {
  if (!is(node, "and") && !is(node, "or") && !is(node, "where")) return null;
  const conditions = is(node, "where") ? node.inputs.slice(0, 1) : node.inputs;
  const plain = conditions.map((condition) => negated(negated(condition, draft), draft) ?? condition);
  if (plain.every((condition, index) => condition === conditions[index])) return null;
  return { op: node.op, inputs: [...plain, ...node.inputs.slice(plain.length)] };
};

/** A negated condition chooses the other way round. */
export const negatedCondition: Pattern = (node, draft) => {
  if (!is(node, "where")) return null;
  const [condition, a, b] = node.inputs as readonly [Tensor, Tensor, Tensor];
  const plain = negated(condition, draft);
  return plain === undefined ? null : { op: node.op, inputs: [plain, b, a] };
};
