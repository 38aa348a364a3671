/** A running console's one door: screens and servers act and look through it, whatever thread the scheduler is on. */
import type { Farewell, Tunable } from "../core/event.ts";
import type { Outcome } from "../core/request.ts";
import type { Snapshot, TenantDetail } from "../core/snapshot.ts";
import type { ClientSpec, GpuSpec, TenantChange } from "../core/spec.ts";
import type { BlockMap } from "../native/index.ts";
import type { LoadConfig, MixConfig, TenantConfig } from "../presets/mix.ts";
import type { BackendName } from "./backend-choice.ts";
import type { Health } from "./health.ts";
import type { RequestRecords } from "./request-records.ts";
import type { ShadowComparison, ShadowOptions } from "./shadow-figures.ts";
import type { TenantKernels } from "./tenant-kernels.ts";

export type { BlockMap, BlockRow } from "../native/index.ts";
export type { RequestRecords, Tenancy } from "./request-records.ts";
export type * from "./shadow-figures.ts";
// For those who may know this door alone.
export type { ShownKernel, TenantKernels } from "./tenant-kernels.ts";

/** What of a running tenant an operator may set; its load has an act of its own. */
export type TenantSettings = Omit<TenantChange, "arrivals">;

/** A longer mark fits no line of a log. */
export const MOST_MARK_CHARACTERS = 200;

/** What an operator can do. Tenants are named by their id in the snapshot. */
export type Act =
  | { readonly kind: "addTenant"; readonly config: TenantConfig }
  | { readonly kind: "changeTenant"; readonly tenant: number; readonly change: TenantSettings }
  /** The load begins anew as another one, within the times at which the tenant has any. */
  | { readonly kind: "changeLoad"; readonly tenant: number; readonly load: LoadConfig }
  | { readonly kind: "removeTenant"; readonly tenant: number; readonly how: Farewell }
  | { readonly kind: "choosePolicy"; readonly policy: string }
  | { readonly kind: "setTunable"; readonly tunable: Tunable; readonly value: number }
  | { readonly kind: "resetStatistics" }
  /** A moment worth finding again: in the log, among the snapshot's marks and in the journal. */
  | { readonly kind: "mark"; readonly text: string }
  /** After the device has failed: rebuild it and go on with everything that waits. */
  | { readonly kind: "restoreDevice" }
  | { readonly kind: "setPaused"; readonly paused: boolean }
  /** While paused: go on until the next instant at which something happens. */
  | { readonly kind: "step" }
  /** Simulated seconds a wall second. A real GPU refuses this, to pause and to step. */
  | { readonly kind: "setSpeed"; readonly factor: number };

/** How the run is driven, beside what the scheduler knows. */
export interface Pace {
  readonly paused: boolean;
  readonly speed: number;
  /** Simulated seconds a wall second lately achieved. */
  readonly achievedSpeed: number;
}

export interface View {
  readonly backend: BackendName;
  /** What it runs on: a real GPU's own figures, where the driver tells them. */
  readonly gpu: GpuSpec;
  /** Name of the mix that it began with. */
  readonly mix: string;
  readonly snapshot: Snapshot;
  readonly pace: Pace;
  /** How a real GPU fares; null for a simulated one, and until it is known. */
  readonly health: Health | null;
  /** Of the tenant that is watched; null: nobody is, or it has left. */
  readonly detail: TenantDetail | null;
  /** Why this is not how the run is now: the connection to it is lost, and since when. Absent: it is. */
  readonly lost?: string;
  /** What the engine is doing to the GPU while the run waits for it, and how far that is. Absent: nothing. */
  readonly preparing?: string;
  /** Where its blocks lie, if that is watched; null for a simulated GPU, and until it is known. */
  readonly blocks: BlockMap | null;
}

