/** Activation functions that a file spells out: x * sigmoid(x) and the like, however the factors are grouped. */
import type { ActivationFunction, Node, Tensor } from "../../models/graph.ts";
import { type Draft, is, type Pattern } from "./draft.ts";

const near = (number: number, wanted: number): boolean => Math.abs(number - wanted) < 1e-4 * Math.abs(wanted);

/** A product: a number times tensors of the product's shape. */
interface Product {
  readonly factor: number;
  readonly tensors: readonly Tensor[];
}

/** The tensor as a product. Factors that others read too are not taken apart. */
function productOf(tensor: Tensor, draft: Draft, isWhole = true): Product {
  const node = isWhole ? draft.writer(tensor) : draft.soleWriter(tensor);
  const known = draft.number(tensor);
  if (known !== undefined) return { factor: known, tensors: [] };
  const [a, b] = node?.inputs ?? [];
  if (a === undefined || b === undefined) return { factor: 1, tensors: [tensor] };
  if (is(node, "mul")) {
    const [left, right] = [productOf(a, draft, false), productOf(b, draft, false)];
    return { factor: left.factor * right.factor, tensors: [...left.tensors, ...right.tensors] };
  }
  const divisor = is(node, "div") ? draft.number(b) : undefined;
  if (divisor === undefined) return { factor: 1, tensors: [tensor] };
  const product = productOf(a, draft, false);
  return { factor: product.factor / divisor, tensors: product.tensors };
}

/** What an activation is computed of; undefined: it is none of this function. */
function argument(tensor: Tensor | undefined, name: ActivationFunction, draft: Draft): Tensor | undefined {
  const node = draft.writer(tensor);
  return is(node, "activation") && node.op.function === name ? node.inputs[0] : undefined;
}

/** What a number is added to. */
function addedTo(tensor: Tensor | undefined, number: number, draft: Draft): Tensor | undefined {
  const node = draft.writer(tensor);
  if (!is(node, "add")) return undefined;
  const [a, b] = node.inputs;
  const isThere = (operand: Tensor | undefined): boolean => {
    const known = draft.number(operand);
    return known !== undefined && near(known, number);
  };
  return isThere(b) ? a : isThere(a) ? b : undefined;
}

/** Whether it is factor * x to a power. */
function isPower(tensor: Tensor, x: Tensor, factor: number, power: number, draft: Draft): boolean {
  const product = productOf(tensor, draft);
  if (!near(product.factor, factor)) return false;
  const powers = product.tensors.map((part) => {
    if (part === x) return 1;
    const node = draft.writer(part);
    if (is(node, "pow") && node.inputs[0] === x) return draft.number(node.inputs[1]) ?? 0;
    return is(node, "mul") && node.inputs.every((input) => input === x) ? 2 : 0;
  });
  return !powers.includes(0) && powers.reduce((sum, next) => sum + next, 0) === power;
}

const CUBIC = 0.044715;

/** Whether it is sqrt(2 / pi) (x + 0.044715 x^3), or the same with x drawn out. */
function isTanhArgument(tensor: Tensor, x: Tensor, draft: Draft): boolean {
  const { factor, tensors } = productOf(tensor, draft);
  if (!near(factor, Math.sqrt(2 / Math.PI))) return false;
  const sum = tensors.find((part) => part !== x);
  if (sum === undefined) return false;
  if (tensors.length === 2 && tensors.includes(x)) {
    const square = addedTo(sum, 1, draft);
    return square !== undefined && isPower(square, x, CUBIC, 2, draft);
  }
  const node = draft.writer(sum);
  if (tensors.length !== 1 || !is(node, "add") || !node.inputs.includes(x)) return false;
  const cube = node.inputs.find((input) => input !== x);
  return cube !== undefined && isPower(cube, x, CUBIC, 3, draft);
}

/** The function that factor * x * gate is of x. */
function gatedBy(gate: Tensor, x: Tensor, factor: number, draft: Draft): ActivationFunction | null {
  if (near(factor, 1)) {
    if (argument(gate, "sigmoid", draft) === x) return "silu";
    if (argument(gate, "hardsigmoid", draft) === x) return "hardswish";
    return argument(argument(gate, "tanh", draft), "softplus", draft) === x ? "mish" : null;
  }
  if (near(factor, 1 / 6))
    return addedTo(argument(gate, "relu6", draft), 3, draft) === x ? "hardswish" : null;
  if (!near(factor, 0.5)) return null;
  const inner = addedTo(gate, 1, draft);
  const error = argument(inner, "erf", draft);
  if (error !== undefined) {
    const { factor: scale, tensors } = productOf(error, draft);
    return tensors.length === 1 && tensors[0] === x && near(scale, Math.SQRT1_2) ? "gelu" : null;
  }
  const line = argument(inner, "tanh", draft);
  return line !== undefined && isTanhArgument(line, x, draft) ? "geluTanh" : null;
}

export const spelledActivation: Pattern = (node: Node, draft: Draft) => {
  if (!is(node, "mul") && !is(node, "div")) return null;
  const { factor, tensors } = productOf(node.outputs[0] as Tensor, draft);
  const [a, b] = tensors;
  const replaced = (name: ActivationFunction, x: Tensor) => ({
    op: { kind: "activation", function: name } as const,
    inputs: [x],
  });
  if (tensors.length === 1) {
    const x = addedTo(argument(a, "relu6", draft), 3, draft);
    return x !== undefined && near(factor, 1 / 6) ? replaced("hardsigmoid", x) : null;
  }
  if (tensors.length !== 2 || a === undefined || b === undefined) return null;
  const forward = gatedBy(b, a, factor, draft);
  if (forward !== null) return replaced(forward, a);
  const backward = gatedBy(a, b, factor, draft);
  return backward === null ? null : replaced(backward, b);
};
