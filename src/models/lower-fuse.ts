/**
 * Groups a graph's nodes into kernels, as an inference compiler does.
 *
 * - Reshape, transpose, split, slice, pad and expand move nothing: whoever reads their result computes other
 *   addresses.
 * - What depends on parameters alone (a table's rows at fixed positions) is computed once, when the network
 *   is loaded.
 * - An elementwise node joins the kernel that computes its operand, where nothing else reads that operand:
 *   batch norm, activation, residual addition become the kernel's epilogue. Where both operands are open, it
 *   joins the later one.
 * - Elementwise kernels that only feed an elementwise node or a reduction over rows become part of that
 *   kernel.
 * - query x key, softmax, x value is one kernel that keeps the scores on the SM.
 * - Concatenation costs nothing for what its kernel can write in place; the rest is copied.
 */
import type { Graph, Node, Tensor } from "./graph.ts";
import { elementCount, isElementwise } from "./graph.ts";

/** Nodes that one kernel computes. */
export interface Group {
  /** The node that the kernel's blocks are cut for. */
  readonly anchor: Node;
  /** In execution order, the anchor among them. */
  readonly nodes: readonly Node[];
  /** Activations that the kernel reads and writes, each once. */
  readonly reads: readonly Tensor[];
  readonly writes: readonly Tensor[];
  /** Inputs of its nodes that are parameters, or were computed from parameters alone. */
  readonly constants: ReadonlySet<Tensor>;
}

/** A group while it grows. */
interface OpenGroup {
  anchor: Node;
  nodes: Node[];
  /** Rises: a group runs where its last node stands. */
  turn: number;
  /** Of a concatenation: the inputs that must be copied. */
  copied?: readonly Tensor[];
}

/** Groups in execution order. */
export function fuse(graph: Graph): Group[] {
  return new Fuser(graph).run();
}

