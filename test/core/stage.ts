/**
 * A stage for the scheduler: tests play the device, event by event, and read what it orders, line by line.
 *
 *     const stage = new Stage("missiletemporal");
 *     stage.join("ls", { class: "LS", needs: [4, 8] });
 *     stage.at(1_000).arrive("ls");
 *     stage.said(); // ["copy h2d ls 0+4096"]
 */
import type { channelRange } from "../../src/core/channel-set.ts";
import type { Commands, CopyOrder, LaunchOrder } from "../../src/core/command.ts";
import { type DeviceCounters, MAX_TENANTS, MAX_TPCS } from "../../src/core/device.ts";
import type { Event, Farewell, Tunable } from "../../src/core/event.ts";
import { asCopyId, asTenantId, type TenantId } from "../../src/core/ids.ts";
import type { Bound, KernelProfile, WeightStream } from "../../src/core/kernel.ts";
import { Scheduler } from "../../src/core/scheduler.ts";
import type { Snapshot } from "../../src/core/snapshot.ts";
import type { GpuSpec, TenantChange, TenantClass, TenantSpec } from "../../src/core/spec.ts";
import type { TpcSet } from "../../src/core/tpc-set.ts";

/** 12 TPCs, 12 channels, launches and gaps free of charge: figures that are easy to follow. */
export const stageGpu: GpuSpec = {
  name: "stage",
  capability: "9.0",
  sms: 24,
  smsPerTpc: 2,
  flopsPerSmNs: 500,
  threadsPerSm: 2048,
  registersPerSm: 65536,
  sharedBytesPerSm: 233_472,
  blocksPerSm: 32,
  l2Bytes: 60e6,
  vramBytes: 1e11,
  channels: 12,
  channelsPerPartition: 2,
  granuleBytes: 1024,
  compute: { achievedShare: 1, fullRateThreads: 256, kernelFloorNs: 0 },
  memory: { achievedGBs: 1200 } as GpuSpec["memory"],
  pcie: { h2dGBs: 50, d2hGBs: 50, chunkNs: 2400, idleStartNs: 0 },
  timing: { launchNs: 0, evictNs: 7000, kernelGapNs: 0, blockClaimNs: 0 },
  executor: { answerNs: 0, submitNs: 0, arrivalNs: 0, elasticKernelNs: 0 },
};

export interface Part {
  class: TenantClass;
  /** tpcsNeeded of each kernel. */
  needs?: readonly number[];
  bounds?: readonly Bound[];
  aloneNs?: number;
  computeShare?: number;
  memoryShare?: number;
  weightBytes?: number;
  stream?: WeightStream;
  inputBytes?: number;
  vramKiB?: number;
  nice?: number;
  smRequestPercent?: number;
  smLimitPercent?: number;
  sloMs?: number | null;
}

export function tenantSpec(name: string, part: Part): TenantSpec {
  const needs = part.needs ?? [12];
  const kernels = needs.map(
    (tpcsNeeded, index): KernelProfile => ({
      name: `k${index}`,
      blocks: 100,
      aloneNs: part.aloneNs ?? 50_000,
      tpcsNeeded,
      bound: part.bounds?.[index] ?? "compute",
      computeShare: part.computeShare ?? 0.9,
      memoryShare: part.memoryShare ?? 0.1,
      weightBytes: Math.floor((part.weightBytes ?? 0) / needs.length),
    }),
  );
  return {
    name,
    class: part.class,
    model: "toy",
    batch: 1,
    nice: part.nice ?? 100_000,
    vramKiB: part.vramKiB ?? 1e6,
    smRequestPercent: part.smRequestPercent ?? 0,
    smLimitPercent: part.smLimitPercent ?? 100,
    sloMs: part.sloMs ?? null,
    arrivals: { label: "by hand", load: { kind: "uniform", ratePerS: 1 }, startNs: 0, stopNs: null },
    network: {
      inputBytes: part.inputBytes ?? 4096,
      outputBytes: 1024,
      weightBytes: kernels.reduce((sum, kernel) => sum + kernel.weightBytes, 0),
      ...(part.stream === undefined ? {} : { stream: part.stream }),
      kernels,
    },
  };
}

export class Stage implements Commands, DeviceCounters {
  readonly scheduler: Scheduler;
  nowNs = 0;
  private lines: string[] = [];
  private readonly names: string[] = [];
  /** What the device would be doing. */
  readonly launches: { order: LaunchOrder; tpcs: TpcSet }[] = [];
  /** What it says when it is asked where work ran: tests write into it. */
  readonly tpcTimes = new Float64Array(MAX_TENANTS * MAX_TPCS);
  private readonly copies: { order: CopyOrder; sizeBytes: number }[] = [];

  constructor(policy: string, options: { cfsPeriodPackets?: number; gpu?: GpuSpec } = {}) {
    this.scheduler = new Scheduler(options.gpu ?? stageGpu, {
      policy,
      cfsPeriodPackets: options.cfsPeriodPackets ?? 512,
      beChannelShare: 1 / 3,
    });
  }

  at(nowNs: number): this {
    this.nowNs = nowNs;
    return this;
  }

  join(name: string, part: Part): this {
    this.names.push(name);
    const tenant = asTenantId(this.names.length - 1);
    return this.step({ kind: "tenantJoined", atNs: this.nowNs, tenant, spec: tenantSpec(name, part) });
  }