export interface Session {
  /** The latest view, replaced (never mutated) at screen rate. */
  view(): View;
  /** Calls back after each new view; returns the unsubscriber. */
  subscribe(listener: () => void): () => void;
  /**
   * `who`: which operator, for the log; absent: there is but one. Rejects with MissileError when the act is refused (unknown tenant, bad
   * value, no room); the run goes on.
   */
  act(act: Act, who?: string): Promise<void>;
  /** The run as a mix, as all is set now: its tenants in the order of the snapshot, without those that are leaving. */
  mix(): Promise<MixConfig>;
  /** One of them. Rejects with MissileError "noSuchTenant" or "tenantLeaving". */
  tenantConfig(tenant: number): Promise<TenantConfig>;
  /** What each kernel of its network takes alone, by number of TPCs. Rejects with MissileError "noSuchTenant". */
  kernels(tenant: number): Promise<TenantKernels>;
  /** Requests that arrived at `sinceNs` or later and have ended: of the last ten minutes, and no more than some million. */
  requests(sinceNs: number): Promise<RequestRecords>;
  /**
   * Runs what has arrived since then again under other settings, on a simulated GPU, in a thread of its own as fast as it can.
   * `progress` hears 0..1. Rejects with MissileError: "aborted", "nothingRecorded", or what is wrong with the options.
   */
  shadow(
    options: ShadowOptions,
    progress: (share: number) => void,
    signal?: AbortSignal,
  ): Promise<ShadowComparison>;
  /** Whose detail the views to come are to carry; null: nobody's. `withBlocks`: and where its blocks lie on a real GPU. */
  watch(tenant: number | null, withBlocks?: boolean): void;
  /** Resolves to the message once the engine has died; the console then says so and leaves. */
  readonly died: Promise<string>;
  close(): Promise<void>;
}

/** A session that can be given another run. Listeners stay; the time in its views begins anew. */
export interface ReopenableSession extends Session {
  /**
   * Runs this mix instead, on the GPU that it names, at the speed of the run before. `opening` hears how far a real GPU is. Rejects with
   * MissileError when it cannot be run: the run before goes on then.
   */
  reopen(mix: MixConfig, opening?: (text: string) => void): Promise<void>;
}

/** How a request from outside ended, on the GPU's clock. */
export interface Inference {
  readonly outcome: Outcome;
  readonly arrivedNs: number;
  readonly endedNs: number;
  /** What it has computed: its network's outputs one behind the other. Absent: nobody wants it, or there is none. */
  readonly output?: Uint8Array;
}

/** A tenant that a client outside has brought: this stay of it, whoever has its id or its name afterwards. */
export interface ClientTenant {
  /**
   * Sends it a request; any number may be in flight. Resolves once it has ended; aborting `signal` drops it. Rejects with MissileError:
   * "tenantGone", "loadOff" (the operator has paused it) or "sessionOver".
   */
  infer(signal?: AbortSignal): Promise<Inference>;
  /**
   * What requests get that are sent from now on: the network's inputs one behind the other, in memory that threads share and nobody changes any
   * more. A GPU that computes nothing ignores it. Rejects with MissileError: "badInput" (another size), "overLimit", "tenantGone".
   */
  setInput(bytes: Uint8Array): Promise<void>;
  /** Inferences that are sent from now on have an output, where the GPU computes. Rejects with MissileError "tenantGone". */
  wantOutputs(): Promise<void>;
  /** Removes it with all of its requests. Resolves at once where it has left, or its run has ended. */
  leave(): Promise<void>;
}

/** A session whose tenants may come from outside, and their requests. */
export interface ServingSession extends Session {
  /** File of the run's journal; null: it keeps none. */
  readonly journalPath: string | null;
  /** Lets a tenant join for a client. Rejects as addTenant does. */
  bring(config: TenantConfig, client: ClientSpec): Promise<ClientTenant>;
  /** Writes into the run's log that a client was refused something. */
  noteRefused(client: string, text: string): void;
}

/** Both: what a console with a server holds. */
export interface ConsoleSession extends ServingSession, ReopenableSession {}
