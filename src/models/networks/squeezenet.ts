/** Iandola et al., "SqueezeNet", version 1.1; torchvision's squeezenet1_1. */
import { IMAGENET_CLASSES, image } from "../blocks.ts";
import { GraphBuilder } from "../builder.ts";
import type { Graph, Tensor } from "../graph.ts";

/** Squeeze to few channels; expand them by 1x1 and by 3x3 convolutions, side by side. */
function fire(g: GraphBuilder, x: Tensor, squeeze: number, expand: number): Tensor {
  const narrow = g.relu(g.conv(x, { out: squeeze, bias: true }));
  const points = g.relu(g.conv(narrow, { out: expand, bias: true }));
  const patches = g.relu(g.conv(narrow, { out: expand, kernel: 3, bias: true }));
  return g.concat([points, patches], 1);
}

/** Squeeze and expand channels of each fire; `pool`: a max pooling comes before it. */
const FIRES = [
  { squeeze: 16, expand: 64, pool: true },
  { squeeze: 16, expand: 64, pool: false },
  { squeeze: 32, expand: 128, pool: true },
  { squeeze: 32, expand: 128, pool: false },
  { squeeze: 48, expand: 192, pool: true },
  { squeeze: 48, expand: 192, pool: false },
  { squeeze: 64, expand: 256, pool: false },
  { squeeze: 64, expand: 256, pool: false },
];

export function squeezenet(batch: number): Graph {
  const g = new GraphBuilder("squeezenet1.1", batch);
  let x = g.relu(g.conv(image(g), { out: 64, kernel: 3, stride: 2, padding: 0, bias: true }));
  FIRES.forEach(({ squeeze, expand, pool }, index) => {
    if (pool) x = g.maxPool(x, { kernel: 3, stride: 2, ceilMode: true });
    x = g.scope(`fire${index + 2}`, () => fire(g, x, squeeze, expand));
  });
  const scores = g.relu(g.conv(x, { out: IMAGENET_CLASSES, bias: true }));
  return g.build([g.globalAvgPool(scores)]);
}
