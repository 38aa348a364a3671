/**
 * Everything that can happen to the scheduler. Names are past tense; `atNs` is the device's clock, which never goes back.
 * The operator's acts are events too, so a journal of events is the whole story of a run.
 */
import type { CopyId, LaunchId, RequestId, TenantId } from "./ids.ts";
import type { TenantChange, TenantSpec } from "./spec.ts";
import type { TpcSet } from "./tpc-set.ts";

type At<Kind extends string, Fields = unknown> = Readonly<{ kind: Kind; atNs: number } & Fields>;

/** What an operator did; `who`: which one, where there are several. */
type Done<Kind extends string, Fields = unknown> = At<Kind, Fields & { who?: string }>;

/** How a removed tenant's requests end: finished first, or dropped and counted as aborted. */
export type Farewell = "drain" | "abort";

/** Run-wide settings. cfsPeriodPackets: packets of 1 KiB. beChannelShare: 0..1 of the VRAM channels. */
export type Tunable = "cfsPeriodPackets" | "beChannelShare";

export type Event =
  | Done<"tenantJoined", { tenant: TenantId; spec: TenantSpec }>
  | Done<"tenantChanged", { tenant: TenantId; change: TenantChange }>
  | Done<"tenantLeft", { tenant: TenantId; how: Farewell }>
  | Done<"policyChosen", { policy: string }>
  | Done<"tunableSet", { tunable: Tunable; value: number }>
  | Done<"statisticsReset">
  /** The operator wants to find this moment again. */
  | Done<"marked", { text: string }>
  /** A client outside asked for what cannot be, in words: for the log. */
  | At<"clientRefused", { who: string; text: string }>
  /** How fast the run goes on, in words: for the log, since the scheduler knows no speed. */
  | Done<"paced", { text: string }>
  | At<"requestArrived", { tenant: TenantId }>
  /** Nobody waits for it any more: it is dropped, and counted as aborted. */
  | At<"requestCancelled", { tenant: TenantId; request: RequestId }>
  /** A shrunk launch has left these TPCs; its last blocks on them are done. */
  | At<"tpcsYielded", { launch: LaunchId; tpcs: TpcSet }>
  /** Off the GPU: complete, or evicted with blocksLeft > 0 of kernel number kernelsDone of the launch. */
  | At<"launchRetired", { launch: LaunchId; kernelsDone: number; blocksLeft: number }>
  | At<"copyRetired", { copy: CopyId; movedBytes: number }>
  /**
   * The GPU is lost with all that was on it; launches and copies in flight are void and nothing more is told of them.
   * `tenant`: whose launch it was; -1: not known.
   */
  | At<"deviceFailed", { code: string; tenant: TenantId | -1 }>
  /** The GPU works again: networks are loaded, memory holds nothing. */
  | Done<"deviceRestored">
  /** Nothing happened until now: what is averaged over time ends here. */
  | At<"timePassed">;

export type EventKind = Event["kind"];
