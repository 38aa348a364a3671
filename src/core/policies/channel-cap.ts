/**
 * The cap that keeps BE launches inside their channels from standing in everybody's way.
 *
 * Colouring alone is not isolation: tenants with many SMs on few channels fill the crossbar with requests that wait for those
 * channels, and everybody waits behind them (measured on an H200: LS slowed x5.6 by a streaming tenant of 116 SMs on a quarter
 * of the channels, x1.5 without colours). It isolates once the SMs are in proportion to the channels. A launch that uses a share d
 * of the VRAM bandwidth on all SMs counts d for each of its TPCs, and the BE class as a whole has a budget.
 */
import type { KernelProfile } from "../kernel.ts";
import type { PolicyContext } from "../policy.ts";
import type { Launch, Request } from "../request.ts";

/**
 * BE's budget, of the TPCs in proportion to its channels. Measured on an H200, BE on a quarter of the channels: two thirds of the
 * proportion (22 SMs) give it 92 % of what those channels can do and slow LS x1.02; all of it (33 SMs) x1.07. Larger: LS waits in
 * the crossbar. Smaller: BE's channels stand idle.
 */
const HEADROOM = 2 / 3;

/** Share of the GPU's VRAM bandwidth that a kernel asks for on all SMs, 0..1. */
const demandOf = ({ bound, memoryShare }: KernelProfile): number => (bound === "memory" ? 1 : memoryShare);

/** A BE request with a launch, and the most TPCs that it may hold. */
export interface Capped {
  readonly request: Request;
  ceiling: number;
}

export class ChannelCap {
  private readonly context: PolicyContext;

  constructor(context: PolicyContext) {
    this.context = context;
  }

  /**
   * Kernels from `first` on for one launch. While LS is active: those that are all within the budget, or all not, since a cap is
   * for a whole launch. Otherwise all of them: should LS come meanwhile, the launch is capped by its hungriest kernel.
   */
  span({ tenant }: Request, first: number): number {
    const { kernels } = tenant.spec.network;
    if (this.context.lsActive() === 0) return kernels.length - first;
    const share = this.context.vram().beShare() * HEADROOM;
    const exceeds = demandOf(kernels[first]!) > share;
    let end = first + 1;
    while (end < kernels.length && demandOf(kernels[end]!) > share === exceeds) end++;
    return end - first;
  }

  /** Notes the launch's demand, that of its hungriest kernel. */
  measure(launch: Launch): void {
    const { kernels } = launch.request.tenant.spec.network;
    launch.vramDemand = 0;
    for (let index = launch.firstKernel; index < launch.firstKernel + launch.kernelCount; index++) {
      launch.vramDemand = Math.max(launch.vramDemand, demandOf(kernels[index]!));
    }
  }

  /**
   * Lowers the ceilings of BE requests that run side by side to what the budget allows: evenly, but what the modest leave of
   * their part goes to the hungry. Nothing while no LS is active, or where channels are shared.
   */
  apply(all: readonly Capped[]): void {
    const { tpcs } = this.context;
    const share = this.context.vram().beShare();
    if (share === 1 || this.context.lsActive() === 0) return;
    const byDemand = [...all].sort((a, b) => this.demand(a) - this.demand(b));
    let budget = tpcs * share * HEADROOM;
    let others = all.length;
    for (const one of byDemand) {
      const demand = this.demand(one);
      const part = budget / others--;
      one.ceiling = Math.max(1, Math.min(one.ceiling, Math.floor(part / demand)));
      budget -= demand * one.ceiling;
    }
  }

  private demand({ request }: Capped): number {
    return request.launch?.vramDemand ?? 0;
  }
}
