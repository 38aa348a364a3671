/** How many TPCs LS wants: the most that any of some kernels needs, within the tenant's floor and ceiling. */
import type { Launch, Request } from "../request.ts";
import type { TenantSpec } from "../spec.ts";
import type { Tenant } from "../tenant.ts";

/**
 * Kernels in one LS launch. Default 16. Smaller: the pause between launches (some 4 us) weighs more, and with it BE launches that
 * the host is busy with (8 cost EfficientNet-B0 beside five BE tenants 8 % of its latency). Larger: TPCs are held for
 * kernels that do not need them.
 */
export const LAUNCH_KERNELS = 16;

/**
 * Kernels looked ahead: this launch and the next, so that TPCs which are needed again in a moment are not given away and
 * taken back. Default 32. Smaller: more preemptions. Larger: BE waits for TPCs that stand idle.
 */
export const WINDOW_KERNELS = 2 * LAUNCH_KERNELS;

export class LsNeeds {
  private readonly tpcs: number;
  /** windowNeeds[k]: the most that kernels k ... k + WINDOW_KERNELS - 1 need. */
  private readonly windowNeeds = new WeakMap<TenantSpec["network"], Uint8Array>();

  constructor(tpcs: number) {
    this.tpcs = tpcs;
  }

  /** What the request's next kernels need: to be kept free of BE by the time they come. */
  ahead(request: Request): number {
    return this.within(request.tenant, this.windowNeedsOf(request.tenant)[request.nextKernel] ?? 1);
  }

  /** What the launch itself needs: it starts as soon as that is free. */
  now(launch: Launch): number {
    const { kernels } = launch.request.tenant.spec.network;
    let need = 1;
    for (let index = 0; index < launch.kernelCount; index++) {
      need = Math.max(need, kernels[launch.firstKernel + index]!.tpcsNeeded);
    }
    return this.within(launch.request.tenant, need);
  }

  private within(tenant: Tenant, need: number): number {
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
