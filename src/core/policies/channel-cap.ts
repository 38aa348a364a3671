/**
 * The cap that keeps BE launches inside their channels from standing in everybody's way.
 *
 * Colouring alone is not isolation: tenants with many SMs on few channels fill the crossbar with requests that wait for those
 * channels, and everybody waits behind them (measured on an H200: LS slowed x5.6 by a streaming tenant of 116 SMs on a quarter
 * of the channels, x1.5 without colours). It isolates once the SMs are in proportion to the channels. A launch that uses a share d
 * of the VRAM bandwidth on all SMs counts d for each of its TPCs, and the BE class as a whole has a budget.
 */
import type { KernelProfile, NetworkProfile } from "../kernel.ts";
import type { PolicyContext } from "../policy.ts";
import type { Launch, Request } from "../request.ts";
import { PerNetwork } from "./per-network.ts";

/**
 * BE's budget, of the TPCs in proportion to its channels. Measured on an H200, BE on a quarter of the channels: two thirds of the
 * proportion (22 SMs) give it 92 % of what those channels can do and slow LS x1.02; all of it (33 SMs) x1.07. Larger: LS waits in
 * the crossbar. Smaller: BE's channels stand idle.
 */
export const HEADROOM = 2 / 3;

/** Share of the GPU's VRAM bandwidth that a kernel asks for on all SMs, 0..1. */
const demandOf = ({ bound, memoryShare }: KernelProfile): number => (bound === "memory" ? 1 : memoryShare);

/** A network's demands, by kernel, and the most of them. */
interface Demands {
  readonly byKernel: Float64Array;
  readonly most: number;
}

function demandsOf({ kernels }: NetworkProfile): Demands {
  const byKernel = Float64Array.from(kernels, demandOf);
  return { byKernel, most: byKernel.reduce((most, demand) => Math.max(most, demand), 0) };
}

/** A BE request, and the most TPCs that its launch may hold. */
export interface Capped {
  readonly request: Request;
  ceiling: number;
}

export class ChannelCap {
  private readonly context: PolicyContext;
  private readonly demands = new PerNetwork(demandsOf);
  /** Those that apply() is about, the modest first. Only its first few are of now. */
  private readonly byDemand: Capped[] = [];

  constructor(context: PolicyContext) {
    this.context = context;
  }

  /**
   * Kernels from `first` on for one launch. While LS is active: those that are all within the budget, or all not, since a cap is
   * for a whole launch. Otherwise all of them: should LS come meanwhile, the launch is capped by its hungriest kernel.
   */
  span({ tenant }: Request, first: number): number {
    const { byKernel: demands } = this.demands.of(tenant);
    if (this.context.lsActive() === 0) return demands.length - first;
    const share = this.context.vram().beShare() * HEADROOM;
    const exceeds = demands[first]! > share;
    let end = first + 1;
    while (end < demands.length && demands[end]! > share === exceeds) end++;
    return end - first;
  }

  /** That of its launch, or the most of any that it may come to have. */
  private demandNow({ request: { launch, tenant } }: Capped): number {
    return launch?.vramDemand ?? this.demands.of(tenant).most;
  }

  /** Notes the launch's demand, that of its hungriest kernel. */
  measure(launch: Launch): void {
    const { firstKernel, kernelCount } = launch;
    const { byKernel: demands } = this.demands.of(launch.request.tenant);
    let most = 0;
    for (let index = firstKernel; index < firstKernel + kernelCount; index++) {
      most = Math.max(most, demands[index]!);
    }
    launch.vramDemand = most;
  }

  /**
   * Lowers the ceilings of BE requests that run side by side to what the budget allows: evenly, but what the modest leave of
   * their part goes to the hungry. Nothing while no LS is active, or where channels are shared.
   */
  apply(all: readonly Capped[]): void {
    const { tpcs } = this.context;
    const share = this.context.vram().beShare();
    if (share === 1 || this.context.lsActive() === 0) return;
    const count = this.sort(all);
    let budget = tpcs * share * HEADROOM;
    for (let index = 0; index < count; index++) {
      const one = this.byDemand[index]!;
      const demand = this.demandNow(one);
      const part = budget / (count - index);
      one.ceiling = Math.max(1, Math.min(one.ceiling, Math.floor(part / demand)));
      budget -= demand * one.ceiling;
    }
  }

  /** Puts those that have a launch into byDemand, by insertion, as they are few. Returns their number. */
  private sort(all: readonly Capped[]): number {
    const { byDemand } = this;
    let count = 0;
    for (const one of all) {
      if (one.ceiling === 0) continue;
      const demand = this.demandNow(one);
      let at = count++;
      for (; at > 0 && this.demandNow(byDemand[at - 1]!) > demand; at--) byDemand[at] = byDemand[at - 1]!;
      byDemand[at] = one;
    }
    return count;
  }
}
