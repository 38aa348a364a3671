/** When parameters may come that share their places with others. */
import type { Kernel, WeightStream } from "../core/kernel.ts";
import type { Program, ProgramPiece } from "../core/program.ts";
import { piecesOfStream } from "./program-ports.ts";

const overlap = (a: ProgramPiece, b: ProgramPiece): boolean =>
  a.firstByte < b.firstByte + b.sizeBytes && b.firstByte < a.firstByte + a.sizeBytes;

/** undefined: each parameter has a place of its own. */
export function weightStream(program: Program, kernels: readonly Kernel[]): WeightStream | undefined {
  const pieces = piecesOfStream(program);
  const overwritten = pieces.map((piece, index) =>
    pieces.slice(0, index).filter((other) => overlap(piece, other)),
  );
  const shared = new Set(
    overwritten.flatMap((others, index) => (others.length === 0 ? [] : [pieces[index]!, ...others])),
  );
  const first = pieces.find((piece) => shared.has(piece));
  if (first === undefined) return undefined;
  let end = 0;
  const weightEnds = kernels.map(({ weightBytes }) => (end += weightBytes));
  /** The last kernel that can read a piece: the one before that which first reads what overwrites it. */
  const readerOf = (piece: { readonly streamByte: number }): number =>
    weightEnds.findIndex((weightEnd) => weightEnd > piece.streamByte);
  // Whatever is streamed is read by the kernel for which it came, and by no later one.
  const mayComeAfter = overwritten.map((others) =>
    Math.max(0, ...others.map((other) => readerOf(other) + 1)),
  );
  const limits = Array.from({ length: kernels.length + 1 }, (_, done) => {
    const held = mayComeAfter.findIndex((kernelsDone) => kernelsDone > done);
    return held < 0 ? end : pieces[held]!.streamByte;
  });
  return { residentBytes: first.streamByte, limits };
}
