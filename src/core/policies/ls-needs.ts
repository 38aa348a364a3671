/** How many TPCs an LS request wants now: the most that any of its next kernels needs, within its floor and its ceiling. */
import type { Request } from "../request.ts";
import type { TenantSpec } from "../spec.ts";
import type { Tenant } from "../tenant.ts";

/**
 * Kernels in one LS launch. Default 8. Smaller: the pause between launches (some 4 us) weighs more. Larger: TPCs are held for
 * kernels that do not need them.
 */
export const LAUNCH_KERNELS = 8;

/**
 * Kernels looked ahead: this launch and the next, so that TPCs which are needed again in a moment are not given away and
 * taken back. Default 16. Smaller: more preemptions. Larger: BE waits for TPCs that stand idle.
 */
export const WINDOW_KERNELS = 16;

export class LsNeeds {
  private readonly tpcs: number;
  /** windowNeeds[k]: the most that kernels k ... k + WINDOW_KERNELS - 1 need. */
  private readonly windowNeeds = new WeakMap<TenantSpec["network"], Uint8Array>();

  constructor(tpcs: number) {
    this.tpcs = tpcs;
  }

  of(request: Request): number {
    const { tenant } = request;
    const need = this.windowNeedsOf(tenant)[request.nextKernel] ?? 1;
    return Math.min(Math.max(need, tenant.floorTpcs(this.tpcs)), tenant.ceilingTpcs(this.tpcs));
  }

  private windowNeedsOf(tenant: Tenant): Uint8Array {
    const { network } = tenant.spec;
    const known = this.windowNeeds.get(network);
    if (known !== undefined) return known;
    const needs = Uint8Array.from(network.kernels, (_, first) => {
      const window = network.kernels.slice(first, first + WINDOW_KERNELS);
      return Math.max(...window.map((kernel) => kernel.tpcsNeeded));
    });
    this.windowNeeds.set(network, needs);
    return needs;
  }
}
