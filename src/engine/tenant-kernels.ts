/** The kernels of a tenant's network, as an operator looks at them. Plain data: it crosses threads and the network. */
import type { Bound, LoweredNetwork, NetworkProfile, TpcCurve } from "../core/kernel.ts";

export interface ShownKernel {
  readonly name: string;
  readonly flops: number;
  /** Distinct bytes that it touches. */
  readonly bytes: number;
  /** On all TPCs. */
  readonly aloneNs: number;
  readonly tpcsNeeded: number;
  readonly bound: Bound;
  /** What is known of its time by number of TPCs: all of them at least. */
  readonly curve: TpcCurve;
}

export interface TenantKernels {
  readonly tenant: number;
  readonly model: string;
  readonly batch: number;
  /** On a real GPU, now or before; else the times are those of the simulated GPU's model. */
  readonly isMeasured: boolean;
  /** In the order of their execution. */
  readonly kernels: readonly ShownKernel[];
}

export const shownKernels = (
  { kernels }: LoweredNetwork,
  profile: NetworkProfile,
  curves: readonly TpcCurve[],
  tpcs: number,
): ShownKernel[] =>
  kernels.map(({ name, flops, footprintBytes: bytes }, index) => {
    const { aloneNs, tpcsNeeded, bound } = profile.kernels[index]!;
    const curve = curves[index] ?? [{ tpcs, ns: aloneNs }];
    return { name, flops, bytes, aloneNs, tpcsNeeded, bound, curve };
  });
