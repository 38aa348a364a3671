/** How many TPCs LS wants: the most that any of some kernels needs, within the tenant's floor and ceiling. */
import type { NetworkProfile } from "../kernel.ts";
import type { Launch, Request } from "../request.ts";
import type { Tenant } from "../tenant.ts";
import { PerNetwork } from "./per-network.ts";

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

/** A network's needs in TPCs, by kernel: its own, and the most within the window that it begins. */
interface Needs {
  readonly own: Uint8Array;
  readonly window: Uint8Array;
}

export class LsNeeds {
  private readonly tpcs: number;
  private readonly needs = new PerNetwork(needsOf);

  constructor(tpcs: number) {
    this.tpcs = tpcs;
  }

  /** What the request's next kernels need: to be kept free of BE by the time they come. */
  ahead({ tenant, nextKernel }: Request): number {
    return this.within(tenant, this.needs.of(tenant).window[nextKernel] ?? 1);
  }

  /** What the launch itself needs: it starts as soon as that is free. */
  now({ request: { tenant }, firstKernel, kernelCount }: Launch): number {
    const { own } = this.needs.of(tenant);
    let need = 1;
    for (let kernel = firstKernel; kernel < firstKernel + kernelCount; kernel++) {
      need = Math.max(need, own[kernel]!);
    }
    return this.within(tenant, need);
  }

  private within(tenant: Tenant, need: number): number {
    return Math.min(Math.max(need, tenant.floorTpcs(this.tpcs)), tenant.ceilingTpcs(this.tpcs));
  }
}

function needsOf({ kernels }: NetworkProfile): Needs {
  const own = Uint8Array.from(kernels, (kernel) => kernel.tpcsNeeded);
  const window = own.map((_, first) => Math.max(...own.subarray(first, first + WINDOW_KERNELS)));
  return { own, window };
}
