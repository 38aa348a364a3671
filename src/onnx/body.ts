/** Reads nodes one by one, those of functions and of branches too, and collects what is not supported. */
import { MissileError } from "../core/error.ts";
import { Attributes } from "./attributes.ts";
import { Call } from "./call.ts";
import { OPERATORS } from "./operators/index.ts";
import type { FunctionProto, GraphProto, NodeProto } from "./proto.ts";
import { tensorValue } from "./tensor-data.ts";
import { Unsupported } from "./unsupported.ts";
import { onlyNumber } from "./value.ts";
import { type Entry, type GraphWriter, isKnown } from "./writer.ts";

/** What names stand for; undefined: of a node that is not supported. */
export type Names = Map<string, Entry | undefined>;

export interface Source {
  readonly file: string;
  readonly opset: number;
  readonly functions: readonly FunctionProto[];
}

/** ONNX's own operators, under both their names. */
const isOwn = (domain: string): boolean => domain === "" || domain === "ai.onnx";

export class BodyReader {
  readonly #writer: GraphWriter;
  readonly #source: Source;
  readonly #functions = new Map<string, FunctionProto>();
  /** "node "x" (TopK): reason", each once. */
  readonly problems = new Set<string>();

  constructor(writer: GraphWriter, source: Source) {
    this.#writer = writer;
    this.#source = source;
    for (const made of source.functions) this.#functions.set(`${made.domain}:${made.name}`, made);
  }

  initializers(graph: GraphProto, names: Names): void {
    for (const tensor of graph.initializer) {
      const value = tensorValue(tensor, this.#source.file, true);
      this.#writer.name(value, tensor.name);
      names.set(tensor.name, value);
    }
  }

  nodes(nodes: readonly NodeProto[], names: Names, scope = "", given?: Attributes): void {
    for (const node of nodes) this.#node(node, names, scope, given);
  }

  #node(node: NodeProto, names: Names, scope: string, given: Attributes | undefined): void {
    const name = scope + (node.name || node.output[0] || node.opType);
    try {
      const results = this.#results(node, names, name, given);
      node.output.forEach((output, index) => {
        const result = results?.[index];
        if (result !== undefined && isKnown(result)) this.#writer.name(result, scope + output);
        names.set(output, result);
      });
    } catch (cause) {
      if (!(cause instanceof Unsupported || (cause instanceof MissileError && cause.code === "badGraph")))
        throw cause;
      this.problems.add(`node "${name}" (${node.opType}): ${cause.message}`);
      for (const output of node.output) names.set(output, undefined);
    }
  }

  /** null: something that it reads is not supported. */
  #results(
    node: NodeProto,
    names: Names,
    name: string,
    given: Attributes | undefined,
  ): readonly Entry[] | null {
    const attributes = new Attributes(node.attribute, given);
    const made = this.#functions.get(`${node.domain}:${node.opType}`);
    const operator = isOwn(node.domain) ? OPERATORS[node.opType] : undefined;
    if (made === undefined && operator === undefined && node.opType !== "If")
      throw new Unsupported(
        isOwn(node.domain)
          ? "no such operator is known here"
          : `no operators of "${node.domain}" are known here`,
      );
    const inputs = node.input.map((input) => {
      if (input !== "" && !names.has(input)) throw new Unsupported(`nothing gives its input "${input}"`);
      return names.get(input);
    });
    if (node.input.some((input, index) => input !== "" && inputs[index] === undefined)) return null;
    if (made !== undefined)
      return this.#call(
        made,
        inputs,
        new Attributes([...made.attributeProto, ...node.attribute], given),
        `${name}/`,
      );
    if (operator === undefined) return this.#branch(inputs[0], attributes, names, `${name}/`);
    this.#writer.enter(name);
    const outputCount = node.output.filter((output) => output !== "").length;
    const { opset, file } = this.#source;
    const results = operator(new Call(this.#writer, inputs, { attributes, opset, outputCount, file }));
    return Array.isArray(results) ? results : [results as Entry];
  }

  /** A function's nodes in the place of its call. */
  #call(
    made: FunctionProto,
    inputs: readonly (Entry | undefined)[],
    given: Attributes,
    scope: string,
  ): readonly Entry[] | null {
    const names: Names = new Map(made.input.map((input, index) => [input, inputs[index]]));
    this.nodes(made.node, names, scope, given);
    return whole(made.output.map((output) => names.get(output)));
  }

  /** The branch that a known condition chooses. */
  #branch(
    condition: Entry | undefined,
    attributes: Attributes,
    names: Names,
    scope: string,
  ): readonly Entry[] | null {
    if (condition === undefined || !isKnown(condition))
      throw new Unsupported("its condition is computed at run time");
    const branch = attributes.graph(onlyNumber(condition) === 0 ? "else_branch" : "then_branch");
    if (branch === undefined) throw new Unsupported("it has no such branch");
    const inner: Names = new Map(names);
    this.initializers(branch, inner);
    this.nodes(branch.node, inner, scope);
    return whole(branch.output.map((output) => inner.get(output.name)));
  }
}

const whole = (entries: readonly (Entry | undefined)[]): readonly Entry[] | null =>
  entries.every((entry) => entry !== undefined) ? (entries as readonly Entry[]) : null;