class Fuser {
  readonly #graph: Graph;
  readonly #readers = new Map<Tensor, Node[]>();
  readonly #groups = new Set<OpenGroup>();
  readonly #writer = new Map<Tensor, OpenGroup>();
  /** What the whole of a reshaped or transposed tensor really is; null: it is only a part of something. */
  readonly #source = new Map<Tensor, Tensor | null>();
  /** The concatenated buffer that a tensor is written into, as the list of what lies in it. */
  readonly #placed = new Map<Tensor, Tensor[]>();
  readonly #constants: Set<Tensor>;
  #turn = 0;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#constants = new Set(graph.parameters);
    for (const node of graph.nodes)
      for (const input of node.inputs) {
        const readers = this.#readers.get(input);
        if (readers === undefined) this.#readers.set(input, [node]);
        else readers.push(node);
      }
  }

  run(): Group[] {
    for (const node of this.#graph.nodes) this.#visit(node);
    const inOrder = [...this.#groups].sort((a, b) => a.turn - b.turn);
    return inOrder.map((group) => this.#close(group));
  }

  #visit(node: Node): void {
    if (node.inputs.every((input) => this.#constants.has(input))) {
      for (const output of node.outputs) this.#constants.add(output);
      return;
    }
    if (isElementwise(node.op)) {
      this.#elementwise(node);
      return;
    }
    switch (node.op.kind) {
      case "reshape":
      case "transpose":
        this.#view(node, this.#whole(node.inputs[0] as Tensor));
        break;
      case "split":
      case "slice":
      case "pad":
      case "expand":
        this.#view(node, null);
        break;
      case "concat":
        this.#concat(node);
        break;
      case "softmax":
      case "logSoftmax":
        this.#softmax(node);
        break;
      case "layerNorm":
      case "groupNorm":
      case "reduce":
        this.#reduction(node);
        break;
      case "matmul":
        this.#matmul(node);
        break;
      default:
        this.#open(node);
    }
  }

  #open(node: Node): void {
    const group: OpenGroup = { anchor: node, nodes: [], turn: 0 };
    this.#groups.add(group);
    this.#append(group, node);
  }

  #append(group: OpenGroup, node: Node): void {
    group.nodes.push(node);
    group.turn = this.#turn++;
    this.#writer.set(node.outputs[0] as Tensor, group);
  }

  /**
   * The group whose result is `tensor`, if `tensor` is read by one node only and so need not exist in memory.
   */
  #openGroupOf(tensor: Tensor): OpenGroup | undefined {
    return this.#soleReader(tensor) === undefined ? undefined : this.#writer.get(tensor);
  }

  #soleReader(tensor: Tensor): Node | undefined {
    const readers = this.#readers.get(tensor) ?? [];
    return readers.length === 1 && !this.#graph.outputs.includes(tensor) ? readers[0] : undefined;
  }

  #elementwise(node: Node): void {
    const elements = elementCount((node.outputs[0] as Tensor).shape);
    const candidates = node.inputs
      .filter((input) => elementCount(input.shape) === elements)
      .map((input) => this.#openGroupOf(input))
      .filter((group) => group !== undefined)
      .sort((a, b) => Number(isStream(b)) - Number(isStream(a)) || a.turn - b.turn);
    const host = candidates.pop();
    if (host === undefined) {
      this.#open(node);
      return;
    }
    for (const group of candidates.filter(isStream)) this.#mergeInto(host, group);
    this.#append(host, node);
  }

  #mergeInto(host: OpenGroup, group: OpenGroup): void {
    host.nodes.unshift(...group.nodes);
    this.#groups.delete(group);
  }

  /** Reads whole rows anyway: what computes them element by element becomes its first step. */
  #reduction(node: Node): void {
    const rows = this.#openGroupOf(node.inputs[0] as Tensor);
    if (rows !== undefined && isStream(rows)) {
      rows.anchor = node;
      this.#append(rows, node);
    } else this.#open(node);
  }

  #softmax(node: Node): void {
    const [scores, probabilities] = [node.inputs[0] as Tensor, node.outputs[0] as Tensor];
    const group = this.#openGroupOf(scores);
    const next = this.#soleReader(probabilities);
    const mixes = next?.op.kind === "matmul" && next.inputs[0] === probabilities;
    if (group?.anchor.op.kind === "matmul" && mixes) this.#append(group, node);
    else this.#reduction(node);
  }

  #matmul(node: Node): void {
    const group = this.#openGroupOf(node.inputs[0] as Tensor);
    if (group !== undefined && group.nodes.at(-1)?.op.kind === "softmax" && group.anchor.op.kind === "matmul")
      this.#append(group, node);
    else this.#open(node);
  }

  #view(node: Node, source: Tensor | null): void {
    for (const output of node.outputs) this.#source.set(output, source);
  }

  /** The tensor that a kernel writes to make the whole of `tensor`; null where there is none. */
  #whole(tensor: Tensor): Tensor | null {
    const source = this.#source.get(tensor);
    return source === undefined ? tensor : source;
  }

  /**
   * A concatenation that begins with all that lies in a buffer goes on in it: so DenseNet's blocks never
   * copy.
   */
  #concat(node: Node): void {
    const wholes = node.inputs.map((input) => this.#whole(input));
    const begun = wholes[0] ? this.#placed.get(wholes[0]) : undefined;
    const buffer = begun?.every((tensor, index) => tensor === wholes[index]) ? begun : [];
    const copied: Tensor[] = [];
    node.inputs.slice(buffer.length).forEach((input) => {
      const whole = this.#whole(input);
      const inPlace = whole !== null && this.#writer.has(whole) && !this.#placed.has(whole);
      if (inPlace) this.#placed.set(whole, buffer);
      else copied.push(input);
      buffer.push(whole ?? input);
    });
    if (copied.length > 0) this.#groups.add({ anchor: node, nodes: [node], turn: this.#turn++, copied });
  }

  #close({ anchor, nodes, copied }: OpenGroup): Group {
    if (copied !== undefined) return { anchor, nodes, reads: copied, writes: copied, constants: new Set() };
    const inner = new Set(nodes.flatMap((node) => node.outputs));
    const outer = new Set(nodes.flatMap((node) => node.inputs).filter((tensor) => !inner.has(tensor)));
    const constants = new Set([...outer].filter((tensor) => this.#constants.has(tensor)));
    const reads = [...outer].filter((tensor) => !constants.has(tensor));
    return { anchor, nodes, reads, writes: nodes.at(-1)?.outputs ?? [], constants };
  }
}

/** Whether its elements can be computed by whoever reads them. A lookup is a stream too. */
function isStream(group: OpenGroup): boolean {
  return isElementwise(group.anchor.op) || group.anchor.op.kind === "gather";
}
