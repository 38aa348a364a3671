/** How the executor, the memory and the chip of a real GPU fare: what an operator watches and a simulation does not have. */
import type { TelemetryReading } from "../native/index.ts";

export interface Health {
  /** From a completion seen in memory to the driver call of the first order that answers it. */
  readonly decisions: {
    readonly count: number;
    readonly p50Ns: number;
    readonly p99Ns: number;
    readonly p999Ns: number;
  };
  readonly launches: number;
  readonly evictions: number;
  /** Green contexts made, and launches that began masked on a larger one because theirs was not ready. */
  readonly smPartitions: number;
  readonly maskedLaunches: number;
  readonly memory: MemoryHealth;
  /** null: the sensors have not been read, or cannot be. */
  readonly telemetry: TelemetryReading | null;
}

export interface MemoryHealth {
  readonly poolMiB: number;
  /** Why no memory is coloured; null: it is. */
  readonly uncolouredWhy: string | null;
  /** VRAM partitions that the probe has found, and BE's of them. */
  readonly partitions: number;
  readonly bePartitions: number;
  /** Moved because the split between LS and BE had changed. */
  readonly migratedBytes: number;
  /** A tenant whose memory stays uncoloured though it should not. */
  readonly shortage: { readonly tenant: number; readonly why: string } | null;
}
