/** Building blocks that several networks share. */
import type { ConvOptions, GraphBuilder } from "./builder.ts";
import type { ActivationFunction, Tensor } from "./graph.ts";

export const IMAGENET_CLASSES = 1000;

/** An RGB image batch of side x side. */
export function image(g: GraphBuilder, side = 224): Tensor {
  return g.input("image", [g.batch, 3, side, side]);
}

export interface ConvNormOptions extends ConvOptions {
  /** Default: none. */
  readonly activation?: ActivationFunction;
}

/** Convolution, batch norm, activation. */
export function convNorm(g: GraphBuilder, x: Tensor, options: ConvNormOptions): Tensor {
  const y = g.batchNorm(g.conv(x, options));
  return options.activation === undefined ? y : g.activation(y, options.activation);
}

/** A convolution of each channel on its own, batch norm, activation. */
export function depthwiseNorm(
  g: GraphBuilder,
  x: Tensor,
  options: Omit<ConvNormOptions, "out" | "groups">,
): Tensor {
  const channels = channelsOf(x);
  return convNorm(g, x, { ...options, out: channels, groups: channels });
}

export interface SqueezeExciteOptions {
  /** Channels of the narrow layer. */
  readonly squeeze: number;
  readonly activation: ActivationFunction;
  readonly gate: ActivationFunction;
}

/**
 * Scales each channel by a gate computed from all channels' means (Hu et al., Squeeze-and-Excitation
 * Networks).
 */
export function squeezeExcite(g: GraphBuilder, x: Tensor, options: SqueezeExciteOptions): Tensor {
  const means = g.mean(x, [2, 3], { keepDims: true });
  const narrow = g.activation(g.conv(means, { out: options.squeeze, bias: true }), options.activation);
  const gate = g.activation(g.conv(narrow, { out: channelsOf(x), bias: true }), options.gate);
  return g.mul(x, gate);
}

/** The last layers of most image networks: mean over the image, one linear layer. */
export function classifier(g: GraphBuilder, x: Tensor): Tensor {
  return g.linear(g.globalAvgPool(x), IMAGENET_CLASSES);
}

/**
 * Scaled dot-product attention of `heads` heads. query and key [batch, tokens, heads x d], value [batch,
 * tokens, heads x e]; the result [batch, tokens, heads x e]. Sequences are full: no token is masked.
 */
export function attention(g: GraphBuilder, query: Tensor, key: Tensor, value: Tensor, heads: number): Tensor {
  const [batch = 0, tokens = 0, width = 0] = query.shape;
  const separate = (x: Tensor): Tensor => {
    const perHead = g.reshape(x, [batch, tokens, heads, (x.shape[2] ?? 0) / heads]);
    return g.transpose(perHead, [0, 2, 1, 3]);
  };
  const scores = g.matmul(separate(query), separate(key), {
    transposeB: true,
    alpha: 1 / Math.sqrt(width / heads),
  });
  const mixed = g.matmul(g.softmax(scores, 3), separate(value));
  return g.reshape(g.transpose(mixed, [0, 2, 1, 3]), [batch, tokens, value.shape[2] ?? 0]);
}

/** The channel axis of NCHW. */
export function channelsOf(x: Tensor): number {
  return x.shape[1] ?? 0;
}
