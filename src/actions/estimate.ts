/**
 * What a run would come to with other tenants in it, from what each of them takes alone: a guess for a form, and
 * said as one ("about"). What truly happens is on the panes a moment later.
 *
 * LS tenants get the SM time that their requests take; BE tenants share what is left, and never more than smLimit. PCIe
 * carries inputs, and at every request the parameters that find no place in VRAM.
 */
import type { Kernel, LoweredNetwork } from "../core/kernel.ts";
import type { GpuSpec } from "../core/spec.ts";
import type { TenantConfig } from "../presets/mix.ts";
import type { Effect, Effects } from "./action.ts";
import { bytesLong, percent } from "./format.ts";
import type { World } from "./world.ts";

/** A kernel alone on the whole GPU: the slowest of what it computes and moves, with as many SMs as its threads fill. */
function kernelNs(kernel: Kernel, gpu: GpuSpec): number {
  const { sms, flopsPerSmNs, compute, memory, timing, executor } = gpu;
  const threads = kernel.grid * kernel.threadsPerBlock;
  const filled = Math.min(1, threads / (sms * compute.fullRateThreads));
  const computeNs = kernel.flops / (sms * flopsPerSmNs * compute.achievedShare * filled);
  const vramNs = kernel.footprintBytes / memory.achievedGBs;
  const l2Ns = (kernel.readBytes + kernel.writtenBytes) / memory.l2GBs;
  return (
    compute.kernelFloorNs + executor.elasticKernelNs + timing.kernelGapNs + Math.max(computeNs, vramNs, l2Ns)
  );
}

/** One request alone on the whole GPU, in ms: of the networks here within a quarter of what the simulated GPU takes. */
export function aloneMs(network: LoweredNetwork, gpu: GpuSpec): number {
  const kernelsNs = network.kernels.reduce((sum, kernel) => sum + kernelNs(kernel, gpu), 0);
  const copiesNs = network.inputBytes / gpu.pcie.h2dGBs + network.outputBytes / gpu.pcie.d2hGBs;
  return (kernelsNs + copiesNs) / 1e6;
}

interface Demand {
  readonly name: string;
  readonly isLs: boolean;
  /** Share of the SMs' time that its requests ask for, 0..1 and beyond; null: all it can get. */
  readonly asks: number | null;
  readonly most: number;
  readonly aloneMs: number;
  readonly h2dBytes: number;
  readonly vramKiB: number;
}

function demandOf(tenant: TenantConfig, { view, networkOf }: World): Demand {
  const network = networkOf(tenant.model, tenant.batch);
  // Of a network that runs, the device itself has said what it takes.
  const known = view.snapshot.tenants.find(
    ({ model, batch }) => model === tenant.model && batch === tenant.batch,
  );
  const oneMs = known?.aloneMs ?? aloneMs(network, view.gpu);
  const weightKiB = known?.weightKiB ?? Math.ceil(network.storedBytes / 1024);
  const vramKiB = tenant.vramKiB ?? weightKiB;
  const streamedKiB = Math.max(0, weightKiB - vramKiB);
  const rate = "ratePerS" in tenant.load ? tenant.load.ratePerS : null;
  // A trace's rate is in its file, and clients have none: what the tenant lately did stands for it.
  const running = view.snapshot.tenants.find(({ name }) => name === tenant.name);
  const isElsewhere = tenant.load.kind === "trace" || tenant.load.kind === "clients";
  const perS = rate ?? (isElsewhere ? (running?.throughputPerS ?? 0) : null);
  return {
    name: tenant.name,
    isLs: tenant.class === "LS",
    asks: perS === null ? null : (perS * oneMs) / 1000,
    most: tenant.smLimitPercent / 100,
    aloneMs: oneMs,
    h2dBytes: network.inputBytes + streamedKiB * 1024,
    vramKiB,
  };
}

/** Shares of the SMs' time, by tenant: first LS, then BE, each class scaled down where it asks for more than there is. */
function smShares(demands: readonly Demand[]): number[] {
  let free = 1;
  const shares = new Map<Demand, number>();
  for (const isLs of [true, false]) {
    const ofClass = demands.filter((demand) => demand.isLs === isLs);
    const wanted = ofClass.map((demand) => Math.min(demand.most, demand.asks ?? free));
    const sum = wanted.reduce((total, share) => total + share, 0);
    const scale = sum > free ? free / sum : 1;
    for (const [index, demand] of ofClass.entries()) shares.set(demand, wanted[index]! * scale);
    free = Math.max(0, free - sum);
  }
  return demands.map((demand) => shares.get(demand) ?? 0);
}

interface Outcome {
  readonly smShares: ReadonlyMap<string, number>;
  /** Of what the bus carries into the GPU, 0..1. */
  readonly h2d: number;
  readonly vramKiB: number;
}

function outcomeOf(tenants: readonly TenantConfig[], world: World): Outcome {
  const demands = tenants.map((tenant) => demandOf(tenant, world));
  const shares = smShares(demands);
  const bytesPerS = demands.reduce(
    (sum, { aloneMs: oneMs, h2dBytes }, index) => sum + (shares[index]! / oneMs) * 1000 * h2dBytes,
    0,
  );
  return {
    smShares: new Map(demands.map(({ name }, index) => [name, shares[index]!])),
    h2d: Math.min(1, bytesPerS / (world.view.gpu.pcie.h2dGBs * 1e9)),
    vramKiB: demands.reduce((sum, { vramKiB }) => sum + vramKiB, 0),
  };
}

const NOT_THERE = "–";

/** What becomes of everybody when the tenants of the run become others. */
export function expected(
  world: World,
  change: (tenants: readonly TenantConfig[]) => readonly TenantConfig[],
): Effects {
  const before = world.mix?.tenants ?? [];
  const after = change(before);
  const [was, willBe] = [outcomeOf(before, world), outcomeOf(after, world)];
  const share = (value: number | undefined): string =>
    value === undefined ? NOT_THERE : `${percent(value)} %`;
  const names = [...new Set([...after, ...before].map(({ name }) => name))];
  const row = (what: string, one: string, other: string): Effect => ({ what, before: one, after: other });
  const vram = (kib: number): string => bytesLong(kib * 1024);
  return {
    title: "about: SM time of each, and what all take together",
    rows: [
      row(`VRAM reserved of ${bytesLong(world.view.gpu.vramBytes)}`, vram(was.vramKiB), vram(willBe.vramKiB)),
      row("PCIe into the GPU", share(was.h2d), share(willBe.h2d)),
      ...names.map((name) => row(name, share(was.smShares.get(name)), share(willBe.smShares.get(name)))),
    ],
  };
}
