/** A simulated GPU with synthetic tenants, driven through the Device port, that keeps every event. */
import type { Event } from "../../src/core/event.ts";
import { asCopyId, asLaunchId, asTenantId, type LaunchId } from "../../src/core/ids.ts";
import type { Kernel } from "../../src/core/kernel.ts";
import type { ExecutorSpec, GpuSpec } from "../../src/core/spec.ts";
import { type TpcSet, tpcRange } from "../../src/core/tpc-set.ts";
import { openSimulatedGpu } from "../../src/native/index.ts";
import { loadGpu } from "../../src/presets/gpu.ts";
import { network } from "./kernels.ts";

export interface LaunchOptions {
  readonly firstKernel?: number;
  readonly kernelCount?: number;
  readonly blocksLeft?: number;
  readonly priority?: 0 | 1;
}

/** The chip and its driver alone. */
const NO_EXECUTOR: ExecutorSpec = { answerNs: 0, submitNs: 0, arrivalNs: 0, elasticKernelNs: 0 };

export class Harness {
  readonly gpu: ReturnType<typeof openSimulatedGpu>;
  /** Copies of all events so far; the device reuses the ones that it delivers. */
  readonly events: Event[] = [];
  private launches = 0;

  constructor(spec: GpuSpec = loadGpu("h200"), executor: Partial<ExecutorSpec> = {}) {
    this.gpu = openSimulatedGpu({ ...spec, executor: { ...NO_EXECUTOR, ...executor } });
  }

  load(tenant: number, ...kernels: readonly Kernel[]) {
    return this.gpu.load(asTenantId(tenant), network(...kernels));
  }

  launch(tenant: number, tpcs: TpcSet, options: LaunchOptions = {}): LaunchId {
    const { firstKernel = 0, kernelCount = 1, blocksLeft = 0, priority = 0 } = options;
    const id = asLaunchId(this.launches++);
    const order = { id, tenant: asTenantId(tenant), firstKernel, kernelCount, blocksLeft, priority };
    this.gpu.commands.launch({ ...order, slot: 0 }, tpcs);
    return id;
  }

  copy(id: number, direction: "h2d" | "d2h", sizeBytes: number): void {
    const purpose = direction === "h2d" ? "input" : "output";
    this.gpu.commands.copy(
      { id: asCopyId(id), tenant: asTenantId(0), direction, purpose, slot: 0 },
      0,
      sizeBytes,
    );
  }

  /** Polls until untilNs. */
  runUntil(untilNs: number): this {
    while (this.gpu.nowNs() < untilNs) this.poll(untilNs);
    return this;
  }

  runFor(ns: number): this {
    return this.runUntil(this.gpu.nowNs() + ns);
  }

  /** Polls once, keeping the events. */
  poll(untilNs: number): void {
    this.gpu.poll(untilNs, (event) => this.events.push({ ...event }));
  }

  /** The retirement of a launch: waits for it, for at most ten simulated seconds. */
  retired(launch: LaunchId): Extract<Event, { kind: "launchRetired" }> {
    const limitNs = this.gpu.nowNs() + 1e10;
    for (;;) {
      for (const event of this.events) {
        if (event.kind === "launchRetired" && event.launch === launch) return event;
      }
      if (this.gpu.nowNs() >= limitNs) throw new Error(`launch ${launch} does not retire`);
      this.poll(limitNs);
    }
  }

  yieldsOf(launch: LaunchId) {
    return this.events
      .filter((event) => event.kind === "tpcsYielded")
      .filter((event) => event.launch === launch);
  }

  /** Bytes that the tenant has moved through each channel. */
  channelBytes(tenant: number): Float64Array {
    const { channels } = this.gpu.spec;
    return this.gpu.channelBytes().slice(tenant * channels, (tenant + 1) * channels);
  }

  vramBytes(tenant: number): number {
    return this.channelBytes(tenant).reduce((sum, bytes) => sum + bytes, 0);
  }

  /** All TPCs of the GPU. */
  get everything(): TpcSet {
    return tpcRange(0, this.gpu.spec.sms / this.gpu.spec.smsPerTpc);
  }
}
