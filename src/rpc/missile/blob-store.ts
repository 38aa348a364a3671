/**
 * Inputs and outputs of models in POSIX shared memory, where clients write and read them: "<mid>_<name>" under /dev/shm, as shm_open
 * makes it. Each has beside it what the server has of it, which SetBlob and GetBlob copy to and from: of an input what inferences get that are
 * still to come, of an output what the last one has computed.
 */
import { constants, unlinkSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { MissileError } from "../../core/error.ts";
import { BlobRegister, removeLeftovers } from "./blob-register.ts";

/** Where shm_open keeps what it makes. */
export const SHARED_MEMORY = "/dev/shm";

/** How a blob's bytes are made: all of them at once, so that a client that maps them never meets a full disk. */
type Allocate = (file: FileHandle, sizeBytes: number) => Promise<void>;

/** Of all blobs together. Too large: clients can fill the memory that all processes share. */
const MAX_BYTES = 2 ** 31;

const ZEROS = Buffer.alloc(1 << 20);

const allocateZeros: Allocate = async (file, sizeBytes) => {
  for (let at = 0; at < sizeBytes; at += ZEROS.length)
    await file.write(ZEROS, 0, Math.min(ZEROS.length, sizeBytes - at), at);
};

export interface BlobStoreOptions {
  readonly directory?: string;
  readonly allocate?: Allocate;
}

export class Blob {
  readonly key: string;
  readonly sizeBytes: number;
  private readonly file: FileHandle;
  private device: Uint8Array;

  constructor(key: string, sizeBytes: number, file: FileHandle) {
    this.key = key;
    this.sizeBytes = sizeBytes;
    this.file = file;
    this.device = new Uint8Array(sizeBytes);
  }

  /**
   * From shared memory to the device: in memory that threads share, which does not change any more. A client that has cut it short gives zeros
   * for the rest. Rejects with MissileError "blobLost".
   */
  async toDevice(): Promise<Uint8Array> {
    const bytes = new Uint8Array(new SharedArrayBuffer(this.sizeBytes));
    await this.checked(this.file.read(bytes, 0, this.sizeBytes, 0));
    this.device = bytes;
    return bytes;
  }

  /** What the device has computed. Throws MissileError "badOutput" where it is of another size. */
  computed(bytes: Uint8Array): void {
    if (bytes.length !== this.sizeBytes) {
      const message = `blob ${this.key} has ${this.sizeBytes} bytes, and the network's output ${bytes.length}`;
      throw new MissileError(message, "badOutput");
    }
    this.device = bytes;
  }

  /** The reverse. Rejects with MissileError "blobLost". */
  async fromDevice(): Promise<void> {
    await this.checked(this.file.write(this.device, 0, this.sizeBytes, 0));
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private async checked<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (cause) {
      throw new MissileError(`blob ${this.key} cannot be copied: ${(cause as Error).message}`, "blobLost");
    }
  }
}

export class BlobStore {
  private readonly directory: string;
  private readonly allocate: Allocate;
  private readonly register: BlobRegister;
  private readonly blobs = new Map<string, Blob>();
  /** Of those that there are and those that are being made. */
  private bytes = 0;

  /** Removes what dead servers have left. */
  constructor({ directory = SHARED_MEMORY, allocate = allocateZeros }: BlobStoreOptions = {}) {
    this.directory = directory;
    this.allocate = allocate;
    this.register = new BlobRegister(directory);
    removeLeftovers(directory);
  }

  get size(): number {
    return this.blobs.size;
  }

  /**
   * Makes shared memory that is nobody's yet and this user's alone. Rejects with MissileError "noSharedMemory", or "overLimit" where there is
   * too much of it.
   */
  async make(mid: number, name: string, sizeBytes: number): Promise<Blob> {
    const key = `${mid}_${name}`;
    const path = join(this.directory, key);
    if (this.bytes + sizeBytes > MAX_BYTES)
      throw new MissileError(`clients have ${MAX_BYTES} bytes of shared memory at most`, "overLimit");
    this.bytes += sizeBytes;
    const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants;
    let file: FileHandle | null = null;
    try {
      this.register.add(key);
      file = await open(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR, 0o600);
      await this.allocate(file, sizeBytes);
    } catch (cause) {
      this.bytes -= sizeBytes;
      if (file !== null) {
        this.unlink(key);
        await file.close();
      }
      const why = (cause as Error).message;
      throw new MissileError(`no shared memory of ${sizeBytes} bytes as ${path}: ${why}`, "noSharedMemory");
    }
    const blob = new Blob(key, sizeBytes, file);
    this.blobs.set(key, blob);
    return blob;
  }

  /** Its name is free at once; who has it mapped keeps what is there. */
  async remove(blob: Blob): Promise<void> {
    if (!this.blobs.delete(blob.key)) return;
    this.bytes -= blob.sizeBytes;
    this.unlink(blob.key);
    this.clearRegister();
    await blob.close();
  }

  /** For a process that ends: removes all names. One that is being made is left to the next server. */
  removeAll(): void {
    for (const blob of this.blobs.values()) {
      this.bytes -= blob.sizeBytes;
      this.unlink(blob.key);
      void blob.close();
    }
    this.blobs.clear();
    this.clearRegister();
  }

  /** Once there is nothing to be found in it, nor about to be. */
  private clearRegister(): void {
    if (this.bytes === 0) this.register.clear();
  }

  private unlink(key: string): void {
    try {
      unlinkSync(join(this.directory, key));
    } catch {
      // A client has removed it, or put something else in its place: that is the client's.
    }
  }
}
