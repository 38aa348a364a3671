/** What comes into a program and goes out of it: tensors by name, and the bytes of its input and output storages. */
import { MissileError } from "../core/error.ts";
import { Prng } from "../core/prng.ts";
import type { Program, ProgramPiece, ProgramPort } from "../core/program.ts";

const KIB = 1024;
const SEED = 1;
/** Uniform numbers of mean square 1 lie between this and its negative. */
const UNIT_DEVIATION = Math.sqrt(3);
const MOST_ID = 100;

/** Row-major contents, by the names of ports. */
export type PortValues = ReadonlyMap<string, Float32Array | Int32Array>;

const wholeKib = (sizeBytes: number): number => Math.ceil(sizeBytes / KIB) * KIB;

const elementsOf = (port: ProgramPort): number => port.shape.reduce((product, extent) => product * extent, 1);

const sizeOf = (port: ProgramPort): number => elementsOf(port) * Float32Array.BYTES_PER_ELEMENT;

export const storageBytes = (program: Program, use: "input" | "output"): number =>
  program.storages.find((storage) => storage.use === use)?.sizeBytes ?? 0;

/** Of the stream in which copies bring the parameters: each piece takes whole KiB. */
export const streamBytes = (program: Program): number =>
  program.pieces.reduce((sum, { sizeBytes }) => sum + wholeKib(sizeBytes), 0);

/** The pieces with where they begin in that stream. */
export function piecesOfStream({ pieces }: Program): (ProgramPiece & { readonly streamByte: number })[] {
  let end = 0;
  return pieces.map((piece) => {
    const streamByte = end;
    end += wholeKib(piece.sizeBytes);
    return { ...piece, streamByte };
  });
}

/** An input storage that is made up: noise of mean square 1, and small numbers for whatever chooses from a table. The same for a program always. */
export function anyInput(program: Program): Uint8Array {
  const bytes = new Uint8Array(storageBytes(program, "input"));
  const random = new Prng(SEED, "input");
  for (const { type, firstByte, shape } of program.inputs) {
    const elements = shape.reduce((product, extent) => product * extent, 1);
    const Values = type === "float32" ? Float32Array : Int32Array;
    const values = new Values(bytes.buffer, firstByte, elements);
    for (let at = 0; at < elements; at++) {
      values[at] =
        type === "float32"
          ? UNIT_DEVIATION * (2 * random.nextUnit() - 1)
          : Math.floor(MOST_ID * random.nextUnit());
    }
  }
  return bytes;
}

/** Of tensors one behind the other. */
export const portBytes = (ports: readonly ProgramPort[]): number =>
  ports.reduce((sum, port) => sum + sizeOf(port), 0);

/**
 * The input storage of inputs that lie one behind the other, as clients bring them; the same bytes where that is how they lie anyway. There are
 * portBytes of them.
 */
export function inputStorage(program: Program, packed: Uint8Array): Uint8Array {
  const sizeBytes = storageBytes(program, "input");
  if (program.inputs.length === 1 && packed.length === sizeBytes) return packed;
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (const port of program.inputs) {
    bytes.set(packed.subarray(at, at + sizeOf(port)), port.firstByte);
    at += sizeOf(port);
  }
  return bytes;
}

/** The outputs in an output storage, one behind the other, as clients fetch them. A single one stays where it lies. */
export function packedOutputs({ outputs }: Program, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const parts = outputs.map((port) => bytes.subarray(port.firstByte, port.firstByte + sizeOf(port)));
  if (parts.length === 1) return parts[0]!;
  const packed = new Uint8Array(portBytes(outputs));
  let at = 0;
  for (const part of parts) {
    packed.set(part, at);
    at += part.length;
  }
  return packed;
}

/** The input storage. Throws MissileError "badInput" where a port has no values, as many as it has no elements, or those of another type. */
export function inputBytes(program: Program, values: PortValues): Uint8Array {
  const bytes = new Uint8Array(storageBytes(program, "input"));
  for (const port of program.inputs) {
    const given = values.get(port.name);
    const named = `input ${port.name}, ${port.type} [${port.shape.join(", ")}]`;
    if (given === undefined)
      throw new MissileError(
        `${named}, is missing; there is ${[...values.keys()].join(", ") || "none"}`,
        "badInput",
      );
    if (given instanceof Float32Array !== (port.type === "float32"))
      throw new MissileError(`${named}: the values given are of another type`, "badInput");
    if (given.length !== elementsOf(port))
      throw new MissileError(
        `${named}, has ${elementsOf(port)} elements; ${given.length} were given`,
        "badInput",
      );
    bytes.set(new Uint8Array(given.buffer, given.byteOffset, given.byteLength), port.firstByte);
  }
  return bytes;
}

/** The ports' values in the output storage. */
export function outputValues(program: Program, bytes: Uint8Array): PortValues {
  return new Map(
    program.outputs.map((port) => {
      const { buffer } = new Uint8Array(bytes.subarray(port.firstByte, port.firstByte + sizeOf(port)));
      return [port.name, port.type === "float32" ? new Float32Array(buffer) : new Int32Array(buffer)];
    }),
  );
}
