/** ONNX's messages, as protobufjs reads and writes them by proto/onnx.proto. */
import { join } from "node:path";
import protobuf from "protobufjs";
import { packageRoot } from "../presets/paths.ts";

/** An int64 as protobufjs gives it: two halves, or a number. */
export type Int64 = number | { toNumber(): number };

export interface ModelProto {
  irVersion: Int64;
  producerName: string;
  graph?: GraphProto | null;
  opsetImport: { domain: string; version: Int64 }[];
  functions: FunctionProto[];
}

export interface FunctionProto {
  name: string;
  domain: string;
  input: string[];
  output: string[];
  node: NodeProto[];
  attributeProto: AttributeProto[];
}

export interface GraphProto {
  name: string;
  node: NodeProto[];
  initializer: TensorProto[];
  input: ValueInfoProto[];
  output: ValueInfoProto[];
}

export interface NodeProto {
  name: string;
  opType: string;
  domain: string;
  input: string[];
  output: string[];
  attribute: AttributeProto[];
}

export interface AttributeProto {
  name: string;
  type: number;
  f: number;
  i: Int64;
  s: Uint8Array;
  t?: TensorProto | null;
  g?: GraphProto | null;
  floats: number[];
  ints: Int64[];
  strings: Uint8Array[];
  refAttrName: string;
}

export interface TensorProto {
  name: string;
  dims: Int64[];
  dataType: number;
  floatData: number[];
  int32Data: number[];
  int64Data: Int64[];
  doubleData: number[];
  uint64Data: Int64[];
  rawData: Uint8Array;
  externalData: { key: string; value: string }[];
  dataLocation: number;
}

export interface ValueInfoProto {
  name: string;
  type?: { tensorType?: { elemType: number; shape?: { dim: DimensionProto[] } | null } | null } | null;
}

export interface DimensionProto {
  value?: "dimValue" | "dimParam";
  dimValue: Int64;
  dimParam: string;
}

/** TensorProto.DataType, as far as it is read. */
export const DATA_TYPE = {
  float: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  double: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const;

/** AttributeProto.AttributeType, likewise. */
export const ATTRIBUTE_TYPE = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
} as const;

/** TensorProto.DataLocation: in a file of its own. */
export const EXTERNAL = 1;

const modelType = protobuf.loadSync(join(packageRoot, "proto", "onnx.proto")).lookupType("onnx.ModelProto");

export const integer = (value: Int64): number => (typeof value === "number" ? value : value.toNumber());

/** Throws RangeError or Error where the bytes are no such message. */
export function decodeModel(bytes: Uint8Array): ModelProto {
  return modelType.decode(bytes) as unknown as ModelProto;
}

/** What a message need not say is left to its default. */
export type Written<Message> = Message extends Uint8Array | number | string
  ? Message
  : Message extends readonly (infer Item)[]
    ? readonly Written<Item>[]
    : { readonly [Key in keyof Message]?: Written<Message[Key]> };

export function encodeModel(model: Written<ModelProto>): Uint8Array {
  return modelType.encode(modelType.create(model as Record<string, unknown>)).finish();
}
