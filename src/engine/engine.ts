/** A run of one mix on one GPU: the scheduler, its arrivals, its tenants and the device, put together. */
import type { Device } from "../core/device.ts";
import { Scheduler } from "../core/scheduler.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { GpuSpec } from "../core/spec.ts";
import { Arrivals } from "../core/workload.ts";
import { openSimulatedGpu } from "../native/index.ts";
import { loadGpu } from "../presets/index.ts";
import type { MixConfig } from "../presets/mix.ts";
import { checkPolicy, checkTunable, eventOf, type SchedulerAct } from "./acts.ts";
import { Journal } from "./journal.ts";
import { Outbox } from "./outbox.ts";
import { Run } from "./run.ts";
import { Tenants } from "./tenants.ts";

export interface EngineOptions {
  /** Where to record the run; absent: nowhere. */
  readonly journalPath?: string | undefined;
  readonly openDevice?: (gpu: GpuSpec) => Device;
}

export class Engine {
  private readonly device: Device;
  private readonly scheduler: Scheduler;
  private readonly tenants: Tenants;
  private readonly journal: Journal | undefined;
  private readonly run: Run;

  /** Opens the GPU and lets the mix's tenants join at time 0. Throws MissileError for anything wrong with the mix. */
  constructor(mix: MixConfig, { journalPath, openDevice = openSimulatedGpu }: EngineOptions = {}) {
    const { policy, cfsPeriodPackets, beChannelShare, seed } = mix;
    checkPolicy(policy);
    checkTunable("cfsPeriodPackets", cfsPeriodPackets);
    checkTunable("beChannelShare", beChannelShare);
    const gpu = loadGpu(mix.gpu);
    const options = { policy, cfsPeriodPackets, beChannelShare };
    const device = openDevice(gpu);
    const scheduler = new Scheduler(gpu, options);
    const arrivals = new Arrivals(seed);
    scheduler.onRequestEnded = (tenant, atNs) => arrivals.completed(tenant, atNs);
    this.device = device;
    this.scheduler = scheduler;
    this.tenants = new Tenants(device);
    this.journal =
      journalPath === undefined ? undefined : new Journal(journalPath, { mix: mix.name, seed, options, gpu });
    const out = new Outbox(device.commands, this.journal?.commands, (tenant) => this.tenants.release(tenant));
    this.run = new Run({ device, scheduler, arrivals, out, record: this.journal?.event });
    try {
      for (const config of mix.tenants) this.act({ kind: "addTenant", config });
    } catch (cause) {
      this.close();
      throw cause;
    }
  }

  nowNs(): number {
    return this.device.nowNs();
  }

  /** Goes on to `untilNs`, or for `turns` turns of the loop if that comes first. True once `untilNs` is reached. */
  advance(untilNs: number, turns?: number): boolean {
    return this.run.advance(untilNs, turns);
  }

  /** Goes on until the next instant at which something happens. */
  step(): void {
    this.run.step();
  }

  /** Does what the operator asks, now. Throws MissileError when it is refused; the run is as before then. */
  act(act: SchedulerAct): void {
    this.run.deliver(eventOf(act, this.tenants, this.device.nowNs()));
  }

  /** What there is to see now. Bandwidths in it are since the snapshot before. */
  snapshot(): Snapshot {
    this.run.tellTime();
    return this.scheduler.snapshot(this.device.channelBytes());
  }

  /** Writes what the journal still holds back. */
  flushJournal(): void {
    this.journal?.flush();
  }

  close(): void {
    this.journal?.close();
    this.device.close();
  }
}
