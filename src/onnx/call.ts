/** One node of a file, as those see it that know what its operator means. */
import type { Op, Shape } from "../models/graph.ts";
import type { Attributes } from "./attributes.ts";
import { Unsupported } from "./unsupported.ts";
import type { Value } from "./value.ts";
import { type Entry, type GraphWriter, isKnown } from "./writer.ts";

/** What an operator of ONNX is here: nodes of the graph, or what can be computed at once. Throws Unsupported. */
export type Operator = (call: Call) => Entry | readonly Entry[];
export type Operators = Readonly<Record<string, Operator>>;

/** What a node says beside its inputs. */
interface Asked {
  readonly attributes: Attributes;
  /** Version of ONNX's own operators. */
  readonly opset: number;
  readonly outputCount: number;
  /** Of the model, beside which external data lies. */
  readonly file: string;
}

export class Call implements Asked {
  readonly attributes: Attributes;
  readonly opset: number;
  readonly outputCount: number;
  readonly file: string;
  readonly writer: GraphWriter;
  readonly #inputs: readonly (Entry | undefined)[];

  constructor(writer: GraphWriter, inputs: readonly (Entry | undefined)[], asked: Asked) {
    this.writer = writer;
    this.#inputs = inputs;
    this.opset = asked.opset;
    this.attributes = asked.attributes;
    this.outputCount = asked.outputCount;
    this.file = asked.file;
  }

  /** An input that the operator may go without. */
  optional(index: number): Entry | undefined {
    return this.#inputs[index];
  }

  input(index: number): Entry {
    const entry = this.#inputs[index];
    if (entry === undefined) throw new Unsupported(`it has no input ${index}`);
    return entry;
  }

  /** All of them, none left out. */
  inputs(): readonly Entry[] {
    return this.#inputs.map((_, index) => this.input(index));
  }

  shape(index: number): Shape {
    return this.input(index).shape;
  }

  /** An input that must be known before the network runs; `what` it is, in the error. */
  known(index: number, what: string): Value | undefined {
    const entry = this.#inputs[index];
    if (entry === undefined || isKnown(entry)) return entry;
    throw new Unsupported(`its ${what} is computed at run time`);
  }

  /** Numbers that older versions give as an attribute and newer ones as an input. */
  list(index: number, attribute: string): number[] | undefined {
    const value = this.known(index, attribute);
    return value === undefined ? this.attributes.ints(attribute) : [...value.data];
  }

  emit(op: Op, ...inputs: readonly Entry[]): Entry {
    return this.writer.emit(op, ...inputs);
  }

  float(number: number): Value {
    return this.writer.float(number);
  }

  reshape(x: Entry, shape: Shape): Entry {
    return this.emit({ kind: "reshape", shape }, x);
  }

  transpose(x: Entry, permutation: readonly number[]): Entry {
    return this.emit({ kind: "transpose", permutation }, x);
  }
}

/** An axis counted from the front. */
export function axisFrom(axis: number, rank: number): number {
  const counted = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(counted) || counted < 0 || counted >= rank)
    throw new Unsupported(`it has no axis ${axis}: its input has ${rank}`);
  return counted;
}

export const axesFrom = (axes: readonly number[], rank: number): number[] =>
  axes.map((axis) => axisFrom(axis, rank));
