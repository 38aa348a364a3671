/** Memory that one tensor, or the pieces of one concatenation, lie in. Storages are made of them once all lifetimes are known. */
import type { StorageUse } from "../core/program.ts";
import type { Tensor } from "../models/graph.ts";
import type { Layout } from "./layout.ts";
import type { Precision } from "./plan.ts";

/** Where views begin: the granule of coloured memory (cpp/memory_view.h). */
export const GRANULE_BYTES = 1024;

/** In the order of cpp/dnn/tensor.h's ElementType. */
export const STORED_TYPES = ["f32", "f16", "bf16", "i32"] as const;
export type StoredType = (typeof STORED_TYPES)[number];

export const typeNumber = (type: StoredType): number => STORED_TYPES.indexOf(type);
export const bytesOf = (type: StoredType): number => (type === "f32" || type === "i32" ? 4 : 2);
/** Elements in 16 bytes: what pixels and rows are padded to. */
export const vectorOf = (type: StoredType): number => 16 / bytesOf(type);

/** What activations and the weights of convolutions are stored as. */
export const ACTIVATION_TYPE: Readonly<Record<Precision, StoredType>> = {
  tf32: "f32",
  fp16: "f16",
  bf16: "bf16",
};

/** The last elements of every row of `to` elements: from `from` on they are nobody's. */
export interface RowPadding {
  readonly from: number;
  readonly to: number;
}

export interface Buffer {
  readonly name: string;
  readonly use: StorageUse;
  readonly type: StoredType;
  readonly elements: number;
  /** Of the input, output or counter storage; 0 elsewhere, until storages are laid out. */
  readonly firstByte: number;
  readonly padding: RowPadding | null;
  /** Whether a kernel has written something finite into the padding. */
  isClean: boolean;
  /** Whether all of it has been written: not while pieces of a concatenation are missing. */
  isWhole: boolean;
}

export interface Placement {
  readonly buffer: Buffer;
  readonly layout: Layout;
}

/** Elements that are not padding. */
export const ownElements = ({ elements, padding }: Buffer): number =>
  padding === null ? elements : (elements / padding.to) * padding.from;

export const sizeOf = (buffer: Buffer): number => buffer.elements * bytesOf(buffer.type);

export function storedType(tensor: Tensor, precision: Precision): StoredType {
  return tensor.type === "int32" ? "i32" : ACTIVATION_TYPE[precision];
}
