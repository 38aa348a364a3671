/** Ma et al., "ShuffleNet V2", width 1.0; torchvision's shufflenet_v2_x1_0. */
import { channelsOf, classifier, convNorm, depthwiseNorm, image } from "../blocks.ts";
import { GraphBuilder } from "../builder.ts";
import type { Graph, Tensor } from "../graph.ts";

const STAGES = [
  { out: 116, units: 4 },
  { out: 232, units: 8 },
  { out: 464, units: 4 },
];

/** Interleaves the two halves of the channels, so that the next unit's split mixes them. */
function shuffle(g: GraphBuilder, x: Tensor): Tensor {
  const [batch = 0, channels = 0, height = 0, width = 0] = x.shape;
  const halves = g.reshape(x, [batch, 2, channels / 2, height, width]);
  return g.reshape(g.transpose(halves, [0, 2, 1, 3, 4]), [batch, channels, height, width]);
}

/** 1x1, depthwise 3x3, 1x1. */
function branch(g: GraphBuilder, x: Tensor, out: number, stride: number): Tensor {
  const inner = convNorm(g, x, { out, activation: "relu" });
  return convNorm(g, depthwiseNorm(g, inner, { kernel: 3, stride }), { out, activation: "relu" });
}

/** Half of the channels pass unchanged. */
function unit(g: GraphBuilder, x: Tensor): Tensor {
  const half = channelsOf(x) / 2;
  const [kept, changed] = g.split(x, 1, [half, half]) as [Tensor, Tensor];
  return shuffle(g, g.concat([kept, branch(g, changed, half, 1)], 1));
}

/** Halves the side; both branches see all channels. */
function reducingUnit(g: GraphBuilder, x: Tensor, out: number): Tensor {
  const near = depthwiseNorm(g, x, { kernel: 3, stride: 2 });
  const kept = convNorm(g, near, { out: out / 2, activation: "relu" });
  return shuffle(g, g.concat([kept, branch(g, x, out / 2, 2)], 1));
}

export function shufflenetv2(batch: number): Graph {
  const g = new GraphBuilder("shufflenetv2-x1.0", batch);
  let x = convNorm(g, image(g), { out: 24, kernel: 3, stride: 2, activation: "relu" });
  x = g.maxPool(x, { kernel: 3, stride: 2, padding: 1 });
  STAGES.forEach(({ out, units }, stage) => {
    for (let i = 0; i < units; i++)
      x = g.scope(`stage${stage + 2}.${i}`, () => (i === 0 ? reducingUnit(g, x, out) : unit(g, x)));
  });
  return g.build([classifier(g, convNorm(g, x, { out: 1024, activation: "relu" }))]);
}
