/** From a network to an ONNX file, of opset 17. */
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { basename } from "node:path";
import { MissileError } from "../core/error.ts";
import { elementCount, type Graph, type Tensor } from "../models/graph.ts";
import type { TensorValues, TrainedNetwork } from "../models/values.ts";
import { NodeWriter } from "./export-node.ts";
import { writeOperation } from "./export-operations.ts";
import {
  DATA_TYPE,
  EXTERNAL,
  encodeModel,
  type GraphProto,
  type TensorProto,
  type ValueInfoProto,
  type Written,
} from "./proto.ts";

/** The newest one in which every operator that is written has been there for some years: LayerNormalization came with it. */
const OPSET = 17;
/** Of files with that opset. */
const IR_VERSION = 8;
/** Protocol buffers end at 2 GiB; above half of it, weights lie in a file beside the model. */
const MOST_INLINE_BYTES = 2 ** 30;
/** External tensors begin at multiples of it, so that they can be mapped into memory. */
const ALIGNMENT_BYTES = 4096;

export interface ExportOptions {
  /** Default 1 GiB. */
  readonly mostInlineBytes?: number;
}

/** Writes the file, and FILE.data beside it where the weights are too large. Throws MissileError("cannotWrite"). */
export function writeOnnx(
  { graph, values }: TrainedNetwork,
  file: string,
  options: ExportOptions = {},
): void {
  const totalBytes = graph.parameters.reduce((sum, tensor) => sum + 4 * elementCount(tensor.shape), 0);
  const isExternal = totalBytes > (options.mostInlineBytes ?? MOST_INLINE_BYTES);
  try {
    const store = isExternal ? externalStore(`${file}.data`) : inlineStore;
    const proto = graphProto(graph, (tensor) => store.put(tensor, values(tensor)));
    store.close();
    const model = {
      irVersion: IR_VERSION,
      producerName: "missile-console",
      opsetImport: [{ domain: "", version: OPSET }],
      graph: proto,
    };
    writeFileSync(file, encodeModel(model));
  } catch (cause) {
    if (cause instanceof MissileError || !(cause instanceof Error && "syscall" in cause)) throw cause;
    throw new MissileError(`${file}: cannot be written: ${cause.message}`, "cannotWrite");
  }
}

interface Store {
  readonly put: (tensor: Tensor, values: TensorValues) => Written<TensorProto>;
  readonly close: () => void;
}

const described = (tensor: Tensor) => ({
  name: tensor.name,
  dims: [...tensor.shape],
  dataType: dataTypeOf(tensor),
});

const dataTypeOf = ({ type }: Tensor): number => (type === "int32" ? DATA_TYPE.int32 : DATA_TYPE.float);
const bytesOf = (values: TensorValues): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

const inlineStore: Store = {
  put: (tensor, values) => ({ ...described(tensor), rawData: bytesOf(values) }),
  close: () => {},
};

function externalStore(path: string): Store {
  const descriptor = openSync(path, "w");
  let end = 0;
  return {
    put: (tensor, values) => {
      const offset = Math.ceil(end / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
      const bytes = bytesOf(values);
      for (let done = 0; done < bytes.length; )
        done += writeSync(descriptor, bytes, done, bytes.length - done, offset + done);
      end = offset + bytes.length;
      const entries = { location: basename(path), offset: String(offset), length: String(bytes.length) };
      return {
        ...described(tensor),
        dataLocation: EXTERNAL,
        externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
      };
    },
    close: () => closeSync(descriptor),
  };
}

function graphProto(graph: Graph, stored: (tensor: Tensor) => Written<TensorProto>): Written<GraphProto> {
  const writer = new NodeWriter(graph);
  for (const node of graph.nodes) writeOperation(node, writer);
  // Weights that are written the other way round replace their originals, which nobody may need then.
  const read = new Set(writer.nodes.flatMap((node) => [...(node.input ?? [])]));
  return {
    name: graph.name,
    node: writer.nodes,
    input: graph.inputs.map(portOf),
    output: graph.outputs.map(portOf),
    initializer: [
      ...graph.parameters.filter(({ name }) => read.has(name)).map(stored),
      ...writer.initializers,
    ],
  };
}

function portOf(tensor: Tensor): Written<ValueInfoProto> {
  const dim = tensor.shape.map((extent) => ({ dimValue: extent }));
  return { name: tensor.name, type: { tensorType: { elemType: dataTypeOf(tensor), shape: { dim } } } };
}
