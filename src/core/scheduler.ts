/**
 * The scheduler core: a deterministic state machine without I/O. Events in, commands out; this file is the one switch.
 */
import { assert } from "./assert.ts";
import type { Commands, Slot } from "./command.ts";
import type { DeviceCounters } from "./device.ts";
import type { Event, Farewell, Tunable } from "./event.ts";
import type { RequestId, TenantId } from "./ids.ts";
import { observe, observeDetail, observePieces, RateMeter } from "./observe.ts";
import { Pipeline } from "./pipeline.ts";
import { instantiateNamed } from "./policies/index.ts";
import type { Outcome } from "./request.ts";
import {
  type DecisionEntry,
  type Snapshot,
  sayFailure,
  type TenantDetail,
  type TenantSnapshot,
} from "./snapshot.ts";
import type { GpuSpec, TenantChange, TenantClass, TenantSpec } from "./spec.ts";
import { type SchedulerOptions, State } from "./state.ts";
import { Tenant } from "./tenant.ts";

/** Marks that are kept: more than an operator finds his way among. */
const MARKS_KEPT = 64;

export type RequestListener = (
  tenant: TenantId,
  atNs: number,
  arrivedNs: number,
  outcome: Outcome,
  request: RequestId,
  slot: Slot,
) => void;

export type StagedListener = (tenant: TenantId, request: RequestId) => void;

export class Scheduler {
  private readonly state: State;
  private readonly pipeline: Pipeline;
  private readonly meter: RateMeter;
  private lsWasActive = false;
  private wasBesideBe = false;
  /** The one that is being taken. */
  private event: Event | null = null;
  /** Tenants of which nothing is left, to be released at the end of this step. */
  private readonly gone = new Set<Tenant>();
  /** Told whenever a request has ended, and how. Nothing goes to its slot before this returns. */
  onRequestEnded: RequestListener = () => {};
  /** Told when the input of a request is to be copied, before that is ordered and while no other of the tenant is on its way. */
  onRequestStaged: StagedListener = () => {};

  /** Throws MissileError for a policy that does not exist. */
  constructor(gpu: GpuSpec, options: SchedulerOptions) {
    this.state = new State(gpu, options, instantiateNamed);
    this.meter = new RateMeter(this.state.book.tpcs);
    this.pipeline = new Pipeline(this.state);
    this.pipeline.onEnded = ({ id, tenant, arrivedNs, slot }, outcome) =>
      this.onRequestEnded(tenant.id, this.state.nowNs, arrivedNs, outcome, id, slot);
    this.pipeline.onStaged = ({ id, tenant }) => this.onRequestStaged(tenant.id, id);
    this.pipeline.onGone = (tenant) => this.gone.add(tenant);
  }

  /** Takes one event and appends what follows from it to `out`. Times of events never fall. */
  step(event: Event, out: Commands): void {
    const { state } = this;
    assert(event.atNs >= state.nowNs, "the time of events never falls");
    state.nowNs = event.atNs;
    state.events++;
    state.book.open(out, event.atNs);
    this.event = event;
    this.apply(event);
    this.settle(out);
  }

  /** What there is to see; rates are since the snapshot before. */
  snapshot(counters: DeviceCounters): Snapshot {
    return observe(this.state, counters, this.meter);
  }

  /** What it was made with, as that is set now. */
  get options(): SchedulerOptions {
    const { nextPolicy, policy, cfsPeriodPackets, beChannelShare } = this.state;
    return { policy: nextPolicy ?? policy.name, cfsPeriodPackets, beChannelShare };
  }

  /** Tells the arrival of each request that has not ended. */
  eachInFlight(tell: (tenant: TenantId, arrivedNs: number) => void): void {
    for (const tenant of this.state.tenants.values()) {
      for (const request of tenant.admitted()) tell(tenant.id, request.arrivedNs);
      for (const request of tenant.queue) tell(tenant.id, request.arrivedNs);
    }
  }

  /** What the next request to arrive will be called. */
  get nextRequest(): RequestId {
    return this.pipeline.nextRequest;
  }

  /** Whether the device is out of order. */
  get hasFailed(): boolean {
    return this.state.failure !== null;
  }

  /** The same in pieces: see observePieces. */
  snapshotPieces(counters: DeviceCounters): Generator<TenantSnapshot, Snapshot> {
    return observePieces(this.state, counters, this.meter);
  }

  /** What there is to see of one tenant alone; null once it has left. */
  detail(tenant: number): TenantDetail | null {
    return observeDetail(this.state, tenant);
  }

