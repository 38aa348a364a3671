/**
 * Everything that can happen to the scheduler. Names are past tense; `atNs` is the device's clock, which never goes back.
 * The operator's acts are events too, so a journal of events is the whole story of a run.
 */
import type { CopyId, LaunchId, TenantId } from "./ids.ts";
import type { TenantChange, TenantSpec } from "./spec.ts";
import type { TpcSet } from "./tpc-set.ts";

type At<Kind extends string, Fields = unknown> = Readonly<{ kind: Kind; atNs: number } & Fields>;

/** How a removed tenant's requests end: finished first, or dropped and counted as aborted. */
export type Farewell = "drain" | "abort";

/** Run-wide settings. cfsPeriodPackets: packets of 1 KiB. beChannelShare: 0..1 of the VRAM channels. */
export type Tunable = "cfsPeriodPackets" | "beChannelShare";

export type Event =
  | At<"tenantJoined", { tenant: TenantId; spec: TenantSpec }>
  | At<"tenantChanged", { tenant: TenantId; change: TenantChange }>
  | At<"tenantLeft", { tenant: TenantId; how: Farewell }>
  | At<"policyChosen", { policy: string }>
  | At<"tunableSet", { tunable: Tunable; value: number }>
  | At<"statisticsReset">
  /** The operator wants to find this moment again. */
  | At<"marked", { text: string }>
  | At<"requestArrived", { tenant: TenantId }>
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
  | At<"deviceRestored">
  /** Nothing happened until now: what is averaged over time ends here. */
  | At<"timePassed">;

export type EventKind = Event["kind"];
