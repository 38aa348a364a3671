/**
 * Each tenant's letter and hue, the same in every pane and for as long as the tenant lives. LS tenants have capital
 * letters, BE tenants small ones, and no letter is used twice while there are enough. Never mutated: each moment of the
 * past keeps its own.
 */
import type { TenantSnapshot } from "../core/snapshot.ts";
import type { TenantClass } from "../core/spec.ts";
import { hue, theme } from "./theme.ts";

export interface Identity {
  readonly letter: string;
  readonly colour: number;
}

const LETTERS = 26;
const UNKNOWN: Identity = { letter: "?", colour: theme.faint.fg };

interface Slot extends Identity {
  readonly class: TenantClass;
  readonly letterIndex: number;
  readonly hueIndex: number;
  /** The tenant joined after this moment. */
  readonly sinceNs: number;
}

function lowestFree(used: Iterable<number>): number {
  const taken = new Set(used);
  let index = 0;
  while (taken.has(index)) index++;
  return index;
}

function assign(tenant: TenantSnapshot, slots: readonly Slot[], sinceNs: number): Slot {
  const letterIndex = lowestFree(slots.map((slot) => slot.letterIndex));
  const peers = slots.filter((slot) => slot.class === tenant.class);
  const hueIndex = lowestFree(peers.map((slot) => slot.hueIndex));
  const first = tenant.class === "LS" ? "A" : "a";
  return {
    class: tenant.class,
    letterIndex,
    hueIndex,
    sinceNs,
    letter: String.fromCharCode(first.charCodeAt(0) + (letterIndex % LETTERS)),
    colour: hue(tenant.class, hueIndex),
  };
}

export class Identities {
  static readonly none = new Identities(new Map());
  readonly #slots: ReadonlyMap<number, Slot>;

  private constructor(slots: ReadonlyMap<number, Slot>) {
    this.#slots = slots;
  }

  /**
   * Those of the next view: without tenants that are gone, and with the lowest letter and hue that are free for newcomers,
   * who were not there yet at `beforeNs`. The same object where the same tenants are there.
   */
  next(tenants: readonly TenantSnapshot[], beforeNs: number): Identities {
    if (tenants.length === this.#slots.size && tenants.every(({ id }) => this.#slots.has(id))) return this;
    const present = new Set(tenants.map((tenant) => tenant.id));
    const slots = new Map([...this.#slots].filter(([id]) => present.has(id)));
    for (const tenant of tenants) {
      if (!slots.has(tenant.id)) slots.set(tenant.id, assign(tenant, [...slots.values()], beforeNs));
    }
    return new Identities(slots);
  }

  of(tenantId: number): Identity {
    return this.#slots.get(tenantId) ?? UNKNOWN;
  }

  /** Who had the id then: ids are used again. null: someone who has left. */
  at(tenantId: number, atNs: number): Identity | null {
    const slot = this.#slots.get(tenantId);
    return slot !== undefined && atNs >= slot.sinceNs ? slot : null;
  }
}
