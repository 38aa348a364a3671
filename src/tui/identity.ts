/**
 * Each tenant's letter and hue, the same in every pane and for as long as the tenant lives. LS tenants have capital
 * letters, BE tenants small ones, and no letter is used twice while there are enough.
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

export class Identities {
  readonly #slots = new Map<number, Slot>();
  #updatedNs = 0;

  /** Forgets tenants that are gone and gives newcomers the lowest letter and hue that are free. */
  update(tenants: readonly TenantSnapshot[], atNs: number): void {
    const present = new Set(tenants.map((tenant) => tenant.id));
    for (const id of this.#slots.keys()) if (!present.has(id)) this.#slots.delete(id);
    for (const tenant of tenants)
      if (!this.#slots.has(tenant.id)) this.#slots.set(tenant.id, this.#assign(tenant));
    this.#updatedNs = atNs;
  }

  of(tenantId: number): Identity {
    return this.#slots.get(tenantId) ?? UNKNOWN;
  }

  /** Who had the id then: ids are used again. null: someone who has left. */
  at(tenantId: number, atNs: number): Identity | null {
    const slot = this.#slots.get(tenantId);
    return slot !== undefined && atNs >= slot.sinceNs ? slot : null;
  }

  #assign(tenant: TenantSnapshot): Slot {
    const slots = [...this.#slots.values()];
    const letterIndex = lowestFree(slots.map((slot) => slot.letterIndex));
    const peers = slots.filter((slot) => slot.class === tenant.class);
    const hueIndex = lowestFree(peers.map((slot) => slot.hueIndex));
    const first = tenant.class === "LS" ? "A" : "a";
    return {
      class: tenant.class,
      letterIndex,
      hueIndex,
      sinceNs: this.#updatedNs,
      letter: String.fromCharCode(first.charCodeAt(0) + (letterIndex % LETTERS)),
      colour: hue(tenant.class, hueIndex),
    };
  }
}
