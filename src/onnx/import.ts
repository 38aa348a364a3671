/** From an ONNX file to a graph and its weights. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { MissileError } from "../core/error.ts";
import type { Graph, Shape, Tensor } from "../models/graph.ts";
import type { TrainedNetwork } from "../models/values.ts";
import { reasonOf } from "../presets/index.ts";
import { BodyReader, type Names } from "./body.ts";
import { decodeModel, type GraphProto, integer, type ModelProto, type ValueInfoProto } from "./proto.ts";
import { simplified } from "./simplify/index.ts";
import { kindOf } from "./tensor-data.ts";
import type { Value } from "./value.ts";
import { GraphWriter, isKnown, tensorValues } from "./writer.ts";

/** Versions of ONNX's operators: before the first, several say otherwise what they do; what later ones change is not known. */
const OPSETS = { first: 11, last: 23 } as const;

export interface ImportOptions {
  /** Default: the file's. */
  readonly name?: string;
  /** By an input's name, or by "" for the only input. What the file says already may be left out. */
  readonly shapes?: ReadonlyMap<string, Shape>;
}

/**
 * Reads a file. Throws MissileError: "noSuchFile", "badOnnx" where it is none or damaged, "badShape" where an input's shape is not known or
 * does not fit the file's, "unsupportedOnnx" with every node that is not supported.
 */
export function importOnnx(file: string, options: ImportOptions = {}): TrainedNetwork {
  const model = readModel(file);
  const graph = model.graph as GraphProto;
  const writer = new GraphWriter(options.name ?? basename(file, ".onnx"));
  const opset = opsetOf(model, file);
  const reader = new BodyReader(writer, { file, opset, functions: model.functions });
  const names: Names = new Map();
  reader.initializers(graph, names);
  const inputs = readInputs(graph, names, file, options.shapes ?? new Map(), writer);
  reader.nodes(graph.node, names);
  if (reader.problems.size > 0) throw unsupported(file, [...reader.problems]);
  const outputs = readOutputs(graph, names, file, writer);
  return build(options.name ?? basename(file, ".onnx"), writer, inputs, outputs);
}

function readModel(file: string): ModelProto {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new MissileError(`${file}: cannot be read (${reasonOf(cause)})`, "noSuchFile");
  }
  let model: ModelProto | null = null;
  try {
    model = decodeModel(bytes);
  } catch {
    // Told below, with files that are something else.
  }
  if (model?.graph == null || model.opsetImport.length === 0)
    throw new MissileError(
      `${file}: is no ONNX file; export the model as one, such as with torch.onnx.export`,
      "badOnnx",
    );
  return model;
}

function opsetOf(model: ModelProto, file: string): number {
  const own = model.opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx");
  const version = own === undefined ? OPSETS.last : integer(own.version);
  if (version < OPSETS.first || version > OPSETS.last)
    throw new MissileError(
      `${file}: has opset ${version}, and ${OPSETS.first} to ${OPSETS.last} are known; export it with opset 17`,
      "unsupportedOnnx",
    );
  return version;
}

function unsupported(file: string, problems: readonly string[]): MissileError {
  const count = problems.length === 1 ? "a node is" : `${problems.length} nodes are`;
  return new MissileError(`${file}: ${count} not supported: ${problems.join("; ")}`, "unsupportedOnnx");
}

/** Inputs that no initializer gives. */
function readInputs(
  graph: GraphProto,
  names: Names,
  file: string,
  shapes: ReadonlyMap<string, Shape>,
  writer: GraphWriter,
): Tensor[] {
  const free = graph.input.filter(({ name }) => !names.has(name));
  for (const [name, shape] of shapes) {
    if (name === "" && free.length !== 1)
      throw new MissileError(
        `${file}: has ${free.length} inputs; say whose shape it is, as in --shape ${free[0]?.name ?? "input"}=${shape.join("x")}`,
        "badShape",
      );
    if (name !== "" && !free.some((input) => input.name === name))
      throw new MissileError(
        `${file}: has no input "${name}"; its inputs: ${free.map((input) => input.name).join(", ")}`,
        "badShape",
      );
  }
  return free.map((info) => {
    const tensor = readInput(info, file, shapes.get(info.name) ?? shapes.get(""), writer);
    names.set(info.name, tensor);
    return tensor;
  });
}

function readInput(
  info: ValueInfoProto,
  file: string,
  given: Shape | undefined,
  writer: GraphWriter,
): Tensor {
  const { name } = info;
  const type = info.type?.tensorType ?? undefined;
  const kind = kindOf(type?.elemType ?? 0);
  const fail = (reason: string, code: string): never => {
    throw new MissileError(`${file}: input "${name}" ${reason}`, code);
  };
  if (kind === undefined) return fail("is no tensor of numbers", "unsupportedOnnx");
  const dims = type?.shape?.dim.map((dim) =>
    dim.value === "dimValue" ? integer(dim.dimValue) : dim.dimParam || "?",
  );
  const said = dims === undefined ? "any shape" : `shape [${dims.join(", ")}]`;
  if (given !== undefined) {
    const fits =
      dims === undefined ||
      (dims.length === given.length &&
        dims.every((dim, axis) => typeof dim === "string" || dim === given[axis]));
    if (!fits) fail(`has ${said}, which ${given.join("x")} does not fit`, "badShape");
    return writer.input(name, given, kind);
  }
  if (dims === undefined || dims.some((dim) => typeof dim === "string" || dim < 1))
    return fail(
      `has ${said}; fix it, as in --shape ${name}=${(dims ?? [1, 3, 224, 224]).map((dim) => (typeof dim === "number" ? dim : 1)).join("x")}`,
      "badShape",
    );
  return writer.input(name, dims as number[], kind);
}

/** Each a tensor of its own that a node writes. */
function readOutputs(
  graph: GraphProto,
  names: Names,
  file: string,
  writer: GraphWriter,
): Map<Tensor, string> {
  const outputs = new Map<Tensor, string>();
  for (const { name } of graph.output) {
    const entry = names.get(name);
    if (entry === undefined) throw new MissileError(`${file}: nothing gives the output "${name}"`, "badOnnx");
    writer.enter(name);
    const tensor = writer.tensor(entry);
    outputs.set(
      isKnown(entry) || tensor.role !== "activation" || outputs.has(tensor) ? writer.copy(tensor) : tensor,
      name,
    );
  }
  return outputs;
}

function build(
  name: string,
  writer: GraphWriter,
  inputs: readonly Tensor[],
  outputs: ReadonlyMap<Tensor, string>,
): TrainedNetwork {
  const { nodes, parameters, renamed, content } = simplified(writer, inputs, outputs);
  const graph: Graph = {
    name,
    batch: inputs[0]?.shape[0] ?? 1,
    inputs,
    outputs: [...outputs.keys()].map(renamed),
    parameters,
    nodes,
  };
  return { graph, values: (tensor) => tensorValues(tensor, content(tensor) as Value) };
}