  private apply(event: Event): void {
    const { state, pipeline } = this;
    switch (event.kind) {
      case "tenantJoined":
        this.join(event.tenant, event.spec);
        break;
      case "tenantChanged":
        this.change(this.tenant(event.tenant), event.change);
        break;
      case "tenantLeft":
        this.leave(this.tenant(event.tenant), event.how);
        break;
      case "policyChosen":
        this.choosePolicy(event.policy);
        break;
      case "tunableSet":
        this.setTunable(event.tunable, event.value);
        break;
      case "statisticsReset":
        this.resetStatistics();
        break;
      case "marked":
        this.mark(event.text);
        break;
      case "paced":
        this.note("operator", -1, () => event.text);
        break;
      case "clientRefused":
        this.note("client", -1, () => event.text);
        break;
      case "requestArrived":
        pipeline.arrive(this.tenant(event.tenant));
        break;
      case "requestCancelled":
        pipeline.cancel(this.tenant(event.tenant), event.request);
        break;
      case "deviceFailed":
        this.loseDevice(event.code, event.tenant);
        break;
      case "deviceRestored":
        this.regainDevice();
        break;
      default:
        // Of what the device had when it failed nothing is left.
        if (state.failure === null) this.progress(event);
    }
  }

  /** Takes what the device says of launches and copies. */
  private progress(event: Event): void {
    const { state, pipeline } = this;
    switch (event.kind) {
      case "tpcsYielded":
        state.book.yielded(state.book.find(event.launch), event.tpcs);
        state.tpcsFreed = true;
        break;
      case "launchRetired":
        pipeline.launchRetired(state.book.find(event.launch), event.kernelsDone, event.blocksLeft);
        break;
      case "copyRetired":
        this.copyRetired(event);
        break;
    }
  }

  /** Lets the policies act on what has changed. */
  private settle(out: Commands): void {
    const { state } = this;
    this.releaseGone(out);
    if (state.failure !== null) return;
    if (state.nextPolicy !== null && state.book.running.length === 0) this.adoptPolicy(state.nextPolicy);
    const scheduling = (state.smDirty || state.tpcsFreed) && state.nextPolicy === null;
    if (scheduling && state.smDirty) state.policy.sm.plan(state.book);
    this.place(out);
    if (scheduling) {
      state.smDirty = false;
      state.tpcsFreed = false;
      state.policy.sm.schedule(state.book);
      // Where the driver takes one order after the other, an LS output behind five BE launches that grow would wait 16 us.
      this.pump("LS", out);
      state.policy.sm.fill(state.book, state.nowNs);
    }
    this.pump("BE", out);
  }

  /** Feeds the copy engines; `upTo` LS: until it is the turn of BE. */
  private pump(upTo: TenantClass, out: Commands): void {
    const { lanes, policy, nowNs } = this.state;
    lanes.h2d.pump(policy.copy, upTo, nowNs, out);
    lanes.d2h.pump(policy.copy, upTo, nowNs, out);
  }

  private copyRetired(event: Extract<Event, { kind: "copyRetired" }>): void {
    const { lanes, nowNs } = this.state;
    const lane = lanes.h2d.isNext(event.copy) ? lanes.h2d : lanes.d2h;
    this.pipeline.copyRetired(lane.retire(event.copy, event.movedBytes, nowNs));
  }

  /** Tells the device where memory lies now, wherever that has changed. */
  private place(out: Commands): void {
    const { state } = this;
    const lsIsActive = state.lsActive > 0;
    const besideBe = lsIsActive ? state.policy.sm.besideBe : this.wasBesideBe;
    if (lsIsActive === this.lsWasActive && besideBe === this.wasBesideBe && !state.placementDirty) return;
    this.lsWasActive = lsIsActive;
    this.wasBesideBe = besideBe;
    state.placementDirty = false;
    for (const tenant of state.tenants.values()) {
      const channels = state.policy.vram.channelsOf(tenant);
      if (channels.equals(tenant.channels)) continue;
      tenant.channels = channels;
      state.placements++;
      out.place(tenant.id, channels);
    }
  }

  private releaseGone(out: Commands): void {
    if (this.gone.size === 0) return;
    for (const tenant of this.gone) {
      this.state.tenants.delete(tenant.id);
      this.state.placementDirty = true;
      out.release(tenant.id);
      this.note("scheduler", tenant.id, () => `${tenant.spec.name} has left`);
    }
    this.gone.clear();
  }

  private join(id: TenantId, spec: TenantSpec): void {
    const { state } = this;
    assert(!state.tenants.has(id), "a tenant joins once");
    const tenant = new Tenant(id, spec, state.nowNs);
    state.tenants.set(id, tenant);
    state.delays.joined(tenant);
    state.placementDirty = true;
    state.smDirty = true;
    const by = spec.client === undefined ? "operator" : "client";
    this.note(by, id, () => `${spec.name} joined: ${spec.class}, ${spec.model}, nice ${spec.nice}`);
  }

