/**
 * Constant factors and terms of output channels, taken into the weight and the bias of what they follow, or done last of all where something
 * comes between.
 */
import type { Shape, Tensor } from "../models/graph.ts";
import { elementCount } from "../models/graph.ts";
import type { TensorValues } from "../models/values.ts";
import type { Constants } from "./constants.ts";
import type { MapStep } from "./map-op.ts";
import type { Epilogue, Work } from "./work.ts";
import { isOnTiles, made } from "./work.ts";

/** A factor and a term for each output channel; null: 1 and 0. */
interface Affine {
  readonly scale: ((channel: number) => number) | null;
  readonly shift: ((channel: number) => number) | null;
}

/** The convolution or linear layer `host` with the elementwise `map` in its weight; null: it cannot be. */
export function absorbAffine(host: Work, map: Work, constants: Constants): Work | null {
  const { op, epilogue } = host;
  if (op.kind !== "conv" && op.kind !== "linear") return null;
  const result = host.outputs[0] as Tensor;
  if (map.outputs[0]?.shape.join() !== result.shape.join()) return null;
  const axis = op.kind === "conv" ? 1 : result.shape.length - 1;
  const affine = affineOf(map, result, axis, constants);
  if (affine === null) return null;
  const fused = { ...host, nodes: [...host.nodes, ...map.nodes], outputs: map.outputs };
  const channels = result.shape[axis] as number;
  const isLast = epilogue.activation !== "none" || epilogue.join !== "none" || epilogue.affine !== null;
  if (!isLast) return { ...fused, inputs: scaledInputs(host, channels, affine, constants) };
  if (!isOnTiles(host)) return null;
  return { ...fused, epilogue: { ...epilogue, affine: composed(host, channels, affine, constants) } };
}

/** Behind the epilogue's own affine, where it has one. */
function composed(
  { name, epilogue }: Work,
  channels: number,
  { scale, shift }: Affine,
  constants: Constants,
): Epilogue["affine"] {
  const before = epilogue.affine;
  const vector = (of: string, value: (channel: number) => number): Tensor =>
    constants.define(made(`${name}.${of}`, [channels]), () =>
      Float32Array.from({ length: channels }, (_, channel) => value(channel)),
    );
  const known = (tensor: Tensor | undefined, channel: number, otherwise: number): number =>
    tensor === undefined ? otherwise : (constants.valuesOf(tensor)[channel] as number);
  const scaleOf = (channel: number): number => scale?.(channel) ?? 1;
  return {
    gain: vector("gain", (channel) => known(before?.gain, channel, 1) * scaleOf(channel)),
    shift: vector(
      "shift",
      (channel) => known(before?.shift, channel, 0) * scaleOf(channel) + (shift?.(channel) ?? 0),
    ),
  };
}

function scaledInputs(host: Work, channels: number, affine: Affine, constants: Constants): Tensor[] {
  const { op } = host;
  const [image, weight, bias] = host.inputs as readonly [Tensor, Tensor, Tensor | undefined];
  const isTransposed = op.kind === "conv" && op.isTransposed;
  return [
    image,
    affine.scale === null ? weight : scaled(weight, isTransposed, channels, affine.scale, constants),
    shiftedBias(host, bias, channels, affine, constants),
  ];
}

function affineOf(map: Work, result: Tensor, axis: number, constants: Constants): Affine | null {
  if (map.op.kind !== "map" || map.op.steps.length !== 1 || map.outputs[0]?.type !== result.type) return null;
  const { op, a, b, c, constant } = map.op.steps[0] as MapStep;
  const isResult = (index: number): boolean => map.inputs[index] === result;
  const channelsOf = (index: number): ((channel: number) => number) | null =>
    channelwise(map.inputs[index] as Tensor, result.shape, axis, constants);
  switch (op) {
    case "addConstant":
      return { scale: null, shift: () => constant };
    case "mulConstant":
      return { scale: () => constant, shift: null };
    case "mul":
    case "add": {
      if (isResult(a) && isResult(b)) return null;
      const values = channelsOf(isResult(a) ? b : a);
      if (values === null) return null;
      return op === "mul" ? { scale: values, shift: null } : { scale: null, shift: values };
    }
    case "fma": {
      const [scale, shift] = [channelsOf(b), channelsOf(c)];
      return isResult(a) && scale !== null && shift !== null ? { scale, shift } : null;
    }
    default:
      return null;
  }
}

/** A constant that differs along the channels alone, as a function of the channel. */
export function channelwise(
  tensor: Tensor,
  shape: Shape,
  axis: number,
  constants: Constants,
): ((channel: number) => number) | null {
  if (!constants.has(tensor)) return null;
  const elements = elementCount(tensor.shape);
  if (elements === 1) return () => constants.valuesOf(tensor)[0] as number;
  const own = tensor.shape[axis - shape.length + tensor.shape.length];
  if (own !== shape[axis] || own !== elements) return null;
  return (channel) => constants.valuesOf(tensor)[channel] as number;
}

/** Weights lie [out, ...]; those of transposed convolutions [in, out / groups, ...]. */
function scaled(
  weight: Tensor,
  isTransposed: boolean,
  channels: number,
  scale: (channel: number) => number,
  constants: Constants,
): Tensor {
  const taps = elementCount(weight.shape.slice(isTransposed ? 2 : 1));
  const [inputs = 1, perGroup = channels] = weight.shape;
  const inputsPerGroup = inputs / (channels / perGroup);
  const channelAt = (row: number): number =>
    isTransposed ? Math.floor(row / perGroup / inputsPerGroup) * perGroup + (row % perGroup) : row;
  return constants.define(made(`${weight.name}`, weight.shape), () => {
    const values = constants.valuesOf(weight);
    const result = new Float32Array(values.length);
    for (let row = 0; row * taps < values.length; row++) {
      const factor = scale(channelAt(row));
      for (let at = row * taps; at < (row + 1) * taps; at++) result[at] = (values[at] as number) * factor;
    }
    return result;
  });
}

function shiftedBias(
  host: Work,
  bias: Tensor | undefined,
  channels: number,
  { scale, shift }: Affine,
  constants: Constants,
): Tensor {
  const before = (): TensorValues =>
    bias === undefined ? new Float32Array(channels) : constants.valuesOf(bias);
  return constants.define(made(bias?.name ?? `${host.name}.bias`, [channels]), () =>
    Float32Array.from(
      before(),
      (value, channel) => value * (scale?.(channel) ?? 1) + (shift?.(channel) ?? 0),
    ),
  );
}
