/** Small networks of all kinds of nodes, for properties that every plan must have. */
import fc from "fast-check";
import { GraphBuilder } from "../../src/models/builder.ts";
import type { ActivationFunction, Graph, Tensor } from "../../src/models/graph.ts";

/** Which node comes next, and the numbers that it takes its sizes and operands from. */
interface Choice {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

const ACTIVATIONS: readonly ActivationFunction[] = ["relu", "silu", "sigmoid", "tanh", "hardswish"];
const pick = <Item>(items: readonly Item[], number: number): Item => items[number % items.length] as Item;

type Step = (g: GraphBuilder, x: Tensor, choice: Choice, known: readonly Tensor[]) => Tensor;

const isImage = (x: Tensor): boolean => x.shape.length === 4;
const extent = (x: Tensor, axis: number): number => x.shape.at(axis) as number;

function conv(g: GraphBuilder, x: Tensor, { a, b, c }: Choice): Tensor {
  const channels = extent(x, 1);
  const kernel = pick([1, 3], a);
  const stride = extent(x, 2) > 4 ? pick([1, 1, 2], b) : 1;
  const groups = pick([1, 1, channels % 2 === 0 ? 2 : 1, channels], c);
  const out = groups === channels ? channels : groups * (1 + (a % 9));
  return g.conv(x, { out, kernel, stride, groups, bias: b % 2 === 0 });
}

/** Another tensor of the same shape, so that what is added is not always the neighbour. */
function met(g: GraphBuilder, x: Tensor, { a, b }: Choice, known: readonly Tensor[]): Tensor {
  const alike = known.filter((other) => other.shape.join() === x.shape.join());
  const other = pick(alike, a);
  return pick([() => g.add(x, other), () => g.mul(other, x), () => g.sub(x, other)], b)();
}

function concat(g: GraphBuilder, x: Tensor, { a }: Choice, known: readonly Tensor[]): Tensor {
  const fits = known.filter(
    (other) =>
      other.shape.length === x.shape.length &&
      other.shape.every((own, axis) => axis === 1 || own === x.shape[axis]),
  );
  return g.concat([x, pick(fits, a)], 1);
}

/** Images become tokens and back. */
function reshape(g: GraphBuilder, x: Tensor, { a }: Choice): Tensor {
  if (isImage(x)) {
    const [n = 1, c = 1, h = 1, w = 1] = x.shape;
    const tokens = g.reshape(x, [n, c, h * w]);
    return a % 3 === 0 ? tokens : g.transpose(tokens, [0, 2, 1]);
  }
  const [n = 1, t = 1, d = 1] = x.shape;
  return g.reshape(g.transpose(x, [0, 2, 1]), [n, d, t, 1]);
}

/** Channels in two halves that change places one by one, as in ShuffleNet. */
function shuffle(g: GraphBuilder, x: Tensor): Tensor {
  const [n = 1, c = 1, ...rest] = x.shape;
  if (c % 2 !== 0) return g.relu(x);
  const halves = g.reshape(x, [n, 2, c / 2, ...rest]);
  const turned = g.transpose(halves, [0, 2, 1, ...rest.map((_, axis) => axis + 3)]);
  return g.reshape(turned, x.shape);
}

function attend(g: GraphBuilder, x: Tensor, { a, b }: Choice): Tensor {
  if (isImage(x)) return g.softmax(x, 1 + (a % 3));
  const other = g.linear(x, extent(x, -1));
  const scores = g.softmax(g.matmul(x, other, { transposeB: true, alpha: 0.3 }), 2);
  return b % 3 === 0 ? scores : g.matmul(scores, g.linear(x, 1 + (b % 7)));
}

function cut(g: GraphBuilder, x: Tensor, { a, b }: Choice): Tensor {
  const axis = 1 + (a % (x.shape.length - 1));
  const count = extent(x, axis);
  if (count < 2) return g.relu(x);
  const first = 1 + (b % (count - 1));
  return pick(g.split(x, axis, [first, count - first]), a + b);
}

function pool(g: GraphBuilder, x: Tensor, { a, b }: Choice): Tensor {
  if (!isImage(x) || extent(x, 2) < 2 || extent(x, 3) < 2) return g.layerNorm(x);
  const options = { kernel: 2, stride: 1 + (b % 2), padding: 0 };
  return a % 2 === 0 ? g.maxPool(x, options) : g.avgPool(x, options);
}

function scale(g: GraphBuilder, x: Tensor, { a, b }: Choice): Tensor {
  if (isImage(x) && a % 2 === 0)
    return g.mul(x, g.activation(g.mean(x, [2, 3], { keepDims: true }), "sigmoid"));
  const shape = isImage(x) ? [extent(x, 1), 1, 1] : [extent(x, -1)];
  const weight = g.weight(`scale${a}.${b}.${x.name}`, shape);
  return b % 2 === 0 ? g.add(x, weight) : g.mul(x, weight);
}

const STEPS: readonly Step[] = [
  (g, x, choice) => (isImage(x) ? conv(g, x, choice) : g.linear(x, 1 + (choice.a % 12))),
  (g, x, { a }) => g.activation(x, pick(ACTIVATIONS, a)),
  met,
  concat,
  reshape,
  (g, x) => shuffle(g, x),
  attend,
  cut,
  pool,
  scale,
  (g, x, { a, b }) =>
    g.pad(
      x,
      x.shape.map((_, axis) => (axis === 0 ? 0 : (a + axis) % 2)),
      x.shape.map((_, axis) => (axis === 0 ? 0 : b % 2)),
    ),
  (g, x) => (isImage(x) ? g.batchNorm(x) : g.layerNorm(x)),
];

function build(batch: number, channels: number, side: number, choices: readonly Choice[]): Graph {
  const g = new GraphBuilder("random", batch);
  const known = [g.input("image", [batch, channels, side, side])];
  for (const [index, choice] of choices.entries()) {
    // Mostly the newest, sometimes an older one, so that branches arise.
    const x = choice.c % 4 === 0 ? pick(known, choice.b) : (known.at(-1) as Tensor);
    const next = g.scope(`n${index}`, () => (STEPS[choice.kind] as Step)(g, x, choice, known));
    if (next.shape.reduce((product, own) => product * own, 1) <= 4096) known.push(next);
  }
  const outputs = known.slice(-2).filter(({ role }) => role !== "input");
  return g.build(outputs.length > 0 ? outputs : [g.relu(known[0] as Tensor)]);
}

const choices = fc.array(
  fc.record({ kind: fc.nat(STEPS.length - 1), a: fc.nat(1000), b: fc.nat(1000), c: fc.nat(1000) }),
  { minLength: 1, maxLength: 14 },
);

export const randomGraph: fc.Arbitrary<Graph> = fc
  .tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 10 }),
    fc.integer({ min: 3, max: 8 }),
    choices,
  )
  .map(([batch, channels, side, list]) => build(batch, channels, side, list));
