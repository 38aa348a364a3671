/** Nodes of an ONNX file while it is written. */
import type { Graph, Node, Shape, Tensor } from "../models/graph.ts";
import {
  ATTRIBUTE_TYPE,
  type AttributeProto,
  DATA_TYPE,
  type NodeProto,
  type TensorProto,
  type Written,
} from "./proto.ts";

/** A string, an integer, integers; a float is said to be one. */
export type AttributeValue = string | number | readonly number[] | { readonly float: number };
export type AttributeValues = Readonly<Record<string, AttributeValue>>;

const encoder = new TextEncoder();

export function attributeOf(name: string, value: AttributeValue): Written<AttributeProto> {
  if (typeof value === "string") return { name, type: ATTRIBUTE_TYPE.string, s: encoder.encode(value) };
  if (typeof value === "number") return { name, type: ATTRIBUTE_TYPE.int, i: value };
  if ("float" in value) return { name, type: ATTRIBUTE_TYPE.float, f: value.float };
  return { name, type: ATTRIBUTE_TYPE.ints, ints: value };
}

export class NodeWriter {
  readonly nodes: Written<NodeProto>[] = [];
  readonly initializers: Written<TensorProto>[] = [];
  readonly #parameters: ReadonlySet<Tensor>;
  readonly #made = new Map<string, string>();
  readonly #names: Set<string>;

  constructor(graph: Graph) {
    this.#parameters = new Set(graph.parameters);
    const outputs = graph.nodes.flatMap((node) => node.outputs);
    this.#names = new Set([...graph.inputs, ...graph.parameters, ...outputs].map(({ name }) => name));
  }

  isParameter(tensor: Tensor): boolean {
    return this.#parameters.has(tensor);
  }

  /** The node that gives the graph node's results. */
  last(node: Node, opType: string, inputs: readonly string[], attributes: AttributeValues = {}): void {
    this.#add(
      node.name,
      opType,
      inputs,
      node.outputs.map(({ name }) => name),
      attributes,
    );
  }

  /** A step before it; returns its result's name. */
  step(node: Node, opType: string, inputs: readonly string[], attributes: AttributeValues = {}): string {
    const name = this.#unused(`${node.name}/${opType}`);
    this.#add(name, opType, inputs, [name], attributes);
    return name;
  }

  /** An initializer of floats, once for the same numbers. */
  floats(numbers: readonly number[], shape: Shape = []): string {
    return this.#constant("float", DATA_TYPE.float, numbers, shape, (data) => ({ floatData: data }));
  }

  /** An initializer of integers, as shapes and axes are written. */
  integers(numbers: readonly number[], shape: Shape = [numbers.length]): string {
    return this.#constant("integer", DATA_TYPE.int64, numbers, shape, (data) => ({ int64Data: data }));
  }

  #constant(
    kind: string,
    dataType: number,
    numbers: readonly number[],
    shape: Shape,
    data: (numbers: readonly number[]) => Written<TensorProto>,
  ): string {
    const key = `${kind}[${shape}] ${numbers}`;
    const made = this.#made.get(key);
    if (made !== undefined) return made;
    const name = this.#unused(kind);
    this.#made.set(key, name);
    this.initializers.push({ name, dims: [...shape], dataType, ...data(numbers) });
    return name;
  }

  #add(
    name: string,
    opType: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: AttributeValues,
  ): void {
    const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
    this.nodes.push({ name, opType, input: [...inputs], output: [...outputs], attribute });
  }

  #unused(name: string): string {
    let unused = name;
    for (let number = 2; this.#names.has(unused); number++) unused = `${name}.${number}`;
    this.#names.add(unused);
    return unused;
  }
}

/** What is not 0 is true. */
export const asTruth = (node: Node, name: string, writer: NodeWriter): string =>
  writer.step(node, "Cast", [name], { to: DATA_TYPE.bool });
