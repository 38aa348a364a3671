/** Small ONNX files, made by the tests themselves, and onnxruntime as the judge of what they compute. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ort from "onnxruntime-web";
import { type AttributeValues, attributeOf } from "../../src/onnx/export-node.ts";
import {
  ATTRIBUTE_TYPE,
  DATA_TYPE,
  encodeModel,
  type FunctionProto,
  type NodeProto,
  type TensorProto,
  type Written,
} from "../../src/onnx/proto.ts";

ort.env.wasm.numThreads = 1;
ort.env.logLevel = "fatal";

export type TypeName = keyof typeof DATA_TYPE;

export interface Numbers {
  readonly shape: readonly number[];
  readonly values: readonly number[];
  /** Default float. */
  readonly type?: TypeName;
}

export interface Port {
  /** A string: known only when the network runs. */
  readonly shape: readonly (number | string)[];
  readonly type?: TypeName;
}

export interface ModelSpec {
  readonly nodes: readonly Written<NodeProto>[];
  readonly inputs: Readonly<Record<string, Port>>;
  /** Names and types of outputs. */
  readonly outputs: Readonly<Record<string, TypeName>>;
  readonly initializers?: readonly Written<TensorProto>[];
  readonly functions?: readonly Written<FunctionProto>[];
  /** Default 17. */
  readonly opset?: number;
}

let names = 0;

/** A node. `inputs` and `outputs` are names, separated by blanks; "-" stands for an input that is left out. */
export function node(
  opType: string,
  inputs: string,
  outputs: string,
  attributes: AttributeValues = {},
  domain = "",
): Written<NodeProto> {
  const split = (text: string): string[] => text.split(" ").map((name) => (name === "-" ? "" : name));
  const attribute = Object.entries(attributes).map(([name, value]) => attributeOf(name, value));
  return {
    name: `${opType}_${names++}`,
    opType,
    domain,
    input: split(inputs),
    output: split(outputs),
    attribute,
  };
}

/** A Constant node's tensor cannot be said by AttributeValues. */
export function constant(output: string, tensor: Written<TensorProto>): Written<NodeProto> {
  return {
    name: `Constant_${names++}`,
    opType: "Constant",
    input: [],
    output: [output],
    attribute: [{ name: "value", type: ATTRIBUTE_TYPE.tensor, t: tensor }],
  };
}

export function floats(
  name: string,
  shape: readonly number[],
  values?: readonly number[],
): Written<TensorProto> {
  const count = shape.reduce((product, extent) => product * extent, 1);
  return {
    name,
    dims: [...shape],
    dataType: DATA_TYPE.float,
    floatData: values ?? noise(count, name.length + count),
  };
}

export function integers(
  name: string,
  values: readonly number[],
  shape = [values.length],
): Written<TensorProto> {
  return { name, dims: shape, dataType: DATA_TYPE.int64, int64Data: values };
}

/** Numbers between -1 and 1, without a pattern and the same each time. */
export function noise(count: number, seed = 1): number[] {
  let state = (seed * 2654435761) >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround((state / 2 ** 32) * 2 - 1);
  });
}

/** The folder of this run's files. */
export const folder = mkdtempSync(join(tmpdir(), "missile-onnx-"));

export function writeModel(name: string, spec: ModelSpec): string {
  const port = ([name, { shape, type = "float" }]: [string, Port]) => ({
    name,
    type: {
      tensorType: {
        elemType: DATA_TYPE[type],
        shape: {
          dim: shape.map((extent) =>
            typeof extent === "string" ? { dimParam: extent } : { dimValue: extent },
          ),
        },
      },
    },
  });
  const file = join(folder, `${name.replaceAll(/[^\w]+/g, "-")}.onnx`);
  const domains = new Set(["", ...spec.nodes.map(({ domain = "" }) => domain)]);
  const model = {
    irVersion: 8,
    opsetImport: [...domains].map((domain) => ({ domain, version: domain === "" ? (spec.opset ?? 17) : 1 })),
    functions: spec.functions ?? [],
    graph: {
      name: "test",
      node: spec.nodes,
      initializer: spec.initializers ?? [],
      input: Object.entries(spec.inputs).map(port),
      output: Object.entries(spec.outputs).map(([output, type]) => ({
        name: output,
        type: { tensorType: { elemType: DATA_TYPE[type] } },
      })),
    },
  };
  writeFileSync(file, encodeModel(model));
  return file;
}

export type Feeds = Readonly<Record<string, Numbers>>;

/** What onnxruntime makes of the feeds. Integers are given in the width that the model asks for. */
export async function judge(file: string, feeds: Feeds): Promise<Map<string, Numbers>> {
  const session = await ort.InferenceSession.create(readFileSync(file));
  try {
    const tensors: Record<string, ort.Tensor> = {};
    session.inputMetadata.forEach((input) => {
      const feed = feeds[input.name];
      if (feed === undefined || !input.isTensor) throw new Error(`no input ${input.name}`);
      tensors[input.name] = tensorOf(input.type, feed);
    });
    const results = await session.run(tensors);
    return new Map(
      Object.entries(results).map(([name, { dims, data }]) => [
        name,
        { shape: [...dims], values: Array.from(data as ArrayLike<number | bigint>, Number) },
      ]),
    );
  } finally {
    await session.release();
  }
}

function tensorOf(type: ort.Tensor.Type, { shape, values }: Numbers): ort.Tensor {
  switch (type) {
    case "int64":
      return new ort.Tensor(
        "int64",
        BigInt64Array.from(values, (value) => BigInt(value)),
        shape,
      );
    case "int32":
      return new ort.Tensor("int32", Int32Array.from(values), shape);
    case "bool":
      return new ort.Tensor("bool", Uint8Array.from(values), shape);
    default:
      return new ort.Tensor("float32", Float32Array.from(values), shape);
  }
}

/** The largest difference, over the largest number. */
export function relativeError(a: Numbers, b: Numbers): number {
  const largest = Math.max(...b.values.map(Math.abs), 1e-9);
  return Math.max(...a.values.map((value, at) => Math.abs(value - (b.values[at] as number)))) / largest;
}
