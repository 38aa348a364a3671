/**
 * Simonyan and Zisserman, "Very Deep Convolutional Networks", configuration E; torchvision's vgg19 (without
 * norms).
 */
import { IMAGENET_CLASSES, image } from "../blocks.ts";
import { GraphBuilder } from "../builder.ts";
import type { Graph } from "../graph.ts";

/** Channels and number of the 3x3 convolutions before each pooling. */
const STAGES = [
  { out: 64, convs: 2 },
  { out: 128, convs: 2 },
  { out: 256, convs: 4 },
  { out: 512, convs: 4 },
  { out: 512, convs: 4 },
];

export function vgg19(batch: number): Graph {
  const g = new GraphBuilder("vgg19", batch);
  let x = image(g);
  STAGES.forEach(({ out, convs }, stage) => {
    g.scope(`stage${stage + 1}`, () => {
      for (let i = 0; i < convs; i++) x = g.relu(g.conv(x, { out, kernel: 3, bias: true }));
      x = g.maxPool(x, { kernel: 2, stride: 2 });
    });
  });
  let features = g.reshape(x, [batch, 512 * 7 * 7]);
  for (let i = 0; i < 2; i++) features = g.relu(g.linear(features, 4096));
  return g.build([g.linear(features, IMAGENET_CLASSES)]);
}
