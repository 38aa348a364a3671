/** Einsum of one or two operands: sums over axes of one alone, then one product of matrices, then the axes in their order. */
import { elementCount } from "../../models/graph.ts";
import type { Call, Operators } from "../call.ts";
import { Unsupported } from "../unsupported.ts";
import type { Entry } from "../writer.ts";

/** A tensor and the letters of its axes. */
interface Labelled {
  readonly x: Entry;
  readonly labels: string;
}

function parse(call: Call): { readonly operands: readonly Labelled[]; readonly result: string } {
  const equation = call.attributes.text("equation", "").replaceAll(" ", "");
  const [left = "", right] = equation.split("->");
  const operands = left.split(",").map((labels, index) => ({ x: call.input(index), labels }));
  const isRepeated = operands.some(({ labels }) => new Set(labels).size !== labels.length);
  if (right === undefined || equation.includes(".") || isRepeated || operands.length > 2)
    throw new Unsupported(`its equation is "${equation}"`);
  return { operands, result: right };
}

/** The tensor with its axes in another order. */
function ordered(call: Call, { x, labels }: Labelled, order: string): Entry {
  return call.transpose(
    x,
    [...order].map((label) => labels.indexOf(label)),
  );
}

/** Without the axes that nothing else has. */
function summed(call: Call, { x, labels }: Labelled, elsewhere: string): Labelled {
  const axes = [...labels].flatMap((label, axis) => (elsewhere.includes(label) ? [] : [axis]));
  const kept = [...labels].filter((label) => elsewhere.includes(label)).join("");
  return { x: call.emit({ kind: "reduce", function: "sum", axes, keepDims: false }, x), labels: kept };
}

function einsum(call: Call): Entry {
  const { operands, result } = parse(call);
  const [first, second] = operands as readonly [Labelled, Labelled?];
  if (second === undefined) return ordered(call, summed(call, first, result), result);
  const a = summed(call, first, second.labels + result);
  const b = summed(call, second, first.labels + result);
  const among = (labels: string, test: (label: string) => boolean): string =>
    [...labels].filter(test).join("");
  const isShared = (label: string): boolean => a.labels.includes(label) && b.labels.includes(label);
  const batch = among(result, isShared);
  const inner = among(a.labels, (label) => isShared(label) && !result.includes(label));
  const rows = among(result, (label) => a.labels.includes(label) && !isShared(label));
  const columns = among(result, (label) => b.labels.includes(label) && !isShared(label));
  const extent = (label: string): number =>
    (a.labels.includes(label)
      ? a.x.shape[a.labels.indexOf(label)]
      : b.x.shape[b.labels.indexOf(label)]) as number;
  const extents = (labels: string): number[] => [...labels].map(extent);
  const joined = (operand: Labelled, ...parts: readonly [string, string]): Entry => {
    const shape = [...extents(batch), ...parts.map((labels) => elementCount(extents(labels)))];
    return call.reshape(ordered(call, operand, batch + parts.join("")), shape);
  };
  const op = { kind: "matmul", transposeB: true, alpha: 1 } as const;
  const product = call.emit(op, joined(a, rows, inner), joined(b, columns, inner));
  const labels = batch + rows + columns;
  return ordered(call, { x: call.reshape(product, extents(labels)), labels }, result);
}

export const EINSUM_OPERATORS: Operators = { Einsum: einsum };
