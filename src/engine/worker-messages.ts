/** What the session's two threads say to each other. All of it is plain data. */
import type { SlowRequest, TenantSnapshot } from "../core/snapshot.ts";
import type { ClientSpec } from "../core/spec.ts";
import type { MixConfig, TenantConfig } from "../presets/mix.ts";
import type { BackendOptions } from "./backend-choice.ts";
import type { Ticket, TicketOutput } from "./client-requests.ts";
import type { RequestBatch } from "./inference-desk.ts";
import type { Recording } from "./recording.ts";
import type { Act, TenantKernels, View } from "./session.ts";

/** What a worker is started with. */
export interface WorkerOrder {
  readonly mix: MixConfig;
  readonly speed: number;
  readonly journalPath: string | undefined;
  readonly backend: BackendOptions;
  /** The word of the doorbell that is rung after each message to the worker. */
  readonly doorbell: Int32Array;
}

/** What may be asked about the run, and what is answered. */
export interface Answers {
  readonly mix: MixConfig;
  readonly tenantConfig: TenantConfig;
  readonly recording: Recording;
  readonly kernels: TenantKernels;
}

export type Question =
  | { readonly kind: "mix" }
  | { readonly kind: "tenantConfig"; readonly tenant: number }
  | { readonly kind: "recording" }
  | { readonly kind: "kernels"; readonly tenant: number };

export type ToWorker =
  | { readonly kind: "act"; readonly id: number; readonly act: Act; readonly who: string }
  | { readonly kind: "ask"; readonly id: number; readonly question: Question }
  /** A tenant from outside joins; answered with its tenancy. */
  | {
      readonly kind: "bring";
      readonly id: number;
      readonly config: TenantConfig;
      readonly client: ClientSpec;
    }
  /** It leaves with all of its requests, if it has not yet. */
  | { readonly kind: "dismiss"; readonly id: number; readonly tenancy: number }
  /** What its requests get that come after this, and that their outputs are to be told. */
  | { readonly kind: "setInput"; readonly id: number; readonly tenancy: number; readonly bytes: Uint8Array }
  | { readonly kind: "wantOutputs"; readonly id: number; readonly tenancy: number }
  | { readonly kind: "noteRefused"; readonly client: string; readonly text: string }
  /** Requests from outside that come, and those for which nobody waits any more. */
  | ({ readonly kind: "requests" } & RequestBatch)
  /** Whose detail the views to come are to carry, and whether where its blocks lie as well. */
  | { readonly kind: "watch"; readonly tenant: number | null; readonly withBlocks: boolean }
  /** The last view was taken: the next may be sent. Without this a stalled screen would pile up views. */
  | { readonly kind: "taken" }
  | { readonly kind: "close" };

/** An operating error on its way between threads, which keeps neither class nor code of an Error. */
export interface Refusal {
  readonly message: string;
  readonly code: string;
}

/** To a question, or to what was to be done. */
export type Answer = Answers[keyof Answers] | number | null;

/** What of a view is told once, with the first one. */
export type Constant = "gpu" | "mix";

/**
 * A view whose rows, slow requests and blocks were sent before. Of rows and requests there are the ids, in their order, and the lists in the
 * view are empty.
 */
export interface ViewParts {
  readonly view: Omit<View, Constant | "blocks">;
  readonly tenants: readonly number[];
  readonly slowest: readonly number[];
  readonly hasBlocks: boolean;
}

export type FromWorker =
  /** How far the opening of the GPU is; also when it is rebuilt, or a network is loaded. "": that has ended. */
  | { readonly kind: "opening"; readonly text: string }
  /** The first message but for those, unless the mix cannot be run: then that is `refused`. */
  | { readonly kind: "ready"; readonly view: View }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  /** A tenant of the next view. */
  | { readonly kind: "row"; readonly row: TenantSnapshot }
  /** A slow request of the next view, and of those to come that name it. */
  | { readonly kind: "slow"; readonly request: SlowRequest }
  /** Where the watched tenant's blocks lie in the next view, and in those to come until it changes. */
  | { readonly kind: "blocks"; readonly numbers: Float64Array }
  /** The rest of it. */
  | { readonly kind: "view"; readonly parts: ViewParts }
  /** What was asked for, or done. */
  | {
      readonly kind: "answered";
      readonly id: number;
      readonly answer: Answer;
    }
  | { readonly kind: "declined"; readonly id: number; readonly refusal: Refusal }
  /** Requests from outside that have ended: see ClientRequests. */
  | {
      readonly kind: "requestsEnded";
      readonly ends: readonly number[];
      readonly outputs: readonly TicketOutput[];
    }
  | { readonly kind: "requestRefused"; readonly ticket: Ticket; readonly refusal: Refusal };
