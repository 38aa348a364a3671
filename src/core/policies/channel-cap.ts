/**
 * The cap that keeps BE launches inside their channels from standing in everybody's way.
 *
 * Colouring alone is not isolation: a tenant with many SMs on few channels fills the crossbar with requests that wait for its
 * own channels, and everybody waits behind them (measured on an H200: LS slowed x5.6 by a streaming tenant of 116 SMs on a quarter
 * of the channels, x1.5 without colours). It isolates once the SMs are in proportion to the channels: a launch that uses a
 * share d of the VRAM bandwidth on all SMs has at most SMs x its channels / (channels x d). It gains nothing beyond.
 */
import type { KernelProfile } from "../kernel.ts";
import type { PolicyContext } from "../policy.ts";
import type { Launch, Request } from "../request.ts";

/** Share of the GPU's VRAM bandwidth that a kernel asks for on all SMs, 0..1. */
const demandOf = ({ bound, memoryShare }: KernelProfile): number => (bound === "memory" ? 1 : memoryShare);

export class ChannelCap {
  private readonly context: PolicyContext;

  constructor(context: PolicyContext) {
    this.context = context;
  }

  /**
   * Kernels from `first` on for one launch. While LS is active: those that are all within their channels, or all not, since a cap is
   * for a whole launch. Otherwise all of them: should LS come meanwhile, the launch is capped by its hungriest kernel.
   */
  span({ tenant }: Request, first: number): number {
    const { kernels } = tenant.spec.network;
    if (this.context.lsActive() === 0) return kernels.length - first;
    const share = this.context.vram().beShare();
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

  /** Most TPCs for the request's launch, or for its next one, as things stand. */
  tpcs({ launch, tenant, nextKernel }: Request): number {
    const { tpcs } = this.context;
    if (this.context.lsActive() === 0) return tpcs;
    const share = this.context.vram().beShare();
    const demand = launch?.vramDemand ?? demandOf(tenant.spec.network.kernels[nextKernel]!);
    return share === 1 || demand <= share ? tpcs : Math.max(1, Math.floor((tpcs * share) / demand));
  }
}
