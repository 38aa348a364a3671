/**
 * A session without an engine: hand-made snapshots that move with a clock of their own, and acts that change them. The
 * same seedless arithmetic gives the same snapshots every time, so screens made of them can be compared as text.
 */
import { MissileError } from "../../src/core/error.ts";
import type {
  ChannelSnapshot,
  CopyQueueSnapshot,
  DecisionEntry,
  DeviceFailure,
  LatencySummary,
  Snapshot,
  TenantSnapshot,
} from "../../src/core/snapshot.ts";
import type { BackendName } from "../../src/engine/backends.ts";
import type { Act, Session, View } from "../../src/engine/session.ts";
import type { TenantConfig } from "../../src/presets/mix.ts";
import { EARLY_DECISIONS, type FakeTenant, FIRST_TENANTS } from "./fake-mix.ts";

const CHANNELS = 47;
const TPCS = 66;

/** A smooth value in 0..1 that differs by what it is asked for. */
const wave = (seconds: number, what: number): number =>
  0.5 + 0.5 * Math.sin(seconds * (1 + (what % 5) / 3) + what * 1.7);

function bits(from: number, to: number): [number, number, number] {
  const words: [number, number, number] = [0, 0, 0];
  for (let index = from; index < to; index++) words[index >> 5]! |= 1 << (index & 31);
  return words;
}

const latency = (count: number, p50: number): LatencySummary =>
  count === 0
    ? { count, p50: Number.NaN, p90: Number.NaN, p99: Number.NaN, max: Number.NaN, mean: Number.NaN }
    : { count, p50, p90: p50 * 1.2, p99: p50 * 1.45, max: p50 * 2, mean: p50 * 1.05 };

/** Of a real GPU on which all is well. */
export const HEALTH: NonNullable<View["health"]> = {
  decisions: { count: 12_345, p50Ns: 2400, p99Ns: 7800, p999Ns: 31_000 },
  launches: 12_345,
  evictions: 678,
  smPartitions: 24,
  maskedLaunches: 9,
  memory: {
    poolMiB: 256,
    uncolouredWhy: null,
    partitions: 12,
    bePartitions: 4,
    migratedBytes: 3 * 2 ** 20,
    shortage: null,
  },
  telemetry: {
    smMhz: 1980,
    milliwatts: 77_400,
    celsius: 30,
    memoryUsedBytes: 30 * 2 ** 30,
    memoryBytes: 140 * 2 ** 30,
  },
};

