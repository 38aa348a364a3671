/** A running console's one door: screens and servers act and look through it, whatever thread the scheduler is on. */
import type { Farewell, Tunable } from "../core/event.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { TenantChange } from "../core/spec.ts";
import type { TenantConfig } from "../presets/mix.ts";
import type { BackendName } from "./backends.ts";
import type { Health } from "./health.ts";

/** What an operator can do. Tenants are named by their id in the snapshot. */
export type Act =
  | { readonly kind: "addTenant"; readonly config: TenantConfig }
  | { readonly kind: "changeTenant"; readonly tenant: number; readonly change: TenantChange }
  | { readonly kind: "removeTenant"; readonly tenant: number; readonly how: Farewell }
  | { readonly kind: "choosePolicy"; readonly policy: string }
  | { readonly kind: "setTunable"; readonly tunable: Tunable; readonly value: number }
  | { readonly kind: "resetStatistics" }
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
  readonly snapshot: Snapshot;
  readonly pace: Pace;
  /** How a real GPU fares; null for a simulated one, and until it is known. */
  readonly health: Health | null;
}

export interface Session {
  /** The latest view, replaced (never mutated) at screen rate. */
  view(): View;
  /** Calls back after each new view; returns the unsubscriber. */
  subscribe(listener: () => void): () => void;
  /** Rejects with MissileError when the act is refused (unknown tenant, bad value, no room); the run goes on. */
  act(act: Act): Promise<void>;
  /** Resolves to the message once the engine has died; the console then says so and leaves. */
  readonly died: Promise<string>;
  close(): Promise<void>;
}
