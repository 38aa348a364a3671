/** Parameters as kernels read them: packed, padded, converted. Each form of a tensor once. */
import type { Tensor } from "../models/graph.ts";
import { elementCount } from "../models/graph.ts";
import type { TensorValues } from "../models/values.ts";
import type { Buffer, StoredType } from "./buffer.ts";
import type { Constants } from "./constants.ts";
import { toBf16, toF16 } from "./halves.ts";

/** How a convolution's weight is packed: [groups][out][height][width][in], padded with zeros. */
export interface ConvPacking {
  readonly groups: number;
  /** Of a group, padding included. */
  readonly outChannels: number;
  readonly inChannels: number;
  /** It lies [in, out / groups, height, width]. */
  readonly isTransposed: boolean;
  /** Where each of a group's channels lies in what is read as channels; null: one after the other. */
  readonly places: readonly number[] | null;
}

export class Parameters {
  readonly #constants: Constants;
  readonly #buffers = new Map<string, Buffer>();
  readonly #contents = new Map<Buffer, () => Uint8Array>();
  /** Names must be unique in a weights file; tensors that planning makes may share one. */
  readonly #names = new Map<string, number>();
  readonly #identities = new Map<Tensor, number>();

  constructor(constants: Constants) {
    this.#constants = constants;
  }

  has(tensor: Tensor): boolean {
    return this.#constants.has(tensor);
  }

  /** Bytes of the parameter as they lie in the file and in memory. */
  contentsOf(buffer: Buffer): Uint8Array {
    return (this.#contents.get(buffer) as () => Uint8Array)();
  }

  /** Row-major, without padding. */
  plain(tensor: Tensor, type: StoredType): Buffer {
    const count = elementCount(tensor.shape);
    return this.#form(tensor, `plain`, type, count, () => this.#constants.valuesOf(tensor));
  }

  /** As FP32, with zeros behind it up to `elements`. */
  vector(tensor: Tensor, elements: number): Buffer {
    return this.#form(tensor, `vector ${elements}`, "f32", elements, () => {
      const result = new Float32Array(elements);
      result.set(this.#constants.valuesOf(tensor));
      return result;
    });
  }

  conv(tensor: Tensor, type: StoredType, packing: ConvPacking): Buffer {
    const { groups, outChannels, inChannels, isTransposed, places } = packing;
    const taps = elementCount(tensor.shape.slice(2));
    const count = groups * outChannels * taps * inChannels;
    const form = `conv ${groups} ${outChannels} ${inChannels} ${places?.join() ?? ""}`;
    return this.#form(tensor, form, type, count, () => {
      const values = this.#constants.valuesOf(tensor);
      const [first = 1, second = 1] = tensor.shape;
      return isTransposed
        ? packedTransposed(values, [first / groups, second], taps, packing)
        : packed(values, [first / groups, second], taps, packing);
    });
  }

  /** [height][width][channels], with zeros behind each pixel up to `channels`. */
  depthwise(tensor: Tensor, type: StoredType, channels: number): Buffer {
    const taps = elementCount(tensor.shape.slice(2));
    return this.#form(tensor, `depthwise ${channels}`, type, taps * channels, () => {
      const values = this.#constants.valuesOf(tensor);
      const result = new Float32Array(taps * channels);
      for (let at = 0; at < values.length; at++)
        result[(at % taps) * channels + Math.floor(at / taps)] = values[at] as number;
      return result;
    });
  }

  /** A single zero. */
  zero(): Buffer {
    const known = this.#buffers.get("zero");
    return known ?? this.#add("zero", this.#unique("zero"), "f32", 4, () => new Float32Array(4));
  }

  #form(tensor: Tensor, form: string, type: StoredType, elements: number, make: () => TensorValues): Buffer {
    const identity = this.#identities.get(tensor) ?? this.#identities.size;
    this.#identities.set(tensor, identity);
    const key = `${identity} ${form} ${type}`;
    const known = this.#buffers.get(key);
    return known ?? this.#add(key, this.#unique(tensor.name), type, elements, make);
  }

  #add(key: string, name: string, type: StoredType, elements: number, make: () => TensorValues): Buffer {
    const buffer: Buffer = {
      name,
      use: "parameters",
      type,
      elements,
      firstByte: 0,
      padding: null,
      isClean: true,
      isWhole: true,
    };
    this.#buffers.set(key, buffer);
    this.#contents.set(buffer, () => encoded(make(), type));
    return buffer;
  }

  #unique(name: string): string {
    const count = (this.#names.get(name) ?? 0) + 1;
    this.#names.set(name, count);
    return count === 1 ? name : `${name}#${count}`;
  }
}

/** From [out, in, taps], `out` and `in` of a group. */
function packed(
  values: TensorValues,
  [out, inner]: readonly [number, number],
  taps: number,
  { groups, outChannels, inChannels, places }: ConvPacking,
): Float32Array {
  const result = new Float32Array(groups * outChannels * taps * inChannels);
  let from = 0;
  for (let group = 0; group < groups; group++)
    for (let o = 0; o < out; o++) {
      const row = (group * outChannels + o) * taps * inChannels;
      for (let i = 0; i < inner; i++) {
        const place = row + (places === null ? i : (places[i] as number));
        for (let tap = 0; tap < taps; tap++) result[place + tap * inChannels] = values[from++] as number;
      }
    }
  return result;
}

/** From [in, out, taps], `out` and `in` of a group. */
function packedTransposed(
  values: TensorValues,
  [inner, out]: readonly [number, number],
  taps: number,
  { groups, outChannels, inChannels }: ConvPacking,
): Float32Array {
  const result = new Float32Array(groups * outChannels * taps * inChannels);
  let from = 0;
  for (let group = 0; group < groups; group++)
    for (let i = 0; i < inner; i++)
      for (let o = 0; o < out; o++) {
        const row = (group * outChannels + o) * taps * inChannels;
        for (let tap = 0; tap < taps; tap++) result[row + tap * inChannels + i] = values[from++] as number;
      }
  return result;
}

function encoded(values: TensorValues, type: StoredType): Uint8Array {
  const bytes = (array: ArrayBufferView): Uint8Array =>
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  if (type === "i32") return bytes(values instanceof Int32Array ? values : Int32Array.from(values));
  const floats = values instanceof Float32Array ? values : Float32Array.from(values);
  switch (type) {
    case "f32":
      return bytes(floats);
    case "f16":
      return bytes(toF16(floats));
    case "bf16":
      return bytes(toBf16(floats));
  }
}
