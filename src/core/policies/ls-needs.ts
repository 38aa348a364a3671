/** How many TPCs LS wants: more than any of some kernels needs alone, within the tenant's floor and ceiling. */
import type { NetworkProfile } from "../kernel.ts";
import type { Launch, Request } from "../request.ts";
import type { Tenant } from "../tenant.ts";
import { onGrid } from "./grid.ts";
import { PerNetwork } from "./per-network.ts";

/**
 * Kernels in one LS launch. Default 64: on an H200 some 12 us pass between the end of one launch and the first kernel of the next, and more
 * beside BE that keeps the host busy; four launches of 16 kernels instead cost a network of 60 some 7 % of its execution. Larger: TPCs are
 * held for kernels that do not need them, and LS gives way to nobody before its end.
 */
export const LAUNCH_KERNELS = 64;

/**
 * Kernels looked ahead: those of a launch and of the one behind it, so that BE has left by then what that one needs. Default 128. Smaller: an
 * LS launch that needs more than the one before waits some 25 us for it. Larger: BE waits for TPCs that stand idle.
 */
const WINDOW_KERNELS = 2 * LAUNCH_KERNELS;

/**
 * TPCs that LS holds for each that its kernels need. Default 1.5: needs are those of kernels alone, and beside BE what they load is on its way
 * for longer. On an H200 the L2-resident network of h200-micro had p99 of 668 and 694 us with what it needs, 624 and 596 with half as many again, 598
 * and 591 with twice as many, and BE did as much in all (8 s a run). Larger: BE has less beside an LS that never rests.
 */
const MARGIN = 1.5;

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

  /** Notes with a launch what its kernels need. */
  measure(launch: Launch): void {
    const { firstKernel, kernelCount, request } = launch;
    const { own } = this.needs.of(request.tenant);
    launch.tpcsNeeded = 1;
    for (let kernel = firstKernel; kernel < firstKernel + kernelCount; kernel++) {
      launch.tpcsNeeded = Math.max(launch.tpcsNeeded, own[kernel]!);
    }
  }

  /** What a measured launch itself needs: it starts as soon as that is free. */
  now({ request, tpcsNeeded }: Launch): number {
    return this.within(request.tenant, tpcsNeeded);
  }

  private within(tenant: Tenant, need: number): number {
    return Math.min(
      Math.max(onGrid(MARGIN * need, this.tpcs), tenant.floorTpcs(this.tpcs)),
      tenant.ceilingTpcs(this.tpcs),
    );
  }
}

function needsOf({ kernels }: NetworkProfile): Needs {
  const own = Uint8Array.from(kernels, (kernel) => kernel.tpcsNeeded);
  const window = own.map((_, first) => Math.max(...own.subarray(first, first + WINDOW_KERNELS)));
  return { own, window };
}
