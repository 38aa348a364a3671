/** Tensors whose contents are known while planning. Contents are made when they are asked for: plans need few of them, weight files all. */
import type { Tensor } from "../models/graph.ts";
import { elementCount } from "../models/graph.ts";
import type { ParameterValues, TensorValues } from "../models/values.ts";

/** Contents of at most so many elements are kept once they are known. */
const SMALL_ELEMENTS = 1 << 16;

export class Constants {
  readonly #contents = new Map<Tensor, () => TensorValues>();
  readonly #kept = new Map<Tensor, TensorValues>();

  constructor(parameters: readonly Tensor[], values: ParameterValues) {
    for (const tensor of parameters) this.define(tensor, () => values(tensor));
  }

  has(tensor: Tensor): boolean {
    return this.#contents.has(tensor);
  }

  define(tensor: Tensor, contents: () => TensorValues): Tensor {
    this.#contents.set(tensor, contents);
    return tensor;
  }

  /** Row-major; the tensor must be a constant. */
  valuesOf(tensor: Tensor): TensorValues {
    const known = this.#kept.get(tensor);
    if (known !== undefined) return known;
    const contents = this.#contents.get(tensor);
    if (contents === undefined) throw new Error(`${tensor.name} is no constant`);
    const values = contents();
    if (values.length <= SMALL_ELEMENTS) this.#kept.set(tensor, values);
    return values;
  }

  /** The number that a constant of one element is. */
  scalarOf(tensor: Tensor): number | null {
    return this.has(tensor) && elementCount(tensor.shape) === 1 ? (this.valuesOf(tensor)[0] as number) : null;
  }
}
