/** Tan and Le, "EfficientNet", table 1; torchvision's efficientnet_b0. */
import { channelsOf, classifier, convNorm, depthwiseNorm, image, squeezeExcite } from "../blocks.ts";
import { GraphBuilder } from "../builder.ts";
import type { Graph, Tensor } from "../graph.ts";

interface Stage {
  readonly expand: number;
  readonly kernel: number;
  readonly stride: number;
  readonly out: number;
  readonly layers: number;
}

const STAGES: readonly Stage[] = [
  { expand: 1, kernel: 3, stride: 1, out: 16, layers: 1 },
  { expand: 6, kernel: 3, stride: 2, out: 24, layers: 2 },
  { expand: 6, kernel: 5, stride: 2, out: 40, layers: 2 },
  { expand: 6, kernel: 3, stride: 2, out: 80, layers: 3 },
  { expand: 6, kernel: 5, stride: 1, out: 112, layers: 3 },
  { expand: 6, kernel: 5, stride: 2, out: 192, layers: 4 },
  { expand: 6, kernel: 3, stride: 1, out: 320, layers: 1 },
];

/** Expand, depthwise, squeeze-and-excite (to a quarter of the block's input), project. */
function mbConv(g: GraphBuilder, x: Tensor, stage: Stage, stride: number): Tensor {
  const { expand, kernel, out } = stage;
  const channels = channelsOf(x);
  const wide = expand === 1 ? x : convNorm(g, x, { out: expand * channels, activation: "silu" });
  const inner = depthwiseNorm(g, wide, { kernel, stride, activation: "silu" });
  const excited = squeezeExcite(g, inner, { squeeze: channels / 4, activation: "silu", gate: "sigmoid" });
  const y = convNorm(g, excited, { out });
  return stride === 1 && channels === out ? g.add(y, x) : y;
}

export function efficientnetB0(batch: number): Graph {
  const g = new GraphBuilder("efficientnet-b0", batch);
  let x = convNorm(g, image(g), { out: 32, kernel: 3, stride: 2, activation: "silu" });
  STAGES.forEach((stage, index) => {
    for (let i = 0; i < stage.layers; i++)
      x = g.scope(`stage${index + 1}.${i}`, () => mbConv(g, x, stage, i === 0 ? stage.stride : 1));
  });
  return g.build([classifier(g, convNorm(g, x, { out: 1280, activation: "silu" }))]);
}
