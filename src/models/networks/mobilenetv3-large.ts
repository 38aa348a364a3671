/** Howard et al., "Searching for MobileNetV3", table 1; torchvision's mobilenet_v3_large. */
import { channelsOf, convNorm, depthwiseNorm, IMAGENET_CLASSES, image, squeezeExcite } from "../blocks.ts";
import { GraphBuilder } from "../builder.ts";
import type { ActivationFunction, Graph, Tensor } from "../graph.ts";

interface Row {
  readonly kernel: number;
  readonly expand: number;
  readonly out: number;
  readonly excite: boolean;
  readonly activation: ActivationFunction;
  readonly stride: number;
}

const row = (
  kernel: number,
  expand: number,
  out: number,
  excite: boolean,
  activation: ActivationFunction,
  stride: number,
): Row => ({ kernel, expand, out, excite, activation, stride });

/**
 * Kernel, expanded channels, output channels, squeeze-and-excite, nonlinearity, stride: the paper's columns.
 */
const ROWS: readonly Row[] = [
  row(3, 16, 16, false, "relu", 1),
  row(3, 64, 24, false, "relu", 2),
  row(3, 72, 24, false, "relu", 1),
  row(5, 72, 40, true, "relu", 2),
  row(5, 120, 40, true, "relu", 1),
  row(5, 120, 40, true, "relu", 1),
  row(3, 240, 80, false, "hardswish", 2),
  row(3, 200, 80, false, "hardswish", 1),
  row(3, 184, 80, false, "hardswish", 1),
  row(3, 184, 80, false, "hardswish", 1),
  row(3, 480, 112, true, "hardswish", 1),
  row(3, 672, 112, true, "hardswish", 1),
  row(5, 672, 160, true, "hardswish", 2),
  row(5, 960, 160, true, "hardswish", 1),
  row(5, 960, 160, true, "hardswish", 1),
];

/**
 * The nearest multiple of 8, but never more than a tenth below: the reference's rounding of squeezed
 * channels.
 */
function roundedTo8(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

function invertedResidual(g: GraphBuilder, x: Tensor, spec: Row): Tensor {
  const { kernel, expand, out, activation, stride } = spec;
  const wide = expand === channelsOf(x) ? x : convNorm(g, x, { out: expand, activation });
  let inner = depthwiseNorm(g, wide, { kernel, stride, activation });
  if (spec.excite) {
    const squeeze = roundedTo8(expand / 4);
    inner = squeezeExcite(g, inner, { squeeze, activation: "relu", gate: "hardsigmoid" });
  }
  const y = convNorm(g, inner, { out });
  return stride === 1 && channelsOf(x) === out ? g.add(y, x) : y;
}

export function mobilenetv3Large(batch: number): Graph {
  const g = new GraphBuilder("mobilenetv3-large", batch);
  let x = convNorm(g, image(g), { out: 16, kernel: 3, stride: 2, activation: "hardswish" });
  ROWS.forEach((spec, index) => {
    x = g.scope(`block${index + 1}`, () => invertedResidual(g, x, spec));
  });
  const features = g.globalAvgPool(convNorm(g, x, { out: 960, activation: "hardswish" }));
  return g.build([g.linear(g.activation(g.linear(features, 1280), "hardswish"), IMAGENET_CLASSES)]);
}