export class FakeSession implements Session {
  readonly acts: Act[] = [];
  readonly died: Promise<string>;
  /** Makes the engine die with this message. */
  die!: (message: string) => void;
  closed = false;
  backend: BackendName = "sim";
  health: View["health"] = null;
  #tenants: FakeTenant[] = FIRST_TENANTS.map((tenant, id) => ({
    ...tenant,
    id,
    nice: id === 0 ? 200_000 : 100_000,
  }));
  #nextId = FIRST_TENANTS.length;
  #seconds = 12.345;
  #policy = "missiletemporal";
  #cfsPeriodPackets = 512;
  #paused = false;
  #speed = 1;
  #failure: DeviceFailure | null = null;
  #log: DecisionEntry[] = [];
  #view: View;
  readonly #listeners = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.died = new Promise((resolve) => {
      this.die = resolve;
    });
    for (const [index, [tenant, text]] of EARLY_DECISIONS.entries()) {
      this.#decide(
        tenant,
        text,
        tenant === -1 ? "operator" : "scheduler",
        this.#seconds - (EARLY_DECISIONS.length - index) * 0.137,
      );
    }
    this.#view = this.#makeView();
  }

  view(): View {
    return this.#view;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  act(act: Act): Promise<void> {
    this.acts.push(act);
    try {
      this.#apply(act);
    } catch (error) {
      return Promise.reject(error);
    }
    this.publish();
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.closed = true;
    clearInterval(this.#timer);
    return Promise.resolve();
  }

  /** Lets simulated time pass and publishes the view. */
  advance(seconds: number): void {
    this.#seconds += seconds;
    this.publish();
  }

  /** Replaces the run by `count` tenants. */
  populate(count: number): void {
    this.#tenants = Array.from({ length: count }, (_, id) => ({
      ...FIRST_TENANTS[id % FIRST_TENANTS.length]!,
      id,
      name: `${FIRST_TENANTS[id % FIRST_TENANTS.length]!.name}-${id}`,
      nice: 100_000,
    }));
    this.publish();
  }

  fail(code: string, tenant: string | null): void {
    this.#failure = { code, tenant };
    this.publish();
  }

  /** Publishes at screen rate, with a decision now and then. */
  start(): void {
    this.#timer = setInterval(() => {
      if (this.#paused) return;
      const before = Math.floor(this.#seconds * 3);
      this.#seconds += 0.033 * this.#speed;
      if (Math.floor(this.#seconds * 3) !== before) {
        const [tenant, text] = EARLY_DECISIONS[before % (EARLY_DECISIONS.length - 1)]!;
        this.#decide(tenant, text, "scheduler", this.#seconds);
      }
      this.publish();
    }, 33);
  }

  publish(): void {
    this.#view = this.#makeView();
    for (const listener of [...this.#listeners]) listener();
  }

  #apply(act: Act): void {
    if (act.kind === "choosePolicy") this.#policy = act.policy;
    else if (act.kind === "setPaused") this.#paused = act.paused;
    else if (act.kind === "setSpeed") this.#speed = act.factor;
    else if (act.kind === "step") this.#seconds += 0.000_137;
    else if (act.kind === "setTunable" && act.tunable === "cfsPeriodPackets")
      this.#cfsPeriodPackets = act.value;
    else if (act.kind === "changeTenant")
      this.#find(act.tenant).nice = act.change.nice ?? this.#find(act.tenant).nice;
    else if (act.kind === "removeTenant")
      this.#tenants = this.#tenants.filter((tenant) => tenant !== this.#find(act.tenant));
    else if (act.kind === "addTenant") this.#add(act.config);
    this.#decide(-1, `the operator asked: ${act.kind}`, "operator", this.#seconds);
  }

  #add(config: TenantConfig): void {
    if (this.#tenants.length >= 12)
      throw new MissileError(`no room for ${config.name}: 12 tenants run, remove one first`, "NO_ROOM");
    this.#tenants.push({
      id: this.#nextId++,
      name: config.name,
      class: config.class,
      model: config.model,
      load: config.load.kind,
      baseMs: 5,
      sloMs: config.sloMs,
      weightKiB: 50_000,
      vramKiB: 50_000,
      nice: config.nice,
    });
  }

  #find(id: number): FakeTenant {
    const tenant = this.#tenants.find((candidate) => candidate.id === id);
    if (tenant === undefined) throw new MissileError(`no tenant ${id}`, "NO_TENANT");
    return tenant;
  }

  #decide(tenant: number, text: string, by: DecisionEntry["by"], seconds: number): void {
    this.#log = [...this.#log, { atNs: seconds * 1e9, sequence: this.#log.length, tenant, by, text }].slice(
      -200,
    );
  }

  /** LS tenants take what they need from the left, BE tenants share the rest; under "streams" everyone is everywhere. */
  #tpcsOf(tenant: FakeTenant): [number, number, number] {
    if (this.#policy === "streams") return bits(0, TPCS);
    const ls = this.#tenants.filter((other) => other.class === "LS");
    const needs = ls.map((other) => Math.floor(3 + 9 * wave(this.#seconds, other.id)));
    const lsEnd = needs.reduce((sum, need) => sum + need, 0);
    if (tenant.class === "LS") {
      const index = ls.indexOf(tenant);
      const from = needs.slice(0, index).reduce((sum, need) => sum + need, 0);
      return bits(from, from + needs[index]!);
    }
    return bits(Math.min(TPCS, lsEnd), TPCS - 1);
  }

  /** Everyone fills part of what it holds, but every tenth TPC; BE had run on a few of LS's as well. */
  #tpcRan(tenant: FakeTenant): number[] {
    const held = this.#tpcsOf(tenant);
    return Array.from({ length: TPCS }, (_, tpc) => {
      if (tpc % 10 === 9) return 0;
      if (((held[tpc >> 5]! >>> (tpc & 31)) & 1) === 1)
        return 0.2 + 0.8 * wave(this.#seconds, tpc + tenant.id);
      return tenant.class === "BE" && tpc % 4 === 0 ? 0.1 : 0;
    });
  }

  #tenantSnapshot(tenant: FakeTenant): TenantSnapshot {
    const seconds = this.#seconds;
    const completed = Math.floor(seconds * (tenant.class === "LS" ? 20 : 5));
    const p50 = tenant.baseMs * (0.9 + 0.2 * wave(seconds / 7, tenant.id));
    const mean = p50 * 1.05;
    return {
      id: tenant.id,
      name: tenant.name,
      class: tenant.class,
      model: tenant.model,
      batch: 1,
      nice: tenant.nice,
      vramKiB: tenant.vramKiB,
      weightKiB: tenant.weightKiB,
      smRequestPercent: 0,
      smLimitPercent: 100,
      sloMs: tenant.sloMs,
      loadOn: true,
      load: tenant.load,
      leaving: false,
      requests: {
        arrived: completed + 2,
        completed,
        rejected: tenant.id === 2 ? 3 : 0,
        aborted: 0,
        failed: 0,
        inFlight: 2,
      },
      latencyMs: latency(completed, p50),
      recentLatencyMs: latency(completed, p50),
      sloAttainment: tenant.sloMs === null ? null : tenant.id === 2 ? 0.962 : 0.9987,
      goodputPerS: tenant.class === "LS" ? 19.8 : 0,
      throughputPerS: tenant.class === "LS" ? 20.1 : 4.93,
      smShare: 0.1 + 0.05 * tenant.id,
      recentSmShare: 0.05 + 0.3 * wave(seconds / 5, tenant.id),
      smRan: 0.08 + 0.04 * tenant.id,
      recentSmRan: 0.03 + 0.25 * wave(seconds / 5, tenant.id),
      tpcs: this.#tpcsOf(tenant),
      tpcRan: this.#tpcRan(tenant),
      smFloorHeld: 1,
      smPeakShare: 0.6,
      channels: tenant.class === "LS" ? bits(0, 31) : bits(31, CHANNELS),
      h2dBytes: completed * 602_112,
      d2hBytes: completed * 4_000,
      preemptions: tenant.class === "BE" ? completed : 0,
      preemptionDelayMs: latency(tenant.class === "BE" ? completed : 0, 0.04),
      blameMs: {
        queue: mean * 0.05,
        smWait: mean * 0.1,
        copyWait: mean * 0.08,
        copy: mean * 0.12,
        execution: mean * 0.55,
        sharing: mean * 0.1,
      },
    };
  }

  #queue(tenant: FakeTenant, scale: number): CopyQueueSnapshot {
    const backlogged = this.#tenants.filter((other) => wave(this.#seconds / 3, other.id + scale) > 0.3);
    const isBacklogged = backlogged.includes(tenant);
    const asked = isBacklogged ? tenant.nice / backlogged.reduce((sum, other) => sum + other.nice, 0) : 0;
    return {
      tenant: tenant.id,
      backlogBytes: isBacklogged ? Math.floor(scale * 1e6 * wave(this.#seconds / 3, tenant.id)) : 0,
      vruntimeLead: 5.24 * wave(this.#seconds, tenant.id),
      shareAsked: asked,
      shareGot: asked * (tenant.id === 4 ? 0.7 : 1.02),
      gBs: asked * 5.5 * scale,
    };
  }

  #channel(index: number): ChannelSnapshot {
    const owner =
      this.#policy === "streams" ? "shared" : index < 31 ? "LS" : index < CHANNELS - 1 ? "BE" : "free";
    const users = this.#tenants.filter((tenant) => owner === "shared" || tenant.class === owner);
    const share = owner === "free" ? 0 : 0.15 + 0.8 * wave(this.#seconds, index);
    const top = users[Math.floor(index / 7) % Math.max(1, users.length)];
    return { owner, gBs: share * 91, share, topTenant: top === undefined || owner === "free" ? -1 : top.id };
  }

  #makeView(): View {
    const snapshot: Snapshot = {
      atNs: Math.round(this.#seconds * 1e9),
      gpu: "NVIDIA H200",
      sms: 2 * TPCS,
      tpcs: TPCS,
      policy: this.#policy,
      cfsPeriodPackets: this.#cfsPeriodPackets,
      beChannelShare: 1 / 3,
      events: Math.floor(this.#seconds * 31_337),
      decisions: Math.floor(this.#seconds * 2_718),
      tenants: this.#tenants.map((tenant) => this.#tenantSnapshot(tenant)),
      smShare: { LS: 0.44, BE: 0.51 },
      channels: Array.from({ length: CHANNELS }, (_, index) => this.#channel(index)),
      copies: {
        h2d: this.#tenants.map((tenant) => this.#queue(tenant, 10)),
        d2h: this.#tenants.map((tenant) => this.#queue(tenant, 1)),
      },
      log: this.#log,
      failure: this.#failure,
    };
    return {
      backend: this.backend,
      health: this.health,
      snapshot,
      pace: { paused: this.#paused, speed: this.#speed, achievedSpeed: this.#speed * 0.98 },
    };
  }
}
