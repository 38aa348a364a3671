/**
 * A model's input and output, in shared memory of the server's making. As Missile's library for clients does it: the input is
 * brought once, before the first inference, and the output fetched once, after the last.
 */
import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { MissileError } from "../core/error.ts";
import { Prng } from "../core/prng.ts";
import { reasonOf } from "../presets/index.ts";
import type { Service } from "./service.ts";

/** Where shm_open keeps what it makes. */
const SHARED_MEMORY = "/dev/shm";
const CHUNK_BYTES = 1 << 20;
const WORD_BYTES = 4;

interface Blob {
  readonly key: string;
  readonly sizeBytes: number;
  readonly fd: number;
}

/** Throws MissileError "noBlob". A key that is no plain name is not followed, whoever the server is. */
function open(key: string, sizeBytes: number): Blob {
  if (!/^[\w.-]+$/.test(key) || key === "." || key === "..") {
    throw new MissileError(
      `the server names a blob "${key}", which is no name in ${SHARED_MEMORY}`,
      "noBlob",
    );
  }
  const path = join(SHARED_MEMORY, key);
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
  } catch (cause) {
    const advice = "--blobs works on the server's machine and as its user alone";
    throw new MissileError(`${path}: cannot be opened (${reasonOf(cause)}); ${advice}`, "noBlob");
  }
  if (fstatSync(fd).size >= sizeBytes) return { key, sizeBytes, fd };
  closeSync(fd);
  throw new MissileError(`${path}: is shorter than the ${sizeBytes} bytes that the server says`, "noBlob");
}

/** Calls with each chunk's place and size. */
function inChunks(sizeBytes: number, each: (offset: number, size: number) => void): void {
  for (let offset = 0; offset < sizeBytes; offset += CHUNK_BYTES) {
    each(offset, Math.min(CHUNK_BYTES, sizeBytes - offset));
  }
}

/** The same bytes for the same seed. */
function fill({ fd, sizeBytes }: Blob, seed: number): void {
  const random = new Prng(seed, "data");
  const chunk = new Uint32Array(CHUNK_BYTES / WORD_BYTES);
  inChunks(sizeBytes, (offset, size) => {
    for (let word = 0; word * WORD_BYTES < size; word++) chunk[word] = random.nextUint32();
    writeSync(fd, new Uint8Array(chunk.buffer, 0, size), 0, size, offset);
  });
}

function read({ fd, sizeBytes }: Blob): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  inChunks(sizeBytes, (offset, size) => readSync(fd, bytes, offset, size, offset));
  return bytes;
}

export class Blobs {
  private readonly service: Service;
  private readonly data: Blob;
  private readonly output: Blob;

  private constructor(service: Service, data: Blob, output: Blob) {
    this.service = service;
    this.data = data;
    this.output = output;
  }

  /** Rejects with MissileError. */
  static async register(service: Service, mid: number): Promise<Blobs> {
    const blobs: Blob[] = [];
    try {
      for (const name of ["data", "output"]) {
        const { key, size } = await service.registerBlob(mid, name);
        blobs.push(open(key, size));
      }
    } catch (cause) {
      for (const { fd } of blobs) closeSync(fd);
      throw cause;
    }
    const [data, output] = blobs as [Blob, Blob];
    return new Blobs(service, data, output);
  }

  /** Brings an input. Returns its bytes' count. */
  async bringInput(seed: number): Promise<number> {
    fill(this.data, seed);
    await this.service.setBlob(this.data.key);
    return this.data.sizeBytes;
  }

  async fetchOutput(): Promise<Uint8Array> {
    await this.service.getBlob(this.output.key);
    return read(this.output);
  }

  close(): void {
    for (const { fd } of [this.data, this.output]) closeSync(fd);
  }
}
