/** query x key^T, scaled, perhaps biased, softmax, x value: one work that keeps the scores out of memory. */
import type { Graph, Tensor } from "../models/graph.ts";
import type { Constants } from "./constants.ts";
import type { MapStep } from "./map-op.ts";
import type { Work } from "./work.ts";
import { made, NO_EPILOGUE, readerCounts } from "./work.ts";

/** Widths of a head that the kernel holds (cpp/dnn/attention.h). */
const MOST_HEAD_WIDTH = 128;

interface Scores {
  readonly matmul: Work;
  readonly scale: number;
  readonly bias: Tensor | null;
  readonly parts: readonly Work[];
}

export function fuseAttention(graph: Graph, works: readonly Work[], constants: Constants): Work[] {
  const readers = readerCounts(graph, works);
  const writer = new Map(works.flatMap((work) => work.outputs.map((output) => [output, work] as const)));
  const isInner = (tensor: Tensor): boolean => readers.get(tensor) === 1;
  const replaced = new Map<Work, readonly Work[]>();
  for (const mix of works) {
    if (mix.op.kind !== "matmul" || mix.op.alpha !== 1) continue;
    const softmax = writer.get(mix.inputs[0] as Tensor);
    if (softmax?.op.kind !== "softmax" || softmax.op.isLog || !isInner(mix.inputs[0] as Tensor)) continue;
    if (softmax.op.axis !== (softmax.outputs[0] as Tensor).shape.length - 1) continue;
    const scores = scoresOf(softmax.inputs[0] as Tensor, writer, isInner, constants);
    if (scores === null || !fits(scores, mix)) continue;
    for (const part of [...scores.parts, softmax]) replaced.set(part, []);
    replaced.set(mix, attention(scores, softmax, mix));
  }
  return works.flatMap((work) => replaced.get(work) ?? [work]);
}

/** Walks back from what softmax reads to the product: a bias, and a scale before it. */
function scoresOf(
  tensor: Tensor,
  writer: ReadonlyMap<Tensor, Work>,
  isInner: (tensor: Tensor) => boolean,
  constants: Constants,
): Scores | null {
  const parts: Work[] = [];
  let scale = 1;
  let bias: Tensor | null = null;
  for (let at = tensor; isInner(at); ) {
    const work = writer.get(at);
    if (work === undefined) return null;
    parts.push(work);
    if (work.op.kind === "matmul") return { matmul: work, scale: scale * work.op.alpha, bias, parts };
    if (work.op.kind !== "map" || work.op.steps.length !== 1) return null;
    const { op, constant } = work.op.steps[0] as MapStep;
    const [a, b] = work.inputs as readonly [Tensor, Tensor | undefined];
    if (op === "mulConstant") {
      scale *= constant;
      at = a;
    } else if (op === "add" && b !== undefined && bias === null && scale === 1) {
      const scores = [a, b].find((side) => !constants.has(side) && leadsToProduct(side, writer));
      if (scores === undefined) return null;
      bias = scores === a ? b : a;
      at = scores;
    } else return null;
  }
  return null;
}

function leadsToProduct(tensor: Tensor, writer: ReadonlyMap<Tensor, Work>): boolean {
  const work = writer.get(tensor);
  if (work?.op.kind === "map" && work.inputs.length === 1)
    return leadsToProduct(work.inputs[0] as Tensor, writer);
  return work?.op.kind === "matmul";
}

function fits({ matmul, bias }: Scores, mix: Work): boolean {
  const [query, , value] = [matmul.inputs[0], matmul.inputs[1], mix.inputs[1]] as readonly Tensor[];
  const rank = query?.shape.length ?? 0;
  const widths = [query?.shape.at(-1) ?? 0, value?.shape.at(-1) ?? 0];
  return (
    rank >= 3 &&
    rank <= 4 &&
    widths.every((width) => width <= MOST_HEAD_WIDTH) &&
    (bias?.shape.length ?? 0) <= rank
  );
}

function attention({ matmul, scale, bias, parts }: Scores, softmax: Work, mix: Work): Work[] {
  const [query, turned] = matmul.inputs as readonly [Tensor, Tensor];
  const rank = turned.shape.length;
  const permutation = [...turned.shape.keys()].slice(0, -2).concat(rank - 1, rank - 2);
  const key = made(
    `${matmul.name}.key`,
    permutation.map((axis) => turned.shape[axis] as number),
  );
  const value = mix.inputs[1] as Tensor;
  const nodes = [...parts.toReversed(), softmax, mix].flatMap((part) => part.nodes);
  return [
    {
      name: matmul.name,
      nodes: [],
      op: { kind: "transpose", permutation },
      inputs: [turned],
      outputs: [key],
      epilogue: NO_EPILOGUE,
    },
    {
      name: matmul.name,
      nodes,
      op: { kind: "attention", scale },
      inputs: bias === null ? [query, key, value] : [query, key, value, bias],
      outputs: mix.outputs,
      epilogue: NO_EPILOGUE,
    },
  ];
}
