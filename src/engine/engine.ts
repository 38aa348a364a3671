/** A run of one mix on one GPU: the scheduler, its arrivals, its tenants and the device, put together. */
import type { Device } from "../core/device.ts";
import { MissileError } from "../core/error.ts";
import type { Event } from "../core/event.ts";
import { asTenantId, type TenantId } from "../core/ids.ts";
import { Scheduler } from "../core/scheduler.ts";
import type { Snapshot, TenantDetail, TenantSnapshot } from "../core/snapshot.ts";
import { type ClientSpec, type GpuSpec, type LoadWindow, tpcCount } from "../core/spec.ts";
import { Arrivals } from "../core/workload.ts";
import type { MixConfig, TenantConfig } from "../presets/mix.ts";
import type { ProfileShelf } from "../profiles/index.ts";
import { checkPolicy, checkTunable, eventOf, type PaceAct, type SchedulerAct, sayPace } from "./acts.ts";
import { type BackendOptions, SIMULATED } from "./backend-choice.ts";
import { backends, type OpenedGpu, type OpeningProgress, unwatched } from "./backends.ts";
import { ClientRequests, type Ticket, type TicketOutput } from "./client-requests.ts";
import { Doorbell } from "./doorbell.ts";
import { Journal } from "./journal.ts";
import type { Networks } from "./networks.ts";
import { Outbox } from "./outbox.ts";
import { Recorder } from "./recorder.ts";
import type { Recording } from "./recording.ts";
import { type ContentsPort, RequestContents } from "./request-contents.ts";
import { Run } from "./run.ts";
import { shownKernels, type TenantKernels } from "./tenant-kernels.ts";
import { Tenants } from "./tenants.ts";

export interface EngineOptions {
  /** Where to record the run; absent: nowhere. */
  readonly journalPath?: string | undefined;
  /** The run goes on where its journal cannot be written on, and marks that; else it ends there. */
  readonly outlivesJournal?: boolean;
  /** What to run on; absent: a simulated GPU. */
  readonly backend?: BackendOptions | undefined;
  /** Rung by whoever has something for the engine of a real GPU; absent: nobody does. */
  readonly doorbell?: Doorbell | undefined;
  /** Told how far the opening of a GPU is. */
  readonly opening?: OpeningProgress | undefined;
  /** Instead of the backend's own: for shadows of a run, and for tests. */
  readonly openDevice?: (gpu: string) => Device;
  /** What is known of networks on that device before they are loaded; absent: nothing. */
  readonly profiles?: ProfileShelf;
  /** What tenants' choices are on that device; absent: as on a simulated one. */
  readonly networks?: Networks;
  /** Where contents of requests go on that device; absent: nowhere. */
  readonly contents?: ContentsPort;
  /** When a tenant's requests come, instead of what its load says. */
  readonly arrivalsOf?: (config: TenantConfig) => LoadWindow;
}

function opened(mix: MixConfig, options: EngineOptions): OpenedGpu {
  const { backend = SIMULATED, doorbell = new Doorbell(), opening = () => {}, openDevice } = options;
  if (openDevice !== undefined) {
    const opened = unwatched(openDevice(mix.gpu), options.profiles, options.networks);
    return { ...opened, contents: options.contents ?? null };
  }
  return backends[backend.backend].open(mix, backend, doorbell.word, opening);
}

export class Engine {
  /** How a real GPU fares; null for a simulated one, and until it is known. Waits for nobody. */
  readonly health: OpenedGpu["health"];
  /** Where the blocks of a tenant's memory lie on a real GPU, as numbers; null: not known. Waits for nobody. */
  readonly blocks: OpenedGpu["blocks"];
  /** What of the backend is not as it was asked for, in one line; null where all is. */
  readonly shortfall: string | null;
  private readonly curves: OpenedGpu["curves"];
  private readonly isReal: boolean;
  private readonly device: Device;
  private readonly scheduler: Scheduler;
  private readonly tenants: Tenants;
  private readonly journal: Journal | undefined;
  /** Why it has ended, until that is marked. */
  private journalEnded: string | null = null;
  private readonly arrivals: Arrivals;
  private readonly clientRequests = new ClientRequests();
  private readonly contents: RequestContents;
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
    const { device, profiles, networks, curves, health, blocks, contents, shortfall } = opened(mix, options);
    const gpu = device.spec;
    const settings = { policy, cfsPeriodPackets, beChannelShare };
    const scheduler = new Scheduler(gpu, settings);
    const arrivals = new Arrivals(seed);
    this.contents = new RequestContents(contents);
    scheduler.onRequestStaged = (tenant, request) => this.contents.staged(tenant, request);
    scheduler.onRequestEnded = (tenant, atNs, arrivedNs, outcome, request, slot) => {
      arrivals.completed(tenant, atNs);
      this.recorder.ended(tenant, atNs, arrivedNs, outcome);
      const output = this.contents.ended(tenant, request, slot, outcome);
      this.clientRequests.ended(request, outcome, arrivedNs, atNs, output);
    };
    this.arrivals = arrivals;
    this.planned = mix;
    this.device = device;
    this.curves = curves;
    this.isReal = backends[options.backend?.backend ?? SIMULATED.backend].isReal;
    this.health = health;
    this.blocks = blocks;
    this.shortfall = shortfall;
    this.scheduler = scheduler;
    this.tenants = new Tenants(device, profiles, networks, options.arrivalsOf);
    this.journal =
      journalPath === undefined
        ? undefined
        : new Journal(
            journalPath,
            { mix: mix.name, seed, options: settings, gpu },
            options.outlivesJournal
              ? (why) => {
                  this.journalEnded = why;
                }
              : undefined,
          );
    const out = new Outbox(device.commands, this.journal?.commands, (tenant) => {
      this.tenants.release(tenant);
      this.contents.released(tenant);
    });
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

