/**
 * Sun et al., "MobileBERT", table 1; the layers of Hugging Face's MobileBertModel with
 * google/mobilebert-uncased's configuration: no-norms, a bottleneck shared by query and key, four stacked
 * feed-forward networks. 128 tokens.
 */
import { attention } from "../blocks.ts";
import { GraphBuilder } from "../builder.ts";
import type { Graph, Tensor } from "../graph.ts";

const TOKENS = 128;
const VOCABULARY = 30522;
const POSITIONS = 512;
const SEGMENTS = 2;
const EMBEDDING = 128;
/** Between layers, and inside of them. */
const WIDTH = 512;
const NARROW = 128;
const HEADS = 4;
const LAYERS = 24;
const FEED_FORWARDS = 4;

/** What MobileBERT has in place of layer norm: a scale and a shift of each column. */
function noNorm(g: GraphBuilder, x: Tensor): Tensor {
  const width = x.shape.at(-1) ?? 0;
  return g.scope("norm", () => g.add(g.mul(x, g.weight("gain", [width])), g.weight("shift", [width])));
}

/** Each token's embedding beside its right and left neighbours', then widened. */
function embeddings(g: GraphBuilder): Tensor {
  const words = g.embedding(g.input("tokens", [g.batch, TOKENS], "int32"), VOCABULARY, EMBEDDING);
  const right = g.pad(g.slice(words, 1, 1, TOKENS), [0, 0, 0], [0, 1, 0]);
  const left = g.pad(g.slice(words, 1, 0, TOKENS - 1), [0, 1, 0], [0, 0, 0]);
  const wide = g.linear(g.concat([right, words, left], 2), WIDTH);
  const places = g.indices("positions", [TOKENS], [...Array(TOKENS).keys()]);
  const positions = g.embedding(places, POSITIONS, WIDTH);
  const segments = g.embedding(g.input("segments", [g.batch, TOKENS], "int32"), SEGMENTS, WIDTH);
  return g.scope("sum", () => noNorm(g, g.add(g.add(wide, positions), segments)));
}

function feedForward(g: GraphBuilder, x: Tensor): Tensor {
  const wide = g.relu(g.linear(x, WIDTH));
  return noNorm(g, g.add(g.linear(wide, NARROW), x));
}

function layer(g: GraphBuilder, x: Tensor): Tensor {
  const narrow = g.scope("bottleneck", () => noNorm(g, g.linear(x, NARROW)));
  const shared = g.scope("shared", () => noNorm(g, g.linear(x, NARROW)));
  let y = g.scope("attention", () => {
    const [query, key, value] = [g.linear(shared, NARROW), g.linear(shared, NARROW), g.linear(x, NARROW)];
    const mixed = attention(g, query, key, value, HEADS);
    return noNorm(g, g.add(g.linear(mixed, NARROW), narrow));
  });
  for (let i = 0; i < FEED_FORWARDS; i++) y = g.scope(`feedForward${i}`, () => feedForward(g, y));
  return g.scope("output", () => noNorm(g, g.add(g.linear(y, WIDTH), x)));
}

export function mobilebert(batch: number): Graph {
  const g = new GraphBuilder("mobilebert", batch);
  let x = g.scope("embeddings", () => embeddings(g));
  for (let i = 0; i < LAYERS; i++) x = g.scope(`layer${i}`, () => layer(g, x));
  return g.build([x]);
}