  arrive(name: string): this {
    return this.step({ kind: "requestArrived", atNs: this.nowNs, tenant: this.id(name) });
  }

  change(name: string, change: TenantChange): this {
    return this.step({ kind: "tenantChanged", atNs: this.nowNs, tenant: this.id(name), change });
  }

  leave(name: string, how: Farewell): this {
    return this.step({ kind: "tenantLeft", atNs: this.nowNs, tenant: this.id(name), how });
  }

  choose(policy: string): this {
    return this.step({ kind: "policyChosen", atNs: this.nowNs, policy });
  }

  mark(text: string): this {
    return this.step({ kind: "marked", atNs: this.nowNs, text });
  }

  resetStatistics(): this {
    return this.step({ kind: "statisticsReset", atNs: this.nowNs });
  }

  /** Nothing happens until now. */
  wait(): this {
    return this.step({ kind: "timePassed", atNs: this.nowNs });
  }

  /** The device is lost; `name`: whose launch it was. */
  fail(code: string, name?: string): this {
    this.launches.length = 0;
    this.copies.length = 0;
    const tenant = name === undefined ? -1 : this.id(name);
    return this.step({ kind: "deviceFailed", atNs: this.nowNs, code, tenant });
  }

  restore(): this {
    return this.step({ kind: "deviceRestored", atNs: this.nowNs });
  }

  set(tunable: Tunable, value: number): this {
    return this.step({ kind: "tunableSet", atNs: this.nowNs, tunable, value });
  }

  /** Whether the engines have chunks. */
  get hasCopies(): boolean {
    return this.copies.length > 0;
  }

  /** The oldest chunk of a direction has arrived. */
  copyDone(direction: "h2d" | "d2h" = "h2d"): this {
    const index = this.copies.findIndex((copy) => copy.order.direction === direction);
    const [chunk] = this.copies.splice(index, 1);
    return this.step({
      kind: "copyRetired",
      atNs: this.nowNs,
      copy: chunk!.order.id,
      movedBytes: chunk!.sizeBytes,
    });
  }

  /** The tenant's launch is complete, or stopped with some of its work left. */
  launchDone(name: string, left?: { kernelsDone: number; blocksLeft: number }): this {
    const index = this.launches.findIndex(({ order }) => order.tenant === this.id(name));
    const [launch] = this.launches.splice(index, 1);
    const { id, kernelCount } = launch!.order;
    const { kernelsDone, blocksLeft } = left ?? { kernelsDone: kernelCount, blocksLeft: 0 };
    return this.step({ kind: "launchRetired", atNs: this.nowNs, launch: id, kernelsDone, blocksLeft });
  }

  yielded(name: string, tpcs: TpcSet): this {
    const running = this.launches.find(({ order }) => order.tenant === this.id(name))!;
    running.tpcs = running.tpcs.minus(tpcs);
    return this.step({ kind: "tpcsYielded", atNs: this.nowNs, launch: running.order.id, tpcs });
  }

  /** Orders since the last call. */
  said(): string[] {
    return this.lines.splice(0);
  }

  snapshot(): Snapshot {
    return this.scheduler.snapshot(this);
  }

  channelBytes(): Float64Array {
    return new Float64Array(MAX_TENANTS * stageGpu.channels);
  }

  tpcNs(): Float64Array {
    return this.tpcTimes;
  }

  launch(order: LaunchOrder, tpcs: TpcSet): void {
    this.launches.push({ order, tpcs });
    const last = order.firstKernel + order.kernelCount - 1;
    const rest = order.blocksLeft > 0 ? ` from ${order.blocksLeft} blocks left` : "";
    const first = order.priority === 1 ? " first" : "";
    this.lines.push(
      `launch ${this.names[order.tenant]} kernels ${order.firstKernel}-${last}${rest} on ${tpcs}${first}`,
    );
  }

  extend(launch: number, tpcs: TpcSet): void {
    const running = this.launches.find(({ order }) => order.id === launch)!;
    running.tpcs = running.tpcs.union(tpcs);
    this.lines.push(`extend ${this.names[running.order.tenant]} to ${tpcs}`);
  }

  evict(launch: number, tpcs: TpcSet): void {
    const running = this.launches.find(({ order }) => order.id === launch)!;
    this.lines.push(`evict ${this.names[running.order.tenant]} from ${tpcs}`);
  }

  copy(order: CopyOrder, offsetBytes: number, sizeBytes: number): void {
    this.copies.push({ order: { ...order, id: asCopyId(order.id), direction: order.direction }, sizeBytes });
    this.lines.push(`copy ${order.direction} ${this.names[order.tenant]} ${offsetBytes}+${sizeBytes}`);
  }

  place(tenant: TenantId, channels: ReturnType<typeof channelRange>): void {
    this.lines.push(`place ${this.names[tenant]} in ${channels}`);
  }

  release(tenant: TenantId): void {
    this.lines.push(`release ${this.names[tenant]}`);
  }

  private id(name: string): TenantId {
    return asTenantId(this.names.lastIndexOf(name));
  }

  private step(event: Event): this {
    this.scheduler.step(event, this);
    return this;
  }
}
