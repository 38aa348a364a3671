/** How many TPCs a BE request gains from: more are given to it only if nobody else needs them. */
import type { NetworkProfile } from "../kernel.ts";
import type { Tenant } from "../tenant.ts";
import { onGrid } from "./grid.ts";
import { PerNetwork } from "./per-network.ts";

/**
 * An inference that would be over sooner on all the TPCs that its kernels need has so few that it takes this long. Default 50 us: what it
 * costs others to make room and to come back. Smaller: they do so for work that is over in no time. Larger: it is slowed for nothing.
 */
const SHORTEST_NS = 50_000;

/** Share of the GPU that a tenant keeps while it has a request, launch or not, so that ranges stay where they are. Larger: more TPCs idle. */
const MODEST = 1 / 8;

export class BeNeeds {
  private readonly tpcs: number;
  private readonly needs = new PerNetwork(needOf);

  constructor(tpcs: number) {
    this.tpcs = tpcs;
  }

  of(tenant: Tenant): number {
    const need = Math.max(onGrid(this.needs.of(tenant), this.tpcs), tenant.floorTpcs(this.tpcs));
    return Math.min(need, tenant.ceilingTpcs(this.tpcs));
  }

  areModest(need: number): boolean {
    return need <= this.tpcs * MODEST;
  }
}

function needOf({ kernels }: NetworkProfile): number {
  let most = 1;
  let tpcNs = 0;
  for (const { tpcsNeeded, aloneNs } of kernels) {
    most = Math.max(most, tpcsNeeded);
    tpcNs += tpcsNeeded * aloneNs;
  }
  return Math.min(most, Math.max(1, Math.ceil(tpcNs / SHORTEST_NS)));
}
