/** Huang et al., "Densely Connected Convolutional Networks", k = 48; torchvision's densenet161. */
import { channelsOf, classifier, convNorm, image } from "../blocks.ts";
import { GraphBuilder } from "../builder.ts";
import type { Graph, Tensor } from "../graph.ts";

const GROWTH = 48;
const DEPTHS = [6, 12, 36, 24];

/**
 * What one layer adds to the features of its block: norm, relu, 1x1 to four times the growth, norm, relu,
 * 3x3.
 */
function denseLayer(g: GraphBuilder, features: Tensor): Tensor {
  const narrow = g.conv(g.relu(g.batchNorm(features)), { out: 4 * GROWTH });
  return g.conv(g.relu(g.batchNorm(narrow)), { out: GROWTH, kernel: 3 });
}

/** Every layer reads what the block was given and what all layers before it added. */
function denseBlock(g: GraphBuilder, x: Tensor, depth: number): Tensor {
  const features = [x];
  for (let layer = 0; layer < depth; layer++) {
    const known = layer === 0 ? x : g.concat(features, 1);
    features.push(g.scope(`layer${layer + 1}`, () => denseLayer(g, known)));
  }
  return g.concat(features, 1);
}

/** Halves the channels and the side. */
function transition(g: GraphBuilder, x: Tensor): Tensor {
  const narrow = g.conv(g.relu(g.batchNorm(x)), { out: channelsOf(x) / 2 });
  return g.avgPool(narrow, { kernel: 2, stride: 2 });
}

export function densenet161(batch: number): Graph {
  const g = new GraphBuilder("densenet161", batch);
  let x = convNorm(g, image(g), { out: 2 * GROWTH, kernel: 7, stride: 2, activation: "relu" });
  x = g.maxPool(x, { kernel: 3, stride: 2, padding: 1 });
  DEPTHS.forEach((depth, block) => {
    if (block > 0) x = g.scope(`transition${block}`, () => transition(g, x));
    x = g.scope(`block${block + 1}`, () => denseBlock(g, x, depth));
  });
  return g.build([classifier(g, g.relu(g.batchNorm(x)))]);
}
