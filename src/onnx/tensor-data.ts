/** The numbers of a TensorProto, in whichever of its forms they are written. */
import { closeSync, openSync, readSync } from "node:fs";
import { dirname, isAbsolute, join, normalize } from "node:path";
import { MissileError } from "../core/error.ts";
import { elementCount } from "../models/graph.ts";
import { fromBrainFloat, fromHalf } from "./half.ts";
import { DATA_TYPE, EXTERNAL, integer, type TensorProto } from "./proto.ts";
import type { Kind, Numbers, Value } from "./value.ts";
import { numbers } from "./value.ts";

interface Format {
  readonly kind: Kind;
  readonly bytes: number;
  /** A number of raw data. */
  readonly read: (view: DataView, at: number) => number;
}

/** By TensorProto.DataType. */
const FORMATS: Readonly<Record<number, Format>> = {
  [DATA_TYPE.float]: { kind: "float", bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  [DATA_TYPE.double]: { kind: "float", bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  [DATA_TYPE.float16]: { kind: "float", bytes: 2, read: (view, at) => fromHalf(view.getUint16(at, true)) },
  [DATA_TYPE.bfloat16]: {
    kind: "float",
    bytes: 2,
    read: (view, at) => fromBrainFloat(view.getUint16(at, true)),
  },
  [DATA_TYPE.int8]: { kind: "integer", bytes: 1, read: (view, at) => view.getInt8(at) },
  [DATA_TYPE.uint8]: { kind: "integer", bytes: 1, read: (view, at) => view.getUint8(at) },
  [DATA_TYPE.int16]: { kind: "integer", bytes: 2, read: (view, at) => view.getInt16(at, true) },
  [DATA_TYPE.uint16]: { kind: "integer", bytes: 2, read: (view, at) => view.getUint16(at, true) },
  [DATA_TYPE.int32]: { kind: "integer", bytes: 4, read: (view, at) => view.getInt32(at, true) },
  [DATA_TYPE.uint32]: { kind: "integer", bytes: 4, read: (view, at) => view.getUint32(at, true) },
  [DATA_TYPE.int64]: { kind: "integer", bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  [DATA_TYPE.uint64]: { kind: "integer", bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)) },
  [DATA_TYPE.bool]: { kind: "truth", bytes: 1, read: (view, at) => view.getUint8(at) },
};

/** What numbers of an element type are held as; undefined: they are none that is known here. */
export const kindOf = (dataType: number): Kind | undefined => FORMATS[dataType]?.kind;

/**
 * The tensor's numbers. `file`: of the model, which external data lies beside. Throws MissileError("badOnnx") where they are of a type that
 * is not known, or are not all there.
 */
export function tensorValue(tensor: TensorProto, file: string, trained: boolean): Value {
  const shape = tensor.dims.map(integer);
  const count = elementCount(shape);
  const fail = (reason: string): never => {
    throw new MissileError(`${file}: tensor "${tensor.name}": ${reason}`, "badOnnx");
  };
  const format = FORMATS[tensor.dataType] ?? fail(`elements of type ${tensor.dataType} are not supported`);
  const { kind } = format;
  if (tensor.dataLocation === EXTERNAL) {
    const bytes = externalBytes(tensor, file, count * format.bytes, fail);
    return { kind, shape, data: fromBytes(bytes, format, count), trained };
  }
  const typed = typedNumbers(tensor);
  if (typed === null) {
    if (tensor.rawData.length !== count * format.bytes)
      fail(`${count} elements need ${count * format.bytes} bytes, and there are ${tensor.rawData.length}`);
    return { kind, shape, data: fromBytes(tensor.rawData, format, count), trained };
  }
  if (typed.length !== count) fail(`its shape has ${count} elements, and there are ${typed.length}`);
  const data = numbers(kind, count);
  for (let at = 0; at < count; at++) data[at] = typed[at] as number;
  return { kind, shape, data, trained };
}

function fromBytes(bytes: Uint8Array, format: Format, count: number): Numbers {
  const data = numbers(format.kind, count);
  if (data instanceof Float32Array && format.bytes === 4) {
    new Uint8Array(data.buffer).set(bytes);
    return data;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < count; at++) data[at] = format.read(view, at * format.bytes);
  return data;
}

/** Numbers written as a repeated field; null: they are raw. */
function typedNumbers(tensor: TensorProto): readonly number[] | null {
  if (tensor.floatData.length > 0) return tensor.floatData;
  if (tensor.doubleData.length > 0) return tensor.doubleData;
  if (tensor.int64Data.length > 0) return tensor.int64Data.map(integer);
  if (tensor.uint64Data.length > 0) return tensor.uint64Data.map(integer);
  if (tensor.int32Data.length === 0) return null;
  if (tensor.dataType === DATA_TYPE.float16) return tensor.int32Data.map(fromHalf);
  if (tensor.dataType === DATA_TYPE.bfloat16) return tensor.int32Data.map(fromBrainFloat);
  return tensor.int32Data;
}

function externalBytes(
  tensor: TensorProto,
  file: string,
  sizeBytes: number,
  fail: (reason: string) => never,
): Uint8Array {
  const entry = (key: string): string | undefined =>
    tensor.externalData.find((pair) => pair.key === key)?.value;
  const location = entry("location") ?? fail("its external data has no location");
  if (isAbsolute(location) || normalize(location).startsWith(".."))
    fail(`its data is in "${location}", which is not beside the model`);
  const [offset, length] = [Number(entry("offset") ?? 0), Number(entry("length") ?? sizeBytes)];
  if (length !== sizeBytes) fail(`its shape needs ${sizeBytes} bytes, and its external data has ${length}`);
  const bytes = new Uint8Array(sizeBytes);
  const path = join(dirname(file), location);
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch {
    return fail(`its data is in ${path}, which cannot be read`);
  }
  try {
    for (let done = 0; done < sizeBytes; ) {
      const read = readSync(descriptor, bytes, done, sizeBytes - done, offset + done);
      if (read === 0) fail(`${path} ends before its data does`);
      done += read;
    }
  } finally {
    closeSync(descriptor);
  }
  return bytes;
}
