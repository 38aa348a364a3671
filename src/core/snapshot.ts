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

/**
 * Requests by latency: counts[i] took at most LATENCY_EDGES_MS[i] and more than the edge before; one behind the last edge, more than all
 * of them. Zeros at the end are left out.
 */
export interface LatencyCounts {
  readonly counts: readonly number[];
  readonly sumMs: number;
}

/**
 * Where the latency of completed requests went: mean ms of each part. They sum to the mean latency.
 *
 * queue: behind earlier requests of its own tenant. execution: what the work takes alone on the whole GPU; what it took longer is sharing.
 */
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
  /** VRAM that it occupies now: every copy of its parameters, input and output. */
  readonly vramUsedKiB: number;
  readonly smRequestPercent: number;
  readonly smLimitPercent: number;
  readonly sloMs: number | null;
  readonly loadOn: boolean;
  readonly load: string;
  /** Address of the client outside that brought it; absent: the operator did. */
  readonly client?: string | undefined;
  /** A request alone on the whole GPU: input, kernels and output one after another. */
  readonly aloneMs: number;
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
  /** Of the completed requests since the statistics began. */
  readonly latencyBuckets: LatencyCounts;
  /** Input copies over the last ten seconds, each from its being queued to its last byte: those under the settings that stand now. */
  readonly recentCopyInMs: LatencySummary;
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
  /** TPCs from which it was told to go since the last snapshot, as the words of a bit set. */
  readonly evictedTpcs: readonly [number, number, number];
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
  /** Where its p99 goes: mean parts of the slowest hundredth of the requests of the last ten seconds. NaN without any. */
  readonly recentTailMs: Blame;
}

export interface CopyQueueSnapshot {
  readonly tenant: number;
  readonly backlogBytes: number;
  /** Bytes / nice beyond the direction's running minimum; 0 under a policy without virtual time. */
  readonly vruntimeLead: number;
  /** What one period gives it among those who wait now; 0 while nothing of it waits, and under a policy without periods. */
  readonly sliceBytes: number;
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
  /** Of that bandwidth, what each class used: both above 0 is a conflict. */
  readonly gBsByClass: { readonly [C in TenantClass]: number };
  /** Tenant with most of it; -1: nobody. */
  readonly topTenant: number;
}

/** What delayed a request: requests before it; TPCs or channels that others used; or copies of others, in either direction. */
export type ContendedResource = "queue" | "SMs" | "PCIe in" | "PCIe out" | "VRAM";

/** Who delayed a request, on which resource, for how long. */
export interface Delay {
  /** -1: its own tenant. */
  readonly by: number;
  readonly byName: string;
  readonly resource: ContendedResource;
  readonly ms: number;
}

/** What a request did from one moment to another. */
export interface RequestPhase {
  readonly part: keyof Blame;
  readonly fromNs: number;
  readonly untilNs: number;
}

export interface SlowRequest {
  readonly id: number;
  readonly arrivedNs: number;
  readonly latencyMs: number;
  /** From its arrival to its end without a gap. Of many short phases, neighbours are folded together: their sums hold, their order does not. */
  readonly phases: readonly RequestPhase[];
  /** The longest first, but for those that hardly count. What nobody is to blame for is not among them. */
  readonly delays: readonly Delay[];
}

/** What is shown of one tenant alone. */
export interface TenantDetail {
  readonly tenant: number;
  /** Latencies of the last ten seconds: counts[i] requests between edgesMs[i] and edgesMs[i + 1], equal steps of a logarithm. */
  readonly histogram: { readonly edgesMs: readonly number[]; readonly counts: readonly number[] };
  /** The ten slowest of the last minute, the slowest first. */
  readonly slowest: readonly SlowRequest[];
}

export interface DecisionEntry {
  readonly atNs: number;
  /** Rises with every decision; a repeated one takes its entry along to the end of the log. */
  readonly sequence: number;
  readonly tenant: number;
  /** Whether an operator, a client outside, the scheduler or the device was its cause. */
  readonly by: "operator" | "client" | "scheduler" | "device";
  /** Which operator or client; absent: there is but one, or it is nobody's act. */
  readonly who?: string;
  readonly text: string;
}

/** A moment that the operator marked. */
export interface Mark {
  readonly atNs: number;
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
  /** The latest ones, oldest first. */
  readonly marks: readonly Mark[];
  /** While the device is out of order, and nothing runs. */
  readonly failure: DeviceFailure | null;
}
