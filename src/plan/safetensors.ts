/**
 * Tensors in a file, as the safetensors format has them: the header's length (u64), the header (JSON: name -> dtype, shape, data_offsets),
 * and the data, to which offsets count.
 */
import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { z } from "zod";
import { MissileError } from "../core/error.ts";

/** Bytes of an element. */
export const DTYPE_BYTES = { F32: 4, F16: 2, BF16: 2, I32: 4, I64: 8, F64: 8, U8: 1, BOOL: 1 } as const;
export type Dtype = keyof typeof DTYPE_BYTES;

export interface StoredTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Row-major. */
  readonly bytes: Uint8Array;
}

/** Where a tensor lies in its file. */
export interface TensorPlace {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly fileOffset: number;
  readonly sizeBytes: number;
}

const LENGTH_BYTES = 8;
/** The format's own limit, so that a wrong file is not read whole. */
const MOST_HEADER_BYTES = 100_000_000;

const entry = z.object({
  dtype: z.enum(Object.keys(DTYPE_BYTES) as [Dtype, ...Dtype[]]),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});

const sizeOf = (dtype: Dtype, shape: readonly number[]): number =>
  shape.reduce((product, extent) => product * extent, DTYPE_BYTES[dtype]);

function withFile<Result>(path: string, flags: "r" | "w", body: (file: number) => Result): Result {
  let file: number;
  try {
    file = openSync(path, flags);
  } catch (cause) {
    const doing = flags === "r" ? "read" : "written";
    throw new MissileError(`${path}: cannot be ${doing} (${(cause as Error).message})`, "fileNotReadable");
  }
  try {
    return body(file);
  } finally {
    closeSync(file);
  }
}

const bad = (path: string, why: string): MissileError =>
  new MissileError(`${path}: not a safetensors file (${why})`, "badSafetensors");

function readBytes(file: number, at: number, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  // A call reads at most 2 GiB.
  for (let done = 0; done < sizeBytes; ) {
    const read = readSync(file, bytes, done, Math.min(sizeBytes - done, 2 ** 30), at + done);
    if (read === 0) return bytes.subarray(0, done);
    done += read;
  }
  return bytes;
}

function placesIn(path: string, file: number): Map<string, TensorPlace> {
  const fileBytes = fstatSync(file).size;
  if (fileBytes < LENGTH_BYTES) throw bad(path, `${fileBytes} bytes are too few`);
  const length = Number(new DataView(readBytes(file, 0, LENGTH_BYTES).buffer).getBigUint64(0, true));
  const dataAt = LENGTH_BYTES + length;
  if (length > MOST_HEADER_BYTES || dataAt > fileBytes)
    throw bad(path, `a header of ${length} bytes does not fit`);
  let header: Record<string, unknown>;
  try {
    header = z
      .record(z.string(), z.unknown())
      .parse(JSON.parse(new TextDecoder().decode(readBytes(file, LENGTH_BYTES, length))));
  } catch {
    throw bad(path, "its header is no JSON object");
  }
  const places = new Map<string, TensorPlace>();
  for (const [name, said] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const parsed = entry.safeParse(said);
    if (!parsed.success) throw bad(path, `tensor ${name} has a type or a shape that is not known here`);
    const { dtype, shape, data_offsets } = parsed.data;
    const [begin, end] = data_offsets;
    if (end - begin !== sizeOf(dtype, shape) || dataAt + end > fileBytes)
      throw bad(path, `tensor ${name} does not lie where its header says`);
    places.set(name, { dtype, shape, fileOffset: dataAt + begin, sizeBytes: end - begin });
  }
  return places;
}

/** In the header's order. Throws MissileError "fileNotReadable" or "badSafetensors". */
export const tensorPlaces = (path: string): ReadonlyMap<string, TensorPlace> =>
  withFile(path, "r", (file) => placesIn(path, file));

/** All of a file's tensors. Throws what tensorPlaces throws. */
export const readSafetensors = (path: string): ReadonlyMap<string, StoredTensor> =>
  withFile(
    path,
    "r",
    (file) =>
      new Map(
        Array.from(placesIn(path, file), ([name, { dtype, shape, fileOffset, sizeBytes }]) => [
          name,
          { dtype, shape, bytes: readBytes(file, fileOffset, sizeBytes) },
        ]),
      ),
  );

/** Tensors in their order, without gaps, as the format demands; `bytes` of one is asked for when it is written. */
export function writeSafetensors(
  path: string,
  tensors: Iterable<readonly [name: string, tensor: Omit<StoredTensor, "bytes"> & { bytes(): Uint8Array }]>,
): void {
  const all = [...tensors];
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const [name, { dtype, shape }] of all) {
    const begin = end;
    end += sizeOf(dtype, shape);
    header[name] = { dtype, shape, data_offsets: [begin, end] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(text.length / LENGTH_BYTES) * LENGTH_BYTES;
  withFile(path, "w", (file) => {
    const prefix = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
    new DataView(prefix.buffer).setBigUint64(0, BigInt(length), true);
    prefix.set(text, LENGTH_BYTES);
    writeAll(file, prefix, 0);
    let at = prefix.length;
    for (const [, tensor] of all) {
      const bytes = tensor.bytes();
      writeAll(file, bytes, at);
      at += bytes.length;
    }
  });
}

function writeAll(file: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(file, bytes, done, Math.min(bytes.length - done, 2 ** 30), at + done);
}
