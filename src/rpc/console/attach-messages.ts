/** What an attached console and the run that it looks at say to each other. All of it is plain data, on the way as wire.ts has it. */
import type { TenantDetail } from "../../core/snapshot.ts";
import type {
  Act,
  RequestRecords,
  ShadowComparison,
  ShadowOptions,
  TenantKernels,
  View,
} from "../../engine/session.ts";
import type { MixConfig, TenantConfig } from "../../presets/mix.ts";
import type { Role } from "../gate.ts";
import type { Patch } from "./delta.ts";

/** Raised with every change of these messages: console and server must have the same. */
export const ATTACH_VERSION = 2;

/** What may be asked of the run, and what is answered. */
export interface Answers {
  readonly act: null;
  readonly mix: MixConfig;
  readonly tenantConfig: TenantConfig;
  readonly kernels: TenantKernels;
  readonly requests: RequestRecords;
  readonly shadow: ShadowComparison;
  readonly reopen: null;
}

export type Question =
  | { readonly kind: "act"; readonly act: Act }
  | { readonly kind: "mix" }
  | { readonly kind: "tenantConfig"; readonly tenant: number }
  | { readonly kind: "kernels"; readonly tenant: number }
  | { readonly kind: "requests"; readonly sinceNs: number }
  | { readonly kind: "shadow"; readonly options: ShadowOptions }
  | { readonly kind: "reopen"; readonly mix: MixConfig };

export type ToRun =
  /** The first message. */
  | { readonly kind: "hello"; readonly version: number; readonly product: string }
  | { readonly kind: "ask"; readonly id: number; readonly question: Question }
  /** No answer is waited for any more: a shadow run ends. */
  | { readonly kind: "leave"; readonly id: number }
  /** Whose detail is wanted. */
  | { readonly kind: "watch"; readonly tenant: number | null }
  /** Views until this one were taken. */
  | { readonly kind: "taken"; readonly sequence: number };

/** A view without its detail. */
export type BareView = Omit<View, "detail">;

/** One of a row of values: what has changed since number `base`; base 0: since nothing. */
export interface Change {
  readonly sequence: number;
  readonly base: number;
  /** Absent: nothing has. */
  readonly patch?: Patch;
}

export type FromRun =
  /** The answer to hello. */
  | { readonly kind: "ready"; readonly product: string; readonly role: Role; readonly name: string }
  /** The stream ends. */
  | { readonly kind: "refused"; readonly message: string; readonly code: string }
  /** Of the tenant that is watched: of the views from the next one on. */
  | ({ readonly kind: "detail"; readonly tenant: TenantDetail["tenant"] } & Change)
  | ({ readonly kind: "view" } & Change)
  | { readonly kind: "answered"; readonly id: number; readonly answer: Answers[keyof Answers] }
  | { readonly kind: "declined"; readonly id: number; readonly message: string; readonly code: string }
  /** How far a shadow run is, 0..1, or the opening of a GPU. */
  | { readonly kind: "progress"; readonly id: number; readonly share: number }
  | { readonly kind: "opening"; readonly id: number; readonly text: string };

/** A console says that it has taken a view after each so many. */
export const TAKEN_EVERY = 4;
/** Views on their way that were not said to be taken; the next ones wait for that. Larger: a slow line shows older views. */
export const MOST_UNTAKEN = 2 * TAKEN_EVERY;
