/**
 * Devlin et al., "BERT", base, uncased, with pooler; the layers of Hugging Face's BertModel. Sequences of 128
 * tokens.
 */
import { attention } from "../blocks.ts";
import { GraphBuilder } from "../builder.ts";
import type { Graph, Tensor } from "../graph.ts";

const TOKENS = 128;
const VOCABULARY = 30522;
const POSITIONS = 512;
const SEGMENTS = 2;
const WIDTH = 768;
const HEADS = 12;
const LAYERS = 12;
const EPSILON = 1e-12;

function embeddings(g: GraphBuilder): Tensor {
  const words = g.embedding(g.input("tokens", [g.batch, TOKENS], "int32"), VOCABULARY, WIDTH);
  const places = g.indices("positions", [TOKENS], [...Array(TOKENS).keys()]);
  const positions = g.embedding(places, POSITIONS, WIDTH);
  const segments = g.embedding(g.input("segments", [g.batch, TOKENS], "int32"), SEGMENTS, WIDTH);
  return g.layerNorm(g.add(g.add(words, segments), positions), EPSILON);
}

function layer(g: GraphBuilder, x: Tensor): Tensor {
  const mixed = attention(g, g.linear(x, WIDTH), g.linear(x, WIDTH), g.linear(x, WIDTH), HEADS);
  const attended = g.layerNorm(g.add(g.linear(mixed, WIDTH), x), EPSILON);
  const wide = g.activation(g.linear(attended, 4 * WIDTH), "gelu");
  return g.layerNorm(g.add(g.linear(wide, WIDTH), attended), EPSILON);
}

export function bertBase(batch: number): Graph {
  const g = new GraphBuilder("bert-base", batch);
  let x = g.scope("embeddings", () => embeddings(g));
  for (let i = 0; i < LAYERS; i++) x = g.scope(`layer${i}`, () => layer(g, x));
  const first = g.reshape(g.slice(x, 1, 0, 1), [batch, WIDTH]);
  return g.build([x, g.activation(g.linear(first, WIDTH), "tanh")]);
}