  private change(tenant: Tenant, change: TenantChange): void {
    const before = tenant.spec;
    tenant.change(change);
    this.state.book.floorChanged(tenant);
    this.state.smDirty = true;
    for (const [key, value] of Object.entries(change)) {
      if (key === "arrivals") {
        const { label } = tenant.spec.arrivals;
        this.note("operator", tenant.id, () => `${before.name}: load ${before.arrivals.label} -> ${label}`);
      } else if (key === "loadOn")
        this.note("operator", tenant.id, () => `${before.name}: load ${value ? "on" : "off"}`);
      else {
        const old = before[key as keyof TenantSpec];
        this.note(
          "operator",
          tenant.id,
          () => `${before.name}: ${key} ${old ?? "none"} -> ${value ?? "none"}`,
        );
      }
    }
  }

  private leave(tenant: Tenant, how: Farewell): void {
    tenant.leaving = how;
    const { inFlight, spec } = tenant;
    const isClients = spec.client !== undefined && spec.client.address === this.who();
    this.note(
      isClients ? "client" : "operator",
      tenant.id,
      () => `${spec.name} leaves: ${inFlight} requests to ${how}`,
    );
    if (how === "abort") this.pipeline.abort(tenant);
    this.pipeline.settleLeaving(tenant);
  }

  private setTunable(tunable: Tunable, value: number): void {
    const { state } = this;
    const before = state[tunable];
    state[tunable] = value;
    state.smDirty = true;
    state.placementDirty = true;
    this.forgetCopyTimes();
    this.note("operator", -1, () => `${tunable} ${before} -> ${value}`);
  }

  /** So that what is told of copies is all of the settings that stand: an operator compares them. */
  private forgetCopyTimes(): void {
    for (const { metrics } of this.state.tenants.values()) metrics.recentCopyIn.reset();
  }

  private resetStatistics(): void {
    const { state } = this;
    for (const tenant of state.tenants.values()) tenant.metrics.reset(state.nowNs, tenant.inFlight);
    state.book.resetStatistics(state.nowNs);
    this.note("operator", -1, () => "statistics begin anew");
  }

  private mark(text: string): void {
    const { marks, nowNs } = this.state;
    marks.push({ atNs: nowNs, text });
    if (marks.length > MARKS_KEPT) marks.shift();
    this.note("operator", -1, () => `mark: ${text}`);
  }

  /** Launches leave the GPU at their next block boundary; copies in flight stay what they are. */
  private choosePolicy(name: string): void {
    const { state } = this;
    const before = state.nextPolicy ?? state.policy.name;
    if (name === before) return;
    state.nextPolicy = name;
    this.forgetCopyTimes();
    for (const launch of [...state.book.running]) state.book.evict(launch, launch.held);
    this.note("operator", -1, () => `policy ${before} -> ${name}`);
  }

  /** The new policy starts on an empty GPU with everything that waits. */
  private adoptPolicy(name: string): void {
    const { state } = this;
    state.nextPolicy = null;
    state.policy = instantiateNamed(name, state.context());
    const waiting = [...state.tenants.values()].flatMap((tenant) => [...tenant.admitted()]);
    for (const request of waiting.sort((a, b) => a.id - b.id)) {
      if (!request.aborted) this.pipeline.takeOver(request);
    }
    state.smDirty = true;
    state.placementDirty = true;
  }

  /** Nothing is waited for; the policy forgets what it had planned. */
  private loseDevice(code: string, blamed: TenantId | -1): void {
    const { state } = this;
    const tenant = state.tenants.get(blamed as TenantId);
    const failure = { code, tenant: tenant?.spec.name ?? null };
    state.failure = failure;
    this.note("device", blamed, () => sayFailure(failure));
    state.book.clear();
    for (const lane of Object.values(state.lanes)) lane.clear(state.nowNs);
    if (tenant !== undefined) tenant.loadOn = false;
    this.pipeline.loseDevice(blamed);
    this.adoptPolicy(state.nextPolicy ?? state.policy.name);
  }

  /** Everything begins anew: tenants are cold, places are told again. */
  private regainDevice(): void {
    const { state } = this;
    assert(state.failure !== null, "a device is restored after it has failed");
    state.failure = null;
    this.note("device", -1, () => "the GPU works again");
    this.pipeline.regainDevice();
  }

  private tenant(id: TenantId): Tenant {
    const tenant = this.state.tenants.get(id);
    assert(tenant !== undefined, "events are about tenants that are here");
    return tenant;
  }

  /** Which operator or client does what the event says; "": there is but one, or it is nobody's act. */
  private who(): string {
    return this.event !== null && "who" in this.event ? (this.event.who ?? "") : "";
  }

  private note(by: DecisionEntry["by"], tenant: TenantId | -1, say: () => string): void {
    const { log, nowNs } = this.state;
    log.who = this.who();
    log.add(nowNs, by, tenant, say);
  }
}
