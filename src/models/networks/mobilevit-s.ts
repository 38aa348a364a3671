/**
 * Mehta and Rastegari, "MobileViT", table 4, small; the layers of timm's mobilevit_s. Images of 256 x 256.
 */
import { attention, channelsOf, classifier, convNorm, depthwiseNorm, image } from "../blocks.ts";
import { GraphBuilder } from "../builder.ts";
import type { Graph, Tensor } from "../graph.ts";

const HEADS = 4;
/** Side of the square patches whose equally placed pixels attend to one another. */
const PATCH = 2;

/** MobileNetV2's block, expanding four times. */
function invertedResidual(g: GraphBuilder, x: Tensor, out: number, stride: number): Tensor {
  const wide = convNorm(g, x, { out: 4 * channelsOf(x), activation: "silu" });
  const y = convNorm(g, depthwiseNorm(g, wide, { kernel: 3, stride, activation: "silu" }), { out });
  return stride === 1 && channelsOf(x) === out ? g.add(y, x) : y;
}

function transformerLayer(g: GraphBuilder, x: Tensor): Tensor {
  const width = x.shape[2] ?? 0;
  const joined = g.linear(g.layerNorm(x), 3 * width);
  const [query, key, value] = g.split(joined, 2, [width, width, width]) as [Tensor, Tensor, Tensor];
  const attended = g.add(g.linear(attention(g, query, key, value, HEADS), width), x);
  const wide = g.activation(g.linear(g.layerNorm(attended), 2 * width), "silu");
  return g.add(g.linear(wide, width), attended);
}

/** [batch, d, h, w] to [batch x pixels of a patch, patches, d]. */
function unfold(g: GraphBuilder, x: Tensor): Tensor {
  const [batch = 0, width = 0, rows = 0, columns = 0] = x.shape;
  const patches = (rows * columns) / PATCH ** 2;
  const cut = g.reshape(x, [batch * width * (rows / PATCH), PATCH, columns / PATCH, PATCH]);
  const gathered = g.reshape(g.transpose(cut, [0, 2, 1, 3]), [batch, width, patches, PATCH ** 2]);
  return g.reshape(g.transpose(gathered, [0, 3, 2, 1]), [batch * PATCH ** 2, patches, width]);
}

/** The inverse of unfold, back to the shape of `like`. */
function fold(g: GraphBuilder, tokens: Tensor, like: Tensor): Tensor {
  const [batch = 0, width = 0, rows = 0, columns = 0] = like.shape;
  const patches = (rows * columns) / PATCH ** 2;
  const gathered = g.transpose(g.reshape(tokens, [batch, PATCH ** 2, patches, width]), [0, 3, 2, 1]);
  const cut = g.reshape(gathered, [batch * width * (rows / PATCH), columns / PATCH, PATCH, PATCH]);
  return g.reshape(g.transpose(cut, [0, 2, 1, 3]), [batch, width, rows, columns]);
}

/** Local features by convolution, global ones by a transformer of `depth` layers of `width`. */
function mobileVitBlock(g: GraphBuilder, x: Tensor, width: number, depth: number): Tensor {
  const channels = channelsOf(x);
  const local = g.conv(convNorm(g, x, { out: channels, kernel: 3, activation: "silu" }), { out: width });
  let tokens = unfold(g, local);
  for (let i = 0; i < depth; i++) tokens = g.scope(`transformer${i}`, () => transformerLayer(g, tokens));
  const global = convNorm(g, fold(g, g.layerNorm(tokens), local), { out: channels, activation: "silu" });
  return convNorm(g, g.concat([x, global], 1), { out: channels, kernel: 3, activation: "silu" });
}

/** Channels; width and depth of the transformer. */
const VIT_STAGES = [
  { out: 96, width: 144, depth: 2 },
  { out: 128, width: 192, depth: 4 },
  { out: 160, width: 240, depth: 3 },
];

export function mobilevitS(batch: number): Graph {
  const g = new GraphBuilder("mobilevit-s", batch);
  let x = convNorm(g, image(g, 256), { out: 16, kernel: 3, stride: 2, activation: "silu" });
  x = g.scope("stage1", () => invertedResidual(g, x, 32, 1));
  for (let i = 0; i < 3; i++) x = g.scope(`stage2.${i}`, () => invertedResidual(g, x, 64, i === 0 ? 2 : 1));
  VIT_STAGES.forEach(({ out, width, depth }, stage) => {
    x = g.scope(`stage${stage + 3}`, () => mobileVitBlock(g, invertedResidual(g, x, out, 2), width, depth));
  });
  return g.build([classifier(g, convNorm(g, x, { out: 640, activation: "silu" }))]);
}
