/** From works to kernels: each tensor gets a place, each work the kernels that do it, with copies where layouts do not meet. */
import type { Graph, Tensor } from "../models/graph.ts";
import type { Buffer, Placement } from "./buffer.ts";
import { GRANULE_BYTES, sizeOf } from "./buffer.ts";
import type { Constants } from "./constants.ts";
import { emitCopy, emitMap } from "./copies.ts";
import { destinationsOf, imagesOf, portPlacement } from "./destinations.ts";
import { layConv, layLinear } from "./lay-conv.ts";
import { layPad, layPool, layResize } from "./lay-images.ts";
import { layAttention, layGather, layMatmul } from "./lay-products.ts";
import { layReduce } from "./lay-reduce.ts";
import { layNorm, laySoftmax } from "./lay-rows.ts";
import { layView } from "./lay-views.ts";
import { roundUp, sameLayout } from "./layout.ts";
import type { MapStep } from "./map-op.ts";
import { Parameters } from "./parameters.ts";
import type { TaskGroup } from "./placer.ts";
import { Placer } from "./placer.ts";
import type { Precision } from "./plan.ts";
import type { TunedTiles } from "./tiles.ts";
import type { Work } from "./work.ts";
import { isView } from "./work.ts";

export interface LaidNetwork {
  readonly groups: readonly TaskGroup[];
  readonly inputs: readonly Buffer[];
  readonly outputs: readonly Buffer[];
  readonly parameters: Parameters;
  readonly counterBytes: number;
}

/** Throws MissileError("cannotPlan") where a tensor has more axes than kernels know. */
export function lay(
  graph: Graph,
  works: readonly Work[],
  constants: Constants,
  precision: Precision,
  tuned: TunedTiles,
): LaidNetwork {
  const images = imagesOf(graph, works);
  const inputs = ports(graph.inputs, "input");
  const outputs = ports(graph.outputs, "output");
  const byTensor = new Map(graph.outputs.map((tensor, index) => [tensor, outputs[index] as Placement]));
  const parameters = new Parameters(constants);
  const wishes = destinationsOf(works, byTensor, images, precision);
  const placer = new Placer(precision, parameters, images, wishes);
  graph.inputs.forEach((tensor, index) => {
    placer.place(tensor, inputs[index] as Placement);
  });
  for (const work of works) {
    placer.begin(work);
    layWork(placer, work, tuned);
  }
  placer.begin({ name: "outputs", nodes: [] });
  graph.outputs.forEach((tensor, index) => {
    const port = outputs[index] as Placement;
    const at = placer.of(tensor);
    if (at.buffer !== port.buffer || !sameLayout(at.layout, port.layout))
      emitCopy(placer, at, port, tensor.shape);
  });
  const buffers = (placements: readonly Placement[]): Buffer[] => placements.map(({ buffer }) => buffer);
  const groups = placer.groups.filter(({ tasks }) => tasks.length > 0);
  const { counterBytes } = placer;
  return { groups, inputs: buffers(inputs), outputs: buffers(outputs), parameters, counterBytes };
}

function ports(tensors: readonly Tensor[], use: "input" | "output"): Placement[] {
  let firstByte = 0;
  return tensors.map((tensor) => {
    const placement = portPlacement(tensor, use, firstByte);
    firstByte += roundUp(sizeOf(placement.buffer), GRANULE_BYTES);
    return placement;
  });
}

function layWork(placer: Placer, work: Work, tuned: TunedTiles): void {
  const { op } = work;
  if (isView(op)) {
    layView(placer, work, op);
    return;
  }
  switch (op.kind) {
    case "conv":
      layConv(placer, work, op, tuned);
      break;
    case "linear":
      layLinear(placer, work, tuned);
      break;
    case "matmul":
      layMatmul(placer, work, op);
      break;
    case "attention":
      layAttention(placer, work, op);
      break;
    case "norm":
      layNorm(placer, work, op);
      break;
    case "map":
      layMap(placer, work, op.steps);
      break;
    case "softmax":
      laySoftmax(placer, work, op);
      break;
    case "reduce":
      layReduce(placer, work, op);
      break;
    case "maxPool":
    case "avgPool":
      layPool(placer, work, op);
      break;
    case "resize":
      layResize(placer, work, op);
      break;
    case "pad":
      layPad(placer, work, op);
      break;
    case "gather":
      layGather(placer, work, op);
      break;
  }
}

function layMap(placer: Placer, work: Work, steps: readonly MapStep[]): void {
  const result = work.outputs[0] as Tensor;
  const operands = work.inputs.map((input) => placer.operand(input));
  const output = placer.result(result);
  emitMap(placer, steps, operands, output, result.shape);
}
