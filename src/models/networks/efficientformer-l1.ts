/** Li et al., "EfficientFormer", L1; the layers of timm's efficientformer_l1, with its distillation head. */
import { channelsOf, convNorm, IMAGENET_CLASSES, image } from "../blocks.ts";
import { GraphBuilder } from "../builder.ts";
import type { Graph, Tensor } from "../graph.ts";

const STAGES = [
  { width: 48, blocks: 3 },
  { width: 96, blocks: 2 },
  { width: 224, blocks: 6 },
  { width: 448, blocks: 3 },
];
const EXPANSION = 4;
/** The last block's attention: over the 7 x 7 image, values four times as wide as keys. */
const SIDE = 7;
const HEADS = 8;
const KEY_WIDTH = 32;
const VALUE_WIDTH = 4 * KEY_WIDTH;

/** A convolution with bias and batch norm, as all in this network are. */
const biasedConv = { bias: true } as const;

/** `branch` scaled channel by channel, added to x. `scale`: the trained factors' shape. */
function addScaled(g: GraphBuilder, x: Tensor, branch: Tensor, name: string, scale: number[]): Tensor {
  return g.add(g.mul(branch, g.weight(name, scale)), x);
}

/** Mixes pixels by pooling (less the pixel itself), then channels by two 1x1 convolutions. */
function poolBlock(g: GraphBuilder, x: Tensor): Tensor {
  const channels = channelsOf(x);
  const pooled = g.avgPool(x, { kernel: 3, stride: 1, padding: 1, countPadding: false });
  const mixed = addScaled(g, x, g.sub(pooled, x), "scale1", [channels, 1, 1]);
  const wide = convNorm(g, mixed, { ...biasedConv, out: EXPANSION * channels, activation: "gelu" });
  const narrow = convNorm(g, wide, { ...biasedConv, out: channels });
  return addScaled(g, mixed, narrow, "scale2", [channels, 1, 1]);
}

/** For each query and key pixel, the entry of the bias table: |rows apart| x side + |columns apart|. */
function distances(): number[] {
  const pixels = [...Array(SIDE * SIDE).keys()];
  return pixels.flatMap((query) =>
    pixels.map((key) => {
      const rows = Math.abs(Math.floor(query / SIDE) - Math.floor(key / SIDE));
      return rows * SIDE + Math.abs((query % SIDE) - (key % SIDE));
    }),
  );
}

/** Attention with a trained bias for each distance and head. x [batch, pixels, width] */
function biasedAttention(g: GraphBuilder, x: Tensor): Tensor {
  const [batch = 0, pixels = 0, width = 0] = x.shape;
  const joined = g.linear(x, HEADS * (2 * KEY_WIDTH + VALUE_WIDTH));
  const perHead = g.transpose(
    g.reshape(joined, [batch, pixels, HEADS, 2 * KEY_WIDTH + VALUE_WIDTH]),
    [0, 2, 1, 3],
  );
  const parts = g.split(perHead, 3, [KEY_WIDTH, KEY_WIDTH, VALUE_WIDTH]);
  const [query, key, value] = parts as [Tensor, Tensor, Tensor];
  const scores = g.matmul(query, key, { transposeB: true, alpha: 1 / Math.sqrt(KEY_WIDTH) });
  const table = g.weight("biases", [HEADS, SIDE * SIDE]);
  const bias = g.gather(table, g.indices("distances", [pixels, pixels], distances()), 1);
  const mixed = g.matmul(g.softmax(g.add(scores, bias), 3), value);
  return g.linear(g.reshape(g.transpose(mixed, [0, 2, 1, 3]), [batch, pixels, HEADS * VALUE_WIDTH]), width);
}

function attentionBlock(g: GraphBuilder, x: Tensor): Tensor {
  const width = x.shape[2] ?? 0;
  const mixed = addScaled(g, x, biasedAttention(g, g.layerNorm(x)), "scale1", [width]);
  const wide = g.activation(g.linear(g.layerNorm(mixed), EXPANSION * width), "gelu");
  return addScaled(g, mixed, g.linear(wide, width), "scale2", [width]);
}

export function efficientformerL1(batch: number): Graph {
  const g = new GraphBuilder("efficientformer-l1", batch);
  const first = { ...biasedConv, kernel: 3, stride: 2, activation: "relu" } as const;
  let x = convNorm(g, convNorm(g, image(g), { ...first, out: 24 }), { ...first, out: 48 });
  STAGES.forEach(({ width, blocks }, stage) => {
    if (stage > 0) x = convNorm(g, x, { ...biasedConv, out: width, kernel: 3, stride: 2 });
    for (let i = 0; i < blocks; i++) x = g.scope(`stage${stage + 1}.${i}`, () => poolBlock(g, x));
  });
  const width = channelsOf(x);
  const tokens = g.transpose(g.reshape(x, [batch, width, SIDE * SIDE]), [0, 2, 1]);
  const last = g.scope("attention", () => attentionBlock(g, tokens));
  const features = g.mean(g.layerNorm(last), [1]);
  return g.build([g.linear(features, IMAGENET_CLASSES), g.linear(features, IMAGENET_CLASSES)]);
}
