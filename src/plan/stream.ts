/**
 * Where parameters lie. Where all fit: one behind the other in the order of first use, and there they stay. Else a prefix of them stays, and
 * the rest comes at every request, kernel by kernel, through a window behind the prefix that is used round and round.
 */
import { MissileError } from "../core/error.ts";
import type { Buffer } from "./buffer.ts";
import { sizeOf } from "./buffer.ts";
import { roundUp } from "./layout.ts";
import type { Task } from "./placer.ts";

/** A parameter at a place, from the moment that it has come. */
export interface Piece {
  readonly buffer: Buffer;
  readonly firstByte: number;
  readonly sizeBytes: number;
  /** The first kernel that reads it there, and the last. */
  readonly firstKernel: number;
  lastKernel: number;
  readonly isResident: boolean;
}

export interface Stream {
  readonly pieces: readonly Piece[];
  readonly sizeBytes: number;
  /** The piece in which the kernel finds the parameter. */
  readonly find: (kernel: number, buffer: Buffer) => Piece;
}

const parametersOf = (task: Task): Buffer[] => [
  ...new Set(Object.values(task.reads).filter(({ use }) => use === "parameters")),
];

const granules = (buffer: Buffer, granuleBytes: number): number => roundUp(sizeOf(buffer), granuleBytes);

/** Kernels' parameters in all, each once. */
export function parameterBytes(tasks: readonly Task[], granuleBytes: number): number {
  const all = new Set(tasks.flatMap(parametersOf));
  return [...all].reduce((sum, buffer) => sum + granules(buffer, granuleBytes), 0);
}

/** Throws MissileError("reservationTooSmall") where the parameters of one kernel are more. */
export function placeParameters(
  network: string,
  tasks: readonly Task[],
  reservedBytes: number,
  granuleBytes: number,
): Stream {
  const bundles = tasks.map((task) => parametersOf(task));
  const bytesOfBundle = (bundle: readonly Buffer[]): number =>
    bundle.reduce((sum, buffer) => sum + granules(buffer, granuleBytes), 0);
  const allBytes = parameterBytes(tasks, granuleBytes);
  const largest = Math.max(0, ...bundles.map(bytesOfBundle));
  const sizeBytes = Math.min(allBytes, Math.floor(reservedBytes / granuleBytes) * granuleBytes);
  if (largest > sizeBytes)
    throw new MissileError(
      `${network}: one kernel reads ${Math.ceil(largest / 1024)} KiB of parameters and ${Math.floor(reservedBytes / 1024)} KiB are reserved; reserve at least ${Math.ceil(largest / 1024)} KiB`,
      "reservationTooSmall",
    );
  // What a kernel reads, and meanwhile that of the next one comes.
  const sizes = bundles.map(bytesOfBundle).filter((bytes) => bytes > 0);
  const pairs = sizes.map((bytes, index) => bytes + (sizes[index + 1] ?? 0));
  const windowBytes = sizeBytes === allBytes ? 0 : Math.min(sizeBytes, Math.max(0, ...pairs));
  return new Placement(bundles, sizeBytes, sizeBytes - windowBytes, granuleBytes);
}

class Placement implements Stream {
  readonly pieces: Piece[] = [];
  readonly sizeBytes: number;
  readonly #granuleBytes: number;
  readonly #found = new Map<Buffer, Piece>();
  readonly #byKernel: Map<Buffer, Piece>[];

  constructor(
    bundles: readonly (readonly Buffer[])[],
    sizeBytes: number,
    residentBytes: number,
    granuleBytes: number,
  ) {
    this.sizeBytes = sizeBytes;
    this.#granuleBytes = granuleBytes;
    const isAll = residentBytes === sizeBytes;
    let end = 0;
    let isStreaming = false;
    let at = residentBytes;
    this.#byKernel = bundles.map((bundle, kernel) => {
      const missing = bundle.filter((buffer) => this.#found.get(buffer)?.isResident !== true);
      const bytes = missing.reduce((sum, buffer) => sum + granules(buffer, granuleBytes), 0);
      isStreaming ||= !isAll && end + bytes > residentBytes;
      if (isStreaming && at + bytes > sizeBytes) at = residentBytes;
      for (const buffer of missing) {
        const piece = this.#add(buffer, isStreaming ? at : end, kernel, !isStreaming);
        if (isStreaming) at += piece.sizeBytes;
        else end += piece.sizeBytes;
      }
      return new Map(bundle.map((buffer) => [buffer, this.#read(buffer, kernel)]));
    });
  }

  find = (kernel: number, buffer: Buffer): Piece => this.#byKernel[kernel]?.get(buffer) as Piece;

  #add(buffer: Buffer, firstByte: number, kernel: number, isResident: boolean): Piece {
    const sizeBytes = granules(buffer, this.#granuleBytes);
    const piece = { buffer, firstByte, sizeBytes, firstKernel: kernel, lastKernel: kernel, isResident };
    this.pieces.push(piece);
    this.#found.set(buffer, piece);
    return piece;
  }

  #read(buffer: Buffer, kernel: number): Piece {
    const piece = this.#found.get(buffer) as Piece;
    piece.lastKernel = kernel;
    return piece;
  }
}
