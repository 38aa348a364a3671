/** What the session's two threads say to each other. All of it is plain data. */
import type { TenantSnapshot } from "../core/snapshot.ts";
import type { MixConfig } from "../presets/mix.ts";
import type { BackendOptions } from "./backends.ts";
import type { Act, View } from "./session.ts";

/** What a worker is started with. */
export interface WorkerOrder {
  readonly mix: MixConfig;
  readonly speed: number;
  readonly journalPath: string | undefined;
  readonly backend: BackendOptions;
  /** The word of the doorbell that is rung after each message to the worker. */
  readonly doorbell: Int32Array;
}

export type ToWorker =
  | { readonly kind: "act"; readonly id: number; readonly act: Act }
  /** The last view was taken: the next may be sent. Without this a stalled screen would pile up views. */
  | { readonly kind: "taken" }
  | { readonly kind: "close" };

/** An operating error on its way between threads, which keeps neither class nor code of an Error. */
export interface Refusal {
  readonly message: string;
  readonly code: string;
}

export type FromWorker =
  /** How far the opening of the GPU is. */
  | { readonly kind: "opening"; readonly text: string }
  /** The first message but for those, unless the mix cannot be run: then that is `refused`. */
  | { readonly kind: "ready"; readonly view: View }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  /** A tenant of the next view. */
  | { readonly kind: "row"; readonly row: TenantSnapshot }
  /** The rest of it: `tenants` are the ids of its rows, in their order. */
  | { readonly kind: "view"; readonly view: View; readonly tenants: readonly number[] }
  | { readonly kind: "acted"; readonly id: number; readonly refusal: Refusal | null };
