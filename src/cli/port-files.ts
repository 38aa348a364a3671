/** What goes into a network and comes out of it, as files of tensors: see src/plan/safetensors.ts. */
import { MissileError } from "../core/error.ts";
import { Prng } from "../core/prng.ts";
import type { ProgramPort } from "../core/program.ts";
import type { PortValues } from "../native/index.ts";
import { readSafetensors, type StoredTensor, writeSafetensors } from "../plan/safetensors.ts";

/** Token ids and masks are integers: small ones are in every vocabulary. */
const MOST_RANDOM_INTEGER = 2;

const elementsOf = (port: ProgramPort): number => port.shape.reduce((product, extent) => product * extent, 1);

/** Values as a port of that type takes them; null: they are of another type. */
function valuesOf(
  { dtype, bytes }: StoredTensor,
  type: ProgramPort["type"],
): Float32Array | Int32Array | null {
  const { buffer } = bytes.slice();
  if (dtype === "F32" && type === "float32") return new Float32Array(buffer);
  if (type !== "int32") return null;
  if (dtype === "I32") return new Int32Array(buffer);
  if (dtype === "I64") return Int32Array.from(new BigInt64Array(buffer), Number);
  return dtype === "BOOL" || dtype === "U8" ? Int32Array.from(bytes) : null;
}

/** The ports' values from a file. Throws MissileError "badInput" that names file and port. */
export function readPortValues(path: string, ports: readonly ProgramPort[]): PortValues {
  const tensors = readSafetensors(path);
  return new Map(
    ports.map((port) => {
      const tensor = tensors.get(port.name);
      const named = `${path}: input ${port.name}, ${port.type} [${port.shape.join(", ")}]`;
      if (tensor === undefined)
        throw new MissileError(
          `${named}, is missing; there is ${[...tensors.keys()].join(", ")}`,
          "badInput",
        );
      const values = valuesOf(tensor, port.type);
      if (values === null || values.length !== elementsOf(port))
        throw new MissileError(
          `${named}, is ${tensor.dtype} [${tensor.shape.join(", ")}] in the file`,
          "badInput",
        );
      return [port.name, values];
    }),
  );
}

/** Numbers from -1 to 1 and integers 0 and 1, the same for the same seed. */
export function randomPortValues(seed: number, ports: readonly ProgramPort[]): PortValues {
  return new Map(
    ports.map((port) => {
      const random = new Prng(seed, port.name);
      const values =
        port.type === "float32" ? new Float32Array(elementsOf(port)) : new Int32Array(elementsOf(port));
      for (let i = 0; i < values.length; i++)
        values[i] =
          port.type === "float32"
            ? 2 * random.nextUnit() - 1
            : Math.floor(random.nextUnit() * MOST_RANDOM_INTEGER);
      return [port.name, values];
    }),
  );
}

/** Throws MissileError where the file cannot be written. */
export function writePortValues(path: string, ports: readonly ProgramPort[], values: PortValues): void {
  writeSafetensors(
    path,
    ports.map(({ name, shape, type }) => {
      const { buffer, byteOffset, byteLength } = values.get(name)!;
      const bytes = () => new Uint8Array(buffer, byteOffset, byteLength);
      return [name, { dtype: type === "float32" ? "F32" : "I32", shape, bytes }];
    }),
  );
}
