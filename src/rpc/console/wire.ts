/**
 * A message of an attached console as bytes: JSON, deflated. JSON knows neither NaN nor Infinity, which figures may be, nor arrays of numbers
 * as memory has them: the first are strings that begin with NUL (strings that do so themselves have one more), the second objects with one key.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";

const NUL = "\0";
/** Key of an array's type; no other key begins with NUL. */
const ARRAY = `${NUL}array`;

const arrays = { Uint8Array, Uint32Array, Float64Array } as const;
type ArrayName = keyof typeof arrays;

/** More would be spent on it than a network takes to carry the rest. */
const LEVEL = 1;

function replace(_key: string, value: unknown): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value : `${NUL}${value}`;
  if (typeof value === "string") return value.startsWith(NUL) ? NUL + value : value;
  if (!ArrayBuffer.isView(value)) return value;
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return { [ARRAY]: value.constructor.name, base64: bytes.toString("base64") };
}

function revive(_key: string, value: unknown): unknown {
  if (typeof value === "string" && value.startsWith(NUL))
    return value.startsWith(NUL + NUL) ? value.slice(1) : Number(value.slice(1));
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, ARRAY)) return value;
  const { [ARRAY]: name, base64 } = value as { readonly [ARRAY]: ArrayName; readonly base64: string };
  if (!Object.hasOwn(arrays, name)) throw new TypeError("no such array");
  // Copied to where any type may lie.
  return new arrays[name](new Uint8Array(Buffer.from(base64, "base64")).buffer);
}

export function toWire(message: object): Buffer {
  return deflateRawSync(JSON.stringify(message, replace), { level: LEVEL });
}

/** Throws an Error for bytes that are none, or that grow beyond `mostBytes`. */
export function fromWire(bytes: Uint8Array, mostBytes: number): unknown {
  return JSON.parse(inflateRawSync(bytes, { maxOutputLength: mostBytes }).toString("utf8"), revive);
}
