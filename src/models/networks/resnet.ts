/**
 * He et al., "Deep Residual Learning for Image Recognition"; torchvision's resnet34 and resnet152 (stride on
 * the 3x3).
 */
import { channelsOf, classifier, convNorm, image } from "../blocks.ts";
import { GraphBuilder } from "../builder.ts";
import type { Graph, Tensor } from "../graph.ts";

type Block = (g: GraphBuilder, x: Tensor, width: number, stride: number) => Tensor;

/** Two 3x3 convolutions. */
const basic: Block = (g, x, width, stride) => {
  const inner = convNorm(g, x, { out: width, kernel: 3, stride, activation: "relu" });
  return withShortcut(g, x, convNorm(g, inner, { out: width, kernel: 3 }), stride);
};

/** 1x1 down, 3x3, 1x1 up to four times the width. */
const bottleneck: Block = (g, x, width, stride) => {
  const narrow = convNorm(g, x, { out: width, activation: "relu" });
  const inner = convNorm(g, narrow, { out: width, kernel: 3, stride, activation: "relu" });
  return withShortcut(g, x, convNorm(g, inner, { out: 4 * width }), stride);
};

function withShortcut(g: GraphBuilder, x: Tensor, y: Tensor, stride: number): Tensor {
  const changes = stride !== 1 || channelsOf(x) !== channelsOf(y);
  const shortcut = changes ? convNorm(g, x, { out: channelsOf(y), stride }) : x;
  return g.relu(g.add(y, shortcut));
}

function resnet(name: string, block: Block, depths: readonly number[]) {
  return (batch: number): Graph => {
    const g = new GraphBuilder(name, batch);
    let x = convNorm(g, image(g), { out: 64, kernel: 7, stride: 2, activation: "relu" });
    x = g.maxPool(x, { kernel: 3, stride: 2, padding: 1 });
    depths.forEach((depth, layer) => {
      for (let i = 0; i < depth; i++) {
        const stride = layer > 0 && i === 0 ? 2 : 1;
        x = g.scope(`layer${layer + 1}.${i}`, () => block(g, x, 64 << layer, stride));
      }
    });
    return g.build([classifier(g, x)]);
  };
}

export const resnet34 = resnet("resnet34", basic, [3, 4, 6, 3]);
export const resnet152 = resnet("resnet152", bottleneck, [3, 8, 36, 3]);
