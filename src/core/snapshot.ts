/** What a screen, a report or a client sees of a run: plain data, cheap to copy between threads. */
import type { Direction } from "./command.ts";
import type { TenantClass } from "./spec.ts";

/** Latencies in ms. NaN where nothing completed. */
export interface LatencySummary {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  readonly mean: number;
}

/** Where the latency of completed requests went: mean ms of each part. They sum to the mean latency. */
export interface Blame {
  readonly queue: number;
  readonly smWait: number;
  readonly copyWait: number;
  readonly copy: number;
  readonly execution: number;
  readonly sharing: number;
}

export interface TenantSnapshot {
  readonly id: number;
  readonly name: string;
  readonly class: TenantClass;
  readonly model: string;
  readonly batch: number;
  readonly nice: number;
  readonly vramKiB: number;
  readonly weightKiB: number;
  readonly smRequestPercent: number;
  readonly smLimitPercent: number;
  readonly sloMs: number | null;
  readonly loadOn: boolean;
  readonly load: string;
  readonly leaving: boolean;
  readonly requests: {
    readonly arrived: number;
    readonly completed: number;
    readonly rejected: number;
    readonly aborted: number;
    /** Lost in a failure of the GPU that the tenant is blamed for. */
    readonly failed: number;
    readonly inFlight: number;
  };
  /** Over the whole run, and over the last ten seconds. */
  readonly latencyMs: LatencySummary;
  readonly recentLatencyMs: LatencySummary;
  /** Requests within SLO / all that ended, 0..1; null without an SLO or before the first. */
  readonly sloAttainment: number | null;
  readonly goodputPerS: number;
  readonly throughputPerS: number;
  /** TPCs held, averaged over the run and over the last ten seconds, as a share of the GPU, 0..1. */
  readonly smShare: number;
  readonly recentSmShare: number;
  /** Where it truly ran: TPCs that its thread blocks filled, measured, over the same times; 0..1. */
  readonly smRan: number;
  readonly recentSmRan: number;
  /** TPCs held now, as the words of a bit set. */
  readonly tpcs: readonly [number, number, number];
  /** How full it kept each TPC since the last snapshot, measured, 0..1. */
  readonly tpcRan: readonly number[];
  /** Of the time it ran: share of it with at least smRequest (asked against got), and the largest share ever held. */
  readonly smFloorHeld: number;
  readonly smPeakShare: number;
  /** Channels its memory lies in, as the words of a bit set. */
  readonly channels: readonly [number, number, number];
  readonly h2dBytes: number;
  readonly d2hBytes: number;
  readonly preemptions: number;
  /** From the order to leave TPCs to the moment they were free. */
  readonly preemptionDelayMs: LatencySummary;
  readonly blameMs: Blame;
}

export interface CopyQueueSnapshot {
  readonly tenant: number;
  readonly backlogBytes: number;
  /** Bytes / nice beyond the direction's running minimum; 0 under a policy without virtual time. */
  readonly vruntimeLead: number;
  /** Share of the direction that nice asks for among the backlogged, and share of bytes moved while it was backlogged. */
  readonly shareAsked: number;
  readonly shareGot: number;
  readonly gBs: number;
}

export interface ChannelSnapshot {
  /** Who may use it now. */
  readonly owner: TenantClass | "shared" | "free";
  /** Bandwidth since the last snapshot, and as a share of what one channel can do. */
  readonly gBs: number;
  readonly share: number;
  /** Tenant with most of it; -1: nobody. */
  readonly topTenant: number;
}

export interface DecisionEntry {
  readonly atNs: number;
  /** Rises with every decision; a repeated one takes its entry along to the end of the log. */
  readonly sequence: number;
  readonly tenant: number;
  /** Whether the operator, the scheduler or the device was its cause. */
  readonly by: "operator" | "scheduler" | "device";
  readonly text: string;
}

export interface DeviceFailure {
  /** Of a real GPU: the driver's call and its error. */
  readonly code: string;
  /** Name of the tenant whose launch it was; null: not known. */
  readonly tenant: string | null;
}

export const sayFailure = ({ code, tenant }: DeviceFailure): string =>
  `the GPU failed: ${code}${tenant === null ? "" : ` (${tenant}'s launch)`}`;

export interface Snapshot {
  readonly atNs: number;
  readonly gpu: string;
  readonly sms: number;
  readonly tpcs: number;
  readonly policy: string;
  readonly cfsPeriodPackets: number;
  readonly beChannelShare: number;
  readonly events: number;
  readonly decisions: number;
  readonly tenants: readonly TenantSnapshot[];
  readonly smShare: { readonly LS: number; readonly BE: number };
  readonly channels: readonly ChannelSnapshot[];
  readonly copies: { readonly [D in Direction]: readonly CopyQueueSnapshot[] };
  readonly log: readonly DecisionEntry[];
  /** While the device is out of order, and nothing runs. */
  readonly failure: DeviceFailure | null;
}
