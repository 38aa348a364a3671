/**
 * A network as a GPU executes it: storages, and kernels with their arguments. Arguments are named as in cpp/dnn; a device lays them out.
 */

/** What activations and weights are stored as: tf32 is FP32 in memory and TF32 in tensor cores. */
export const PRECISIONS = ["tf32", "fp16", "bf16"] as const;
export type Precision = (typeof PRECISIONS)[number];

/** counters: words by which blocks of a kernel find out how many have come, zero at first. */
export type StorageUse = "parameters" | "activations" | "input" | "output" | "counters";

/** Memory of a tenant that kernels work on. */
export interface ProgramStorage {
  readonly name: string;
  readonly use: StorageUse;
  readonly sizeBytes: number;
  /** Whether it may lie in VRAM channels of the tenant's class. What copies go to or come from and kernels write must not. */
  readonly coloured: boolean;
}

/**
 * How a kernel uses a view. "write": it begins new contents of the storage. "update": it writes and what else the storage holds is
 * kept (a slice of a concatenation).
 */
export type ViewAccess = "read" | "write" | "update";

export interface ProgramView {
  /** Index in the program's storages. */
  readonly storage: number;
  /** A multiple of 1024. */
  readonly firstByte: number;
  readonly sizeBytes: number;
  readonly access: ViewAccess;
}

export type ProgramArgument = number | readonly number[];

export interface ProgramKernel {
  /** Of cpp/dnn's table, without a variant's suffix. */
  readonly name: string;
  /** By the names of its struct's members; those that are left out are 0. A member's member: "operandAt[1].strides". */
  readonly args: Readonly<Record<string, ProgramArgument>>;
  readonly views: Readonly<Record<string, ProgramView>>;
  /** Logical thread blocks, threads of one, and bytes of dynamic shared memory of one. */
  readonly grid: number;
  readonly block: number;
  readonly sharedBytes: number;
}

/** Where parameters come from: bytes of a file, to be found in the parameter storage. */
export interface ProgramPiece {
  readonly fileOffset: number;
  readonly firstByte: number;
  readonly sizeBytes: number;
  /** FP32 that a GPU is given rounded to TF32, since its tensor cores would cut it off. */
  readonly isTf32: boolean;
}

/** A tensor of a request that comes from outside or goes there: row-major, images NCHW. */
export interface ProgramPort {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: "float32" | "int32";
  /** Of the input or output storage. */
  readonly firstByte: number;
}

export interface Program {
  readonly inputs: readonly ProgramPort[];
  readonly outputs: readonly ProgramPort[];
  /** Exactly one storage has each of the uses parameters, input, output. */
  readonly storages: readonly ProgramStorage[];
  readonly kernels: readonly ProgramKernel[];
  /** An absolute path; "" where there are no pieces. */
  readonly weightsFile: string;
  /**
   * In the order in which kernels first read them, and in which copies bring them: as a stream in which each takes whole KiB. A network's
   * kernel reads what the sum of the kernels' weightBytes up to it has brought. One that was overwritten comes again.
   */
  readonly pieces: readonly ProgramPiece[];
}
