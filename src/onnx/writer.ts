/**
 * Writes the graph that a file describes. An operation on what is known already is computed at once, and adds no node; one that changes
 * nothing gives its operand back.
 */
import type { Node, Op, Shape, Tensor } from "../models/graph.ts";
import { elementCount, tellsTruth } from "../models/graph.ts";
import { inferShapes, resultType } from "../models/shapes.ts";
import type { TensorValues } from "../models/values.ts";
import { evaluate } from "./evaluate.ts";
import { Unsupported } from "./unsupported.ts";
import { type Kind, MOST_FLOAT, scalar, type Value } from "./value.ts";

/** What a name in a file stands for: computed when the network runs, or known. */
export type Entry = Tensor | Value;

export const isKnown = (entry: Entry): entry is Value => "data" in entry;

/** Of results that are computed while the file is read: beyond it, a file would take minutes. */
const MOST_COMPUTED_ELEMENTS = 2 ** 26;

export class GraphWriter {
  readonly nodes: Node[] = [];
  readonly #contents = new Map<Tensor, Value>();
  readonly #parameters = new Map<Value, Tensor>();
  readonly #names = new Set<string>();
  readonly #nameOf = new WeakMap<Value, string>();
  readonly #floats = new Map<number, Value>();
  readonly #truths = new Set<Tensor>();
  readonly #graphName: string;
  /** Of the ONNX node that is being read. */
  #scope = "";

  constructor(graphName: string) {
    this.#graphName = graphName;
  }

  /** Nodes that are emitted from now on are named by it. */
  enter(scope: string): void {
    this.#scope = scope;
  }

  /** What the value is called, should it become a parameter. */
  name(value: Value, name: string): void {
    if (!this.#nameOf.has(value)) this.#nameOf.set(value, name);
  }

  nameAfter(value: Value, other: Value): void {
    const name = this.#nameOf.get(other);
    if (name !== undefined) this.name(value, name);
  }

  input(name: string, shape: Shape, kind: Kind): Tensor {
    const tensor: Tensor = {
      name: this.#unused(name),
      shape,
      type: kind === "float" ? "float32" : "int32",
      role: "input",
    };
    if (kind === "truth") this.#truths.add(tensor);
    return tensor;
  }

  /** A float, the same parameter wherever it is used. */
  float(number: number): Value {
    const known = this.#floats.get(number) ?? scalar("float", number);
    this.#floats.set(number, known);
    this.name(known, String(number));
    return known;
  }

  /** What is known becomes a parameter. */
  tensor(entry: Entry): Tensor {
    if (!isKnown(entry)) return entry;
    const made = this.#parameters.get(entry);
    if (made !== undefined) return made;
    if (entry.shape.includes(0)) throw new Unsupported("one of its inputs is empty");
    const { shape, kind, trained } = entry;
    const name = this.#unused(this.#nameOf.get(entry) ?? `${this.#scope}.constant`);
    const type = kind === "float" ? "float32" : "int32";
    const held = kind === "float" ? { ...entry, data: finite(entry.data) } : entry;
    const isWeight = trained && kind === "float" && shape.length > 0;
    const tensor: Tensor = isWeight
      ? { name, shape, type, role: "weight" }
      : { name, shape, type, role: "constant", values: [...held.data] };
    if (kind === "truth") this.#truths.add(tensor);
    this.#parameters.set(entry, tensor);
    this.#contents.set(tensor, held);
    return tensor;
  }

  /** The content of a parameter; undefined: it is none. */
  content(tensor: Tensor): Value | undefined {
    return this.#contents.get(tensor);
  }

  kindOf(entry: Entry): Kind {
    if (isKnown(entry)) return entry.kind;
    if (this.#truths.has(entry)) return "truth";
    return entry.type === "int32" ? "integer" : "float";
  }

  /** The result of an operation that has one. */
  emit(op: Op, ...inputs: readonly Entry[]): Entry {
    return this.emitAll(op, inputs)[0] as Entry;
  }

  emitAll(op: Op, inputs: readonly Entry[]): Entry[] {
    const shapes = inferShapes(
      this.#scope,
      op,
      inputs.map((input) => input.shape),
    );
    const [first] = inputs;
    if (first !== undefined && changesNothing(op, first.shape)) return [first];
    if (inputs.every(isKnown) && shapes.every((shape) => elementCount(shape) <= MOST_COMPUTED_ELEMENTS)) {
      const values = evaluate(op, inputs, shapes);
      if (values !== null) return values;
    }
    return [
      ...this.#node(
        op,
        inputs.map((input) => this.tensor(input)),
        shapes,
      ).outputs,
    ];
  }

  /** The tensor as the result of a node of its own, such as an output must be. */
  copy(tensor: Tensor): Tensor {
    return this.#node({ kind: "reshape", shape: tensor.shape }, [tensor], [tensor.shape])
      .outputs[0] as Tensor;
  }

  #node(op: Op, inputs: readonly Tensor[], shapes: readonly Shape[]): Node {
    const type = resultType(op, inputs);
    const name = this.#unused(this.#scope);
    const outputs = shapes.map((shape, index): Tensor => {
      const suffix = shapes.length > 1 ? `.${index}` : "";
      return { name: name + suffix, shape, type, role: "activation" };
    });
    const node: Node = { name, op, inputs, outputs };
    this.nodes.push(node);
    if (tellsTruth(op)) for (const output of outputs) this.#truths.add(output);
    return node;
  }

  #unused(name: string): string {
    let unused = name === "" ? this.#graphName : name;
    for (let number = 2; this.#names.has(unused); number++) unused = `${name}.${number}`;
    this.#names.add(unused);
    return unused;
  }
}

function changesNothing(op: Op, shape: Shape): boolean {
  switch (op.kind) {
    case "reshape":
    case "expand":
      return op.shape.join() === shape.join();
    case "transpose":
      return op.permutation.every((axis, index) => axis === index);
    case "slice":
      return op.start === 0 && (op.step ?? 1) === 1 && op.end === shape[op.axis];
    case "pad":
      return [...op.before, ...op.after].every((count) => count === 0);
    case "reduce":
      return op.axes.length === 0;
    default:
      return false;
  }
}

/** Infinities, with which masks are written, become the largest floats: memory of a network holds numbers alone. */
function finite(data: Value["data"]): Value["data"] {
  for (let at = 0; at < data.length; at++) {
    const number = data[at] as number;
    if (number < -MOST_FLOAT || number > MOST_FLOAT)
      return data.map((entry) => Math.min(Math.max(entry, -MOST_FLOAT), MOST_FLOAT));
  }
  return data;
}

/** A parameter's content as a network's user takes it. */
export function tensorValues(tensor: Tensor, { data }: Value): TensorValues {
  if (tensor.type === "int32")
    return Int32Array.from(data, (number) => Math.min(Math.max(number, -(2 ** 31)), 2 ** 31 - 1));
  return data instanceof Float32Array ? data : Float32Array.from(data);
}
