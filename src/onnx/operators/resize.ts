/** Resize, and Upsample, that it replaced: the place in the input of each output pixel, by ONNX's ways to say it. */
import type { Pair, Resampling, Shape } from "../../models/graph.ts";
import type { Call, Operators } from "../call.ts";
import { Unsupported } from "../unsupported.ts";
import type { Entry } from "../writer.ts";

interface Line {
  readonly scale: number;
  readonly shift: number;
}

/** Along one axis: extents of input and output, and the factor between them that the file says. */
type Placement = (input: number, output: number, factor: number) => Line;

const halfPixel: Placement = (_, __, factor) => ({ scale: 1 / factor, shift: 0.5 / factor - 0.5 });

/** By coordinate_transformation_mode. */
export const PLACEMENTS: Readonly<Record<string, Placement>> = {
  half_pixel: halfPixel,
  pytorch_half_pixel: (input, output, factor) =>
    output === 1 ? { scale: 0, shift: 0 } : halfPixel(input, output, factor),
  half_pixel_symmetric: (input, output, factor) => {
    const { scale, shift } = halfPixel(input, output, factor);
    return { scale, shift: shift + (input / 2) * (1 - output / (factor * input)) };
  },
  asymmetric: (_, __, factor) => ({ scale: 1 / factor, shift: 0 }),
  align_corners: (input, output) => ({ scale: output === 1 ? 0 : (input - 1) / (output - 1), shift: 0 }),
  tf_half_pixel_for_nn: (_, __, factor) => ({ scale: 1 / factor, shift: 0.5 / factor }),
};

const ROUNDINGS: Readonly<Record<string, Resampling["rounding"]>> = {
  round_prefer_floor: "roundPreferFloor",
  round_prefer_ceil: "roundPreferCeil",
  floor: "floor",
  ceil: "ceil",
};

interface Modes {
  readonly placement: string;
  readonly nearest: string;
}

/** sizes: of the output, an entry an axis; undefined where scales say it. */
function resample(
  call: Call,
  modes: Modes,
  scales: readonly number[] | undefined,
  sizes: Shape | undefined,
): Entry {
  const x = call.input(0);
  const rank = x.shape.length;
  if (rank !== 4 && rank !== 3) throw new Unsupported(`its input has ${rank} axes, where 3 and 4 are known`);
  const shape = sizes ?? x.shape.map((extent, axis) => Math.floor(extent * (scales?.[axis] ?? 1)));
  if (shape[0] !== x.shape[0] || shape[1] !== x.shape[1])
    throw new Unsupported("it resizes more than the image");
  const isLinear = call.attributes.text("mode", "nearest") === "linear";
  const place = PLACEMENTS[modes.placement] ?? unknown("coordinate_transformation_mode", modes.placement);
  const line = (axis: number): Line => {
    const [input, output] = [x.shape[axis] as number, shape[axis] as number];
    return place(input, output, sizes === undefined ? (scales?.[axis] as number) : output / input);
  };
  const whole: Line = { scale: 1, shift: 0 };
  const [vertical, horizontal] = rank === 3 ? [whole, line(2)] : [line(2), line(3)];
  const image = rank === 3 ? call.reshape(x, x.shape.toSpliced(2, 0, 1)) : x;
  const size: Pair = rank === 3 ? [1, shape[2] as number] : [shape[2] as number, shape[3] as number];
  const resized = call.emit(
    {
      kind: "resize",
      size,
      mode: isLinear ? "linear" : "nearest",
      rounding: ROUNDINGS[modes.nearest] ?? unknown("nearest_mode", modes.nearest),
      scale: [vertical.scale, horizontal.scale],
      shift: [vertical.shift, horizontal.shift],
    },
    image,
  );
  return call.reshape(resized, shape);
}

function unknown(attribute: string, name: string): never {
  throw new Unsupported(`its ${attribute} is "${name}"`);
}

function resize(call: Call): Entry {
  const { attributes } = call;
  const mode = attributes.text("mode", "nearest");
  if (mode !== "nearest" && mode !== "linear") throw new Unsupported(`its mode is "${mode}"`);
  if (attributes.int("antialias", 0) === 1) throw new Unsupported("it smooths while it shrinks (antialias)");
  const policy = attributes.text("keep_aspect_ratio_policy", "stretch");
  if (policy !== "stretch") unknown("keep_aspect_ratio_policy", policy);
  const { shape } = call.input(0);
  const axes = attributes.ints("axes");
  const perAxis = (numbers: ArrayLike<number>, otherwise: readonly number[]): number[] =>
    axes === undefined
      ? Array.from(numbers)
      : otherwise.map((number, axis) => numbers[axes.indexOf(axis)] ?? number);
  const [scales, sizes] = [call.known(2, "scales"), call.known(3, "sizes")];
  const hasScales = scales !== undefined && scales.data.length > 0;
  return resample(
    call,
    {
      placement: attributes.text("coordinate_transformation_mode", "half_pixel"),
      nearest: attributes.text("nearest_mode", "round_prefer_floor"),
    },
    hasScales
      ? perAxis(
          scales.data,
          shape.map(() => 1),
        )
      : undefined,
    sizes !== undefined && sizes.data.length > 0 ? perAxis(sizes.data, shape) : undefined,
  );
}

function upsample(call: Call): Entry {
  const scales = call.known(1, "scales")?.data ?? call.attributes.floats("scales") ?? [];
  return resample(call, { placement: "asymmetric", nearest: "floor" }, [...scales], undefined);
}

export const RESIZE_OPERATORS: Operators = { Resize: resize, Upsample: upsample };
