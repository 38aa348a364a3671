/**
 * The three resources of a GPU, each with a policy of its own; a row of policies/index.ts composes one of each.
 *
 * Policies are consulted by the scheduler, act only through what it hands them, and keep no clock.
 */
import type { ChannelSet } from "./channel-set.ts";
import type { Direction } from "./command.ts";
import type { DecisionLog } from "./decision-log.ts";
import type { TenantId } from "./ids.ts";
import type { Copy, Launch, Request } from "./request.ts";
import type { SmBook } from "./sm-book.ts";
import type { GpuSpec } from "./spec.ts";
import type { Tenant } from "./tenant.ts";

/** What a policy may look at. */
export interface PolicyContext {
  readonly gpu: GpuSpec;
  /** TPCs of the GPU. */
  readonly tpcs: number;
  readonly tenants: ReadonlyMap<TenantId, Tenant>;
  /** LS requests between admission and the end of their execution. */
  readonly lsActive: () => number;
  /** Whether BE runs beside LS, by the plan of the row's SM policy. */
  readonly besideBe: () => boolean;
  readonly cfsPeriodPackets: () => number;
  readonly beChannelShare: () => number;
  /** The VRAM policy of the same row: what it allows decides how many SMs a memory-bound kernel may use. */
  readonly vram: () => VramPolicy;
  readonly log: DecisionLog;
}

/** Who runs on which TPCs. */
export interface SmPolicy {
  /** Whether requests that can no longer meet their SLO are rejected instead of started. */
  readonly rejectsHopeless: boolean;
  /** How many kernels from `firstKernel` on the next launch of the request takes: the policy decides again after them. */
  span(request: Request, firstKernel: number): number;
  /** The request was admitted; its first launch follows once its input has arrived. */
  expect(request: Request): void;
  /** The launch waits for TPCs; what is left of an evicted one comes back as another. */
  enqueue(launch: Launch): void;
  /** No further launch of this request will come. */
  forget(request: Request): void;
  /** Works out who may hold what. Called after every event that may change it: not when TPCs are merely left. */
  plan(book: SmBook): void;
  /** Whether BE will run beside LS, as planned: memory is placed accordingly before anything is ordered. */
  readonly besideBe: boolean;
  /** Starts, extends and shrinks launches through the book, as planned: what is to be ordered before LS's copies. */
  schedule(book: SmBook): void;
  /** The same for all else. */
  fill(book: SmBook, nowNs: number): void;
}

/** Whose bytes cross PCIe next. The two directions are separate. */
export interface CopyPolicy {
  enqueue(copy: Copy): void;
  /** The copy whose chunk goes next. Asked only while one waits. */
  pickNext(direction: Direction): Copy;
  /** Bytes of it that go in one piece. */
  chunkBytes(copy: Copy): number;
  /** `sizeBytes` of the copy, the one picked last, were handed to the engine. */
  charge(copy: Copy, sizeBytes: number): void;
  /** The rest of the copy will not be needed. */
  withdraw(copy: Copy): void;
  /** What one period gives the tenant, who has a copy waiting, among those who wait; 0 where there are no periods. */
  sliceBytes(tenant: Tenant, direction: Direction): number;
  /** Bytes / nice of the tenant beyond the least of the backlogged; 0 where there is no virtual time. */
  vruntimeLead(tenant: Tenant, direction: Direction): number;
}

/** Whose memory lies in which channels. */
export interface VramPolicy {
  /** How often memory exists: once for each place that channelsOf chooses between while one split stands. */
  readonly copies: number;
  /** Channels for the tenant's memory as things stand: asked for each whenever tenants, LS activity or the plan change. */
  channelsOf(tenant: Tenant): ChannelSet;
  /** Share of the channels that BE memory is confined to while LS is active, 0..1; 1: it is not confined. */
  beShare(): number;
}

export interface PolicyRow {
  readonly summary: string;
  readonly sm: (context: PolicyContext) => SmPolicy;
  readonly copy: (context: PolicyContext) => CopyPolicy;
  readonly vram: (context: PolicyContext) => VramPolicy;
}
