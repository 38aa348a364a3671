/** What a shadow run is asked for, and what it has found: the run as it was beside the run as it would have been. */
import type { TenantClass } from "../core/spec.ts";

/** What decides a run beside its tenants and their arrivals. */
export interface RunSettings {
  readonly policy: string;
  readonly cfsPeriodPackets: number;
  readonly beChannelShare: number;
}

export interface ShadowOptions extends RunSettings {
  /** Requests that came from here until now are run again. */
  readonly sinceNs: number;
}

/** Requests that arrived in the window and ended in it. Latencies in ms, of those that completed; NaN where none did. */
export interface ShadowFigures {
  readonly completed: number;
  /** Rejected, aborted or failed. */
  readonly lost: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** 0..1 of those that ended while there was an SLO; null: none did. */
  readonly sloAttainment: number | null;
  readonly throughputPerS: number;
  /** Latencies at 0, 0.5, ... 100 % of the completed requests: 201 of them, or none. */
  readonly quantilesMs: Float64Array;
}

export interface ComparedFigures {
  readonly actual: ShadowFigures;
  readonly shadow: ShadowFigures;
}

export interface ComparedTenant extends ComparedFigures {
  readonly id: number;
  readonly name: string;
  readonly class: TenantClass;
  readonly sloMs: number | null;
}

export interface ShadowComparison {
  /** The window that was compared: from later than asked for where records do not go back so far. */
  readonly fromNs: number;
  readonly untilNs: number;
  readonly actual: RunSettings;
  readonly shadow: RunSettings;
  /** The simulated GPU: the run's own, or for a real one a simulation with its figures. */
  readonly gpu: string;
  /** The run that it is compared with was on a real GPU. */
  readonly actualIsReal: boolean;
  /**
   * Acts of the operator within the window. The shadow has the tenants as they are set now; each comes when it truly came, and
   * those that have left are in neither column.
   */
  readonly changes: number;
  readonly tenants: readonly ComparedTenant[];
  /** All requests of a class together; null where it has no tenant. */
  readonly classes: Readonly<Record<TenantClass, ComparedFigures | null>>;
}

/** Latencies in `quantilesMs` lie this share of the requests apart. */
export const QUANTILE_STEP = 0.005;
