/** A run of one mix on one GPU: the scheduler, its arrivals, its tenants and the device, put together. */
import type { Device } from "../core/device.ts";
import { MissileError } from "../core/error.ts";
import type { Event } from "../core/event.ts";
import { Scheduler } from "../core/scheduler.ts";
import type { Snapshot, TenantDetail, TenantSnapshot } from "../core/snapshot.ts";
import type { GpuSpec, LoadWindow } from "../core/spec.ts";
import { Arrivals } from "../core/workload.ts";
import type { MixConfig, TenantConfig } from "../presets/mix.ts";
import { checkPolicy, checkTunable, eventOf, type SchedulerAct } from "./acts.ts";
import {
  type BackendOptions,
  backends,
  type OpenedGpu,
  type OpeningProgress,
  SIMULATED,
} from "./backends.ts";
import { Doorbell } from "./doorbell.ts";
import { Journal } from "./journal.ts";
import { Outbox } from "./outbox.ts";
import { Recorder } from "./recorder.ts";
import type { Recording } from "./recording.ts";
import { Run } from "./run.ts";
import { Tenants } from "./tenants.ts";

export interface EngineOptions {
  /** Where to record the run; absent: nowhere. */
  readonly journalPath?: string | undefined;
  /** What to run on; absent: a simulated GPU. */
  readonly backend?: BackendOptions | undefined;
  /** Rung by whoever has something for the engine of a real GPU; absent: nobody does. */
  readonly doorbell?: Doorbell | undefined;
  /** Told how far the opening of a GPU is. */
  readonly opening?: OpeningProgress | undefined;
  /** Instead of the backend's own: for shadows of a run, and for tests. */
  readonly openDevice?: (gpu: string) => Device;
  /** When a tenant's requests come, instead of what its load says. */
  readonly arrivalsOf?: (config: TenantConfig) => LoadWindow;
}

function opened(gpu: string, options: EngineOptions): OpenedGpu {
  const { backend = SIMULATED, doorbell = new Doorbell(), opening = () => {}, openDevice } = options;
  if (openDevice !== undefined) return { device: openDevice(gpu), health: () => null, shortfall: null };
  return backends[backend.backend].open(gpu, backend, doorbell.word, opening);
}

export class Engine {
  /** How a real GPU fares; null for a simulated one, and until it is known. Waits for nobody. */
  readonly health: OpenedGpu["health"];
  /** What of the backend is not as it was asked for, in one line; null where all is. */
  readonly shortfall: string | null;
  private readonly device: Device;
  private readonly scheduler: Scheduler;
  private readonly tenants: Tenants;
  private readonly journal: Journal | undefined;
  private readonly run: Run;
  private readonly recorder = new Recorder();
  private readonly planned: MixConfig;

  /** Opens the GPU and lets the mix's tenants join at time 0. Throws MissileError for anything wrong with the mix. */
  constructor(mix: MixConfig, options: EngineOptions = {}) {
    const { journalPath } = options;
    const { policy, cfsPeriodPackets, beChannelShare, seed } = mix;
    checkPolicy(policy);
    checkTunable("cfsPeriodPackets", cfsPeriodPackets);
    checkTunable("beChannelShare", beChannelShare);
    const { device, health, shortfall } = opened(mix.gpu, options);
    const gpu = device.spec;
    const settings = { policy, cfsPeriodPackets, beChannelShare };
    const scheduler = new Scheduler(gpu, settings);
    const arrivals = new Arrivals(seed);
    scheduler.onRequestEnded = (tenant, atNs, arrivedNs, outcome) => {
      arrivals.completed(tenant, atNs);
      this.recorder.ended(tenant, atNs, arrivedNs, outcome);
    };
    this.planned = mix;
    this.device = device;
    this.health = health;
    this.shortfall = shortfall;
    this.scheduler = scheduler;
    this.tenants = new Tenants(device, options.arrivalsOf);
    this.journal =
      journalPath === undefined
        ? undefined
        : new Journal(journalPath, { mix: mix.name, seed, options: settings, gpu });
    const out = new Outbox(device.commands, this.journal?.commands, (tenant) => this.tenants.release(tenant));
    this.run = new Run({ device, scheduler, arrivals, out, record: this.journal?.event });
    try {
      this.admitAll(mix.tenants);
    } catch (cause) {
      this.close();
      throw cause;
    }
  }

  get gpu(): GpuSpec {
    return this.device.spec;
  }

  nowNs(): number {
    return this.device.nowNs();
  }

  /** The device's clock at this moment; a run that keeps up with a real GPU is at nowNs, just before it. */
  presentNs(): number {
    return this.device.presentNs();
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
    if (act.kind === "restoreDevice") this.restoreDevice();
    this.apply(eventOf(act, this.tenants, () => this.device.nowNs()));
  }

  /** Whether the device is out of order: nothing runs until it is restored. */
  get deviceHasFailed(): boolean {
    return this.scheduler.hasFailed;
  }

  /** The run as a mix, as all is set now. */
  mix(): MixConfig {
    const tenants = this.tenants.settled().map(({ config }) => config);
    return { ...this.planned, ...this.scheduler.options, tenants };
  }

  /** What was recorded, in memory that it shares: no time is spent on copying it. */
  recording(): Recording {
    const inFlight: number[] = [];
    this.scheduler.eachInFlight((tenant, arrivedNs) =>
      inFlight.push(this.recorder.tenancyOf(tenant), arrivedNs),
    );
    return {
      ...this.recorder.recording(),
      mix: this.mix(),
      present: this.tenants
        .settled()
        .map(({ tenant, loadOn }) => ({ tenancy: this.recorder.tenancyOf(tenant), loadOn })),
      gpu: this.device.spec,
      originNs: this.tenants.originNs,
      untilNs: this.device.nowNs(),
      inFlight,
    };
  }

  /** Throws MissileError "noSuchTenant" or "tenantLeaving". */
  tenantConfig(tenant: number): TenantConfig {
    return this.tenants.configOf(tenant);
  }

  /** What there is to see now. Bandwidths in it are since the snapshot before. */
  snapshot(): Snapshot {
    this.run.tellTime();
    return this.scheduler.snapshot(this.device);
  }

  /** The same in pieces, between which the run may go on: yields tenant after tenant, returns the whole. */
  *snapshotPieces(): Generator<TenantSnapshot, Snapshot> {
    this.run.tellTime();
    return yield* this.scheduler.snapshotPieces(this.device);
  }

  /** What there is to see of one tenant alone; null once it has left. */
  detail(tenant: number): TenantDetail | null {
    return this.scheduler.detail(tenant);
  }

  /** Writes what the journal still holds back. */
  flushJournal(): void {
    this.journal?.flush();
  }

  /** All are loaded before any joins, and their loads count from then: loading takes a real GPU seconds. */
  private admitAll(configs: readonly TenantConfig[]): void {
    const admitted = configs.map((config) => this.tenants.admit(config));
    const atNs = this.device.nowNs();
    this.tenants.originNs = atNs;
    for (const tenant of admitted) {
      this.apply({ kind: "tenantJoined", atNs, tenant, spec: this.tenants.specOf(tenant) });
    }
  }

  /** An event that is not the device's nor a request's. */
  private apply(event: Event): void {
    this.recorder.hear(event);
    this.run.deliver(event);
  }

  private restoreDevice(): void {
    if (!this.deviceHasFailed)
      throw new MissileError("the GPU works: there is nothing to rebuild", "deviceWorks");
    this.device.restore();
  }

  close(): void {
    this.journal?.close();
    this.device.close();
  }
}
