/** A graph while it is simplified: who writes a tensor, who reads it, and what is known of it. */
import type { Node, Op, OpOf, Tensor } from "../../models/graph.ts";
import { makeValue, onlyNumber, type Value } from "../value.ts";
import type { GraphWriter } from "../writer.ts";

/** What takes a node's place: another operation with the same result, or a tensor that is the result already. */
export type Replacement = NewOperation | Tensor;

interface NewOperation {
  readonly op: Op;
  readonly inputs: readonly Tensor[];
  /** A node that it needs before it. */
  readonly before?: Node;
}

/** null: the node stays. What only it has read goes when nothing else reads it. */
export type Pattern = (node: Node, draft: Draft) => Replacement | null;

export type NodeOf<Kind extends Op["kind"]> = Node & { readonly op: OpOf<Kind> };

export const is = <Kind extends Op["kind"]>(node: Node | undefined, kind: Kind): node is NodeOf<Kind> =>
  node?.op.kind === kind;

export class Draft {
  nodes: readonly Node[];
  readonly outputs: ReadonlySet<Tensor>;
  readonly #writer: GraphWriter;
  readonly #writers = new Map<Tensor, Node>();
  readonly #readers = new Map<Tensor, number>();
  readonly #filled = new Map<string, Value>();

  constructor(writer: GraphWriter, outputs: ReadonlySet<Tensor>) {
    this.#writer = writer;
    this.nodes = writer.nodes;
    this.outputs = outputs;
    this.#look();
  }

  /** The node whose result it is; undefined: it is an input or a parameter. */
  writer(tensor: Tensor | undefined): Node | undefined {
    return tensor && this.#writers.get(tensor);
  }

  /** The node whose result it is, if nothing else reads it. */
  soleWriter(tensor: Tensor | undefined): Node | undefined {
    return tensor && this.#readers.get(tensor) === 1 && !this.outputs.has(tensor)
      ? this.#writers.get(tensor)
      : undefined;
  }

  content(tensor: Tensor | undefined): Value | undefined {
    return tensor && this.#writer.content(tensor);
  }

  /** Of a parameter that is one number. */
  number(tensor: Tensor | undefined): number | undefined {
    const content = this.content(tensor);
    return content && onlyNumber(content);
  }

  /** A parameter of a content that was computed of another's. */
  parameter(value: Value, name: string): Tensor {
    this.#writer.name(value, name);
    return this.#writer.tensor(value);
  }

  /** A parameter of one number a channel, as a vector; undefined: it is something else. `behind`: axes behind the channels. */
  vector(tensor: Tensor | undefined, channels: number, behind: number): Tensor | undefined {
    const content = this.content(tensor);
    if (tensor === undefined || content === undefined || content.data.length !== channels) return undefined;
    if (tensor.shape[tensor.shape.length - 1 - behind] !== channels) return undefined;
    return tensor.shape.length === 1
      ? tensor
      : this.parameter({ ...content, shape: [channels] }, tensor.name);
  }

  /** The vector that is all this number, the same one each time. */
  filled(number: number, width: number): Tensor {
    const key = `${number}.${width}`;
    const value = this.#filled.get(key) ?? makeValue("float", [width], new Float32Array(width).fill(number));
    this.#filled.set(key, value);
    return this.parameter(value, `all.${key}`);
  }

  /** One round over all nodes. Whether anything changed. */
  rewrite(patterns: readonly Pattern[]): boolean {
    const replaced = new Map<Tensor, Tensor>();
    let changed = false;
    const nodes: Node[] = [];
    for (const node of this.nodes) {
      const inputs = node.inputs.map((input) => replaced.get(input) ?? input);
      let current = inputs.every((input, index) => input === node.inputs[index]) ? node : { ...node, inputs };
      const replacement = first(patterns, current, this);
      if (replacement !== null) changed = true;
      if (replacement !== null && "role" in replacement) {
        replaced.set(node.outputs[0] as Tensor, replacement);
        continue;
      }
      if (replacement !== null) current = { ...node, op: replacement.op, inputs: replacement.inputs };
      if (replacement?.before !== undefined) nodes.push(replacement.before);
      nodes.push(current);
      for (const output of current.outputs) this.#writers.set(output, current);
    }
    this.nodes = needed(nodes, this.outputs);
    this.#look();
    return changed;
  }

  #look(): void {
    this.#writers.clear();
    this.#readers.clear();
    for (const node of this.nodes) {
      for (const output of node.outputs) this.#writers.set(output, node);
      for (const input of node.inputs) this.#readers.set(input, (this.#readers.get(input) ?? 0) + 1);
    }
  }
}

function first(patterns: readonly Pattern[], node: Node, draft: Draft): Replacement | null {
  for (const pattern of patterns) {
    const replacement = pattern(node, draft);
    if (replacement === null) continue;
    // An output of the graph must stay the result of a node.
    if (!("role" in replacement) || !node.outputs.some((output) => draft.outputs.has(output)))
      return replacement;
  }
  return null;
}

/** The nodes without those that nothing needs. */
export function needed(nodes: readonly Node[], outputs: ReadonlySet<Tensor>): readonly Node[] {
  const read = new Set(outputs);
  const kept = nodes.toReversed().filter((node) => {
    if (!node.outputs.some((output) => read.has(output))) return false;
    for (const input of node.inputs) read.add(input);
    return true;
  });
  return kept.reverse();
}