  /** Does what the operator asks, now; `who`: see eventOf. Throws MissileError when it is refused; the run is as before then. */
  act(act: SchedulerAct, who = ""): void {
    if (act.kind === "restoreDevice") this.restoreDevice();
    this.apply(eventOf(act, who, this.tenants, () => this.device.nowNs()));
  }

  /** Writes down an act on how fast the run goes, which its driver has done. */
  notePace(act: PaceAct, who: string): void {
    const text = sayPace(act);
    const atNs = this.device.nowNs();
    if (text !== null) this.apply({ kind: "paced", atNs, text, ...(who === "" ? {} : { who }) });
  }

  /** A tenant from outside joins. Returns its tenancy. Throws MissileError as addTenant does. */
  bring(config: TenantConfig, client: ClientSpec): number {
    const tenant = this.tenants.admit(config, client);
    const spec = this.tenants.specOf(tenant);
    this.apply({ kind: "tenantJoined", atNs: this.device.nowNs(), tenant, spec, who: client.address });
    return this.recorder.tenancyOf(tenant);
  }

  /** It leaves with all of its requests, unless it has left. */
  dismiss(tenancy: number): void {
    const tenant = this.recorder.tenantOf(tenancy);
    if (tenant === null || !this.tenants.mayLeave(tenant, "abort")) return;
    const { client } = this.tenants.networkOf(tenant).spec;
    this.act({ kind: "removeTenant", tenant, how: "abort" }, client?.address);
  }

  /** What requests of a tenant from outside get that come from now on. Throws MissileError "tenantGone" and as RequestContents.setInput does. */
  setInput(tenancy: number, bytes: Uint8Array): void {
    const tenant = this.stayingTenant(tenancy);
    this.contents.setInput(tenant, this.tenants.networkOf(tenant).network, bytes);
  }

  /** takeOutputs tells what requests compute that come from now on. Throws MissileError "tenantGone". */
  wantOutputs(tenancy: number): void {
    const tenant = this.stayingTenant(tenancy);
    this.contents.wantOutputs(tenant, this.tenants.networkOf(tenant).network);
  }

  /** A request from outside comes, now. Throws MissileError: "tenantGone" or "loadOff". */
  infer(ticket: Ticket, tenancy: number): void {
    const tenant = this.stayingTenant(tenancy);
    if (!this.arrivals.admit(tenant)) {
      throw new MissileError("the tenant's load is off; the operator can switch it on again", "loadOff");
    }
    this.clientRequests.expect(ticket, tenant, this.scheduler.nextRequest);
    this.contents.expect(tenant, this.scheduler.nextRequest);
    this.run.deliver({ kind: "requestArrived", atNs: this.device.nowNs(), tenant });
  }

  /** Nobody waits for it any more. One that has ended stays as it is. */
  cancel(ticket: Ticket): void {
    const sent = this.clientRequests.find(ticket);
    if (sent !== null) this.run.deliver({ kind: "requestCancelled", atNs: this.device.nowNs(), ...sent });
  }

  /** A client outside was refused something: for the log. */
  noteRefused(who: string, text: string): void {
    this.apply({ kind: "clientRefused", atNs: this.device.nowNs(), who, text });
  }

  /** Whether requests from outside are in flight. */
  get isAwaited(): boolean {
    return this.clientRequests.size > 0;
  }

  /** Whether some have ended of which nobody has asked yet. */
  get hasEnds(): boolean {
    return this.clientRequests.hasEnds;
  }

  /** Those that have ended since this was last asked: see ClientRequests. */
  takeEnds(): readonly number[] {
    return this.clientRequests.takeEnds();
  }

  /** What those have computed, where it is wanted. */
  takeOutputs(): readonly TicketOutput[] {
    return this.clientRequests.takeOutputs();
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

  /** What each kernel of a tenant's network takes alone. Throws MissileError "noSuchTenant". */
  kernels(tenant: number): TenantKernels {
    const { network, spec } = this.tenants.networkOf(tenant);
    const curves = this.curves(asTenantId(tenant), network.kernels.length);
    return {
      tenant,
      model: spec.model,
      batch: spec.batch,
      isMeasured: this.isReal || network.curves !== undefined,
      kernels: shownKernels(network, spec.network, curves, tpcCount(this.device.spec)),
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
    if (this.journalEnded === null) return;
    const text = `the journal ends here: ${this.journalEnded}`;
    this.journalEnded = null;
    this.act({ kind: "mark", text }, "the journal");
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

  private stayingTenant(tenancy: number): TenantId {
    const tenant = this.recorder.tenantOf(tenancy);
    if (tenant !== null && this.tenants.isStaying(tenant)) return tenant;
    throw new MissileError("the tenant has left the run; load its model again", "tenantGone");
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
