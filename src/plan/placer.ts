/** Where tensors lie while works become kernels, and the kernels so far. */
import { MissileError } from "../core/error.ts";
import type { ProgramArgument } from "../core/program.ts";
import type { Shape, Tensor } from "../models/graph.ts";
import { elementCount } from "../models/graph.ts";
import type { Buffer, Placement, RowPadding, StoredType } from "./buffer.ts";
import {
  ACTIVATION_TYPE,
  GRANULE_BYTES,
  ownElements,
  sizeOf,
  storedType,
  typeNumber,
  vectorOf,
} from "./buffer.ts";
import { channelsLast, roundUp, rowMajor } from "./layout.ts";
import type { Parameters } from "./parameters.ts";
import type { Precision } from "./plan.ts";
import type { Work } from "./work.ts";

export type Args = Record<string, ProgramArgument>;

/** A kernel while storages are not known. */
export interface Task {
  readonly kernel: string;
  readonly args: Args;
  readonly reads: Readonly<Record<string, Buffer>>;
  readonly writes: Readonly<Record<string, Buffer>>;
  readonly grid: number;
  readonly block: number;
  readonly sharedBytes: number;
  readonly flops: number;
  /** Activations requested of L2. */
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** Each byte of activations once. */
  readonly touchedBytes: number;
}

/** The kernels of a work. */
export interface TaskGroup {
  readonly name: string;
  readonly nodes: readonly string[];
  readonly tasks: Task[];
}

export class Placer {
  readonly precision: Precision;
  /** Of activations that are no integers, and the elements of 16 bytes of it. */
  readonly type: StoredType;
  readonly vector: number;
  readonly parameters: Parameters;
  readonly groups: TaskGroup[] = [];
  readonly #images: ReadonlySet<Tensor>;
  readonly #destinations: ReadonlyMap<Tensor, Placement>;
  readonly #placements = new Map<Tensor, Placement>();
  readonly #copies = new Map<Tensor, Placement[]>();
  #counterBytes = 0;

  constructor(
    precision: Precision,
    parameters: Parameters,
    images: ReadonlySet<Tensor>,
    destinations: ReadonlyMap<Tensor, Placement>,
  ) {
    this.precision = precision;
    this.type = ACTIVATION_TYPE[precision];
    this.vector = vectorOf(this.type);
    this.parameters = parameters;
    this.#images = images;
    this.#destinations = destinations;
  }

  /** Kernels from now on are this work's. */
  begin({ name, nodes }: Pick<Work, "name" | "nodes">): void {
    this.groups.push({ name, nodes, tasks: [] });
  }

  emit(task: Task): void {
    this.groups.at(-1)?.tasks.push(task);
  }

  /** Of the kernels so far. */
  get counterBytes(): number {
    return this.#counterBytes;
  }

  /** Words for one kernel. */
  counters(name: string, count: number): Buffer {
    const firstByte = this.#counterBytes;
    const buffer: Buffer = { ...activationBuffer(name, "i32", count), use: "counters", firstByte };
    this.#counterBytes += roundUp(sizeOf(buffer), GRANULE_BYTES);
    return buffer;
  }

  /** Constants become parameters in the type that activations have. */
  of(tensor: Tensor): Placement {
    const known = this.#placements.get(tensor);
    if (known !== undefined) return known;
    if (!this.parameters.has(tensor)) throw new Error(`${tensor.name} lies nowhere`);
    return this.constant(tensor, storedType(tensor, this.precision));
  }

  /** Constants of elementwise work stay FP32. */
  operand(tensor: Tensor): Placement {
    if (!this.parameters.has(tensor)) return this.of(tensor);
    return this.constant(tensor, tensor.type === "int32" ? "i32" : "f32");
  }

  constant(tensor: Tensor, type: StoredType): Placement {
    return { buffer: this.parameters.plain(tensor, type), layout: rowMajor(tensor.shape) };
  }

  place(tensor: Tensor, placement: Placement): Placement {
    this.#placements.set(tensor, placement);
    return placement;
  }

  /** Copies of it in other layouts. */
  copiesOf(tensor: Tensor): readonly Placement[] {
    return this.#copies.get(tensor) ?? [];
  }

  keepCopy(tensor: Tensor, copy: Placement): void {
    this.#copies.set(tensor, [...this.copiesOf(tensor), copy]);
  }

  destinationOf(tensor: Tensor): Placement | undefined {
    return this.#destinations.get(tensor);
  }

  /** Where the result goes: where it is wanted, if its kernel can write there, else into a buffer of its own. */
  result(tensor: Tensor, accepts: (wanted: Placement) => boolean = () => true): Placement {
    const wanted = this.#destinations.get(tensor);
    const fits = wanted?.buffer.type === storedType(tensor, this.precision) && accepts(wanted);
    if (!fits) return this.place(tensor, this.fresh(tensor));
    wanted.buffer.isWhole ||= elementCount(tensor.shape) === ownElements(wanted.buffer);
    return this.place(tensor, wanted);
  }

  /** A new buffer in the tensor's usual layout. */
  fresh(tensor: Tensor): Placement {
    const { name, shape } = tensor;
    return newPlacement(name, shape, storedType(tensor, this.precision), this.#images.has(tensor));
  }

  isImage(tensor: Tensor): boolean {
    return this.#images.has(tensor);
  }
}

/** Images channels-last, everything else row-major; pixels and rows padded. */
export function newPlacement(name: string, shape: Shape, type: StoredType, isImage: boolean): Placement {
  const channels = (isImage ? shape[1] : shape.at(-1)) ?? 1;
  const padded = roundUp(channels, vectorOf(type));
  const layout = isImage ? channelsLast(shape, padded) : rowMajor(shape, padded);
  const rows = elementCount(shape) / channels;
  const padding = padded === channels ? null : { from: channels, to: padded };
  return { buffer: activationBuffer(name, type, rows * padded, padding), layout };
}

export function activationBuffer(
  name: string,
  type: StoredType,
  elements: number,
  padding: RowPadding | null = null,
): Buffer {
  return {
    name,
    use: "activations",
    type,
    elements,
    firstByte: 0,
    padding,
    isClean: padding === null,
    isWhole: true,
  };
}

/** A kernel's Strided member. */
export function strided(name: string, type: StoredType, offset: number, strides: readonly number[]): Args {
  return {
    [`${name}.type`]: typeNumber(type),
    [`${name}.offset`]: offset,
    [`${name}.strides`]: [...strides],
  };
}

export function cannot(work: string, reason: string): MissileError {
  return new MissileError(`${work}: ${reason}`, "cannotPlan");
}
