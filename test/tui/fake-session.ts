/** A session without an engine: hand-made snapshots of seedless arithmetic, always the same, and acts that change them. */
import { MissileError } from "../../src/core/error.ts";
import type {
  ChannelSnapshot,
  CopyQueueSnapshot,
  DecisionEntry,
  DeviceFailure,
  Mark,
  Snapshot,
  TenantSnapshot,
} from "../../src/core/snapshot.ts";
import type { BackendName } from "../../src/engine/backend-choice.ts";
import type { RequestRecords } from "../../src/engine/request-records.ts";
import type { Act, ConsoleSession, View } from "../../src/engine/session.ts";
import type { ShadowComparison, ShadowOptions } from "../../src/engine/shadow-figures.ts";
import { loadGpu } from "../../src/presets/index.ts";
import type { MixConfig, TenantConfig } from "../../src/presets/mix.ts";
import { bits, bucketsOf, completedOf, detailOf, latency, periodLaw, tailOf, wave } from "./fake-detail.ts";
import { kernelsOf } from "./fake-kernels.ts";
import { EARLY_DECISIONS, type FakeTenant, FIRST_TENANTS, fakeTenant } from "./fake-mix.ts";
import { fakeComparison, fakeRecords } from "./fake-shadow.ts";

const CHANNELS = 47;
const TPCS = 66;
const GPU = loadGpu("h200");

export class FakeSession implements ConsoleSession {
  readonly acts: Act[] = [];
  readonly died: Promise<string>;
  /** Makes the engine die with this message. */
  die!: (message: string) => void;
  closed = false;
  backend: BackendName = "sim";
  health: View["health"] = null;
  /** Told while they are watched. */
  blocks: View["blocks"] = null;
  watchesBlocks = false;
  /** The mixes that were opened after the first. */
  readonly reopened: MixConfig[] = [];
  #tenants: FakeTenant[] = FIRST_TENANTS.map((tenant, id) =>
    fakeTenant(tenant, id, { nice: id === 0 ? 200_000 : 100_000 }),
  );
  #nextId = FIRST_TENANTS.length;
  #seconds = 12.345;
  #policy = "missiletemporal";
  #cfsPeriodPackets = 512;
  #beChannelShare = 1 / 3;
  #gpu = "h200";
  #marks: Mark[] = [];
  #paused = false;
  #speed = 1;
  #watched: number | null = null;
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

  watch(tenant: number | null, withBlocks = false): void {
    this.#watched = tenant;
    this.watchesBlocks = withBlocks;
    this.publish();
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

  mix(): Promise<MixConfig> {
    return Promise.resolve({
      name: "fake",
      gpu: this.#gpu,
      policy: this.#policy,
      cfsPeriodPackets: this.#cfsPeriodPackets,
      beChannelShare: this.#beChannelShare,
      seed: 1,
      tenants: this.#tenants.map(({ config }) => config),
    });
  }

  tenantConfig = async (tenant: number): Promise<TenantConfig> => this.#find(tenant).config;

  kernels = async (tenant: number) => kernelsOf(this.#find(tenant));
  bring = (): Promise<never> => Promise.reject(new MissileError("no clients here", "noClients"));
  noteRefused = (): void => {};
  readonly journalPath = null;

  requests(sinceNs: number): Promise<RequestRecords> {
    return Promise.resolve(fakeRecords(this.#view.snapshot, sinceNs));
  }

  async shadow(
    options: ShadowOptions,
    progress: (share: number) => void,
    signal?: AbortSignal,
  ): Promise<ShadowComparison> {
    progress(0.5);
    await new Promise((resolve) => setImmediate(resolve));
    if (signal?.aborted) throw new MissileError("the shadow run was stopped", "aborted");
    return fakeComparison(this.#view.snapshot, options);
  }

  async reopen(mix: MixConfig): Promise<void> {
    if (mix.gpu === "nonesuch") throw new MissileError('unknown GPU "nonesuch"', "unknownGpu");
    this.reopened.push(mix);
    this.#gpu = mix.gpu;
    this.#policy = mix.policy;
    this.#cfsPeriodPackets = mix.cfsPeriodPackets;
    this.#beChannelShare = mix.beChannelShare;
    this.#seconds = 0;
    this.#log = [];
    this.#marks = [];
    this.#tenants = [];
    this.#nextId = 0;
    for (const config of mix.tenants) this.#add(config);
    this.publish();
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
    this.#tenants = Array.from({ length: count }, (_, id) => {
      const first = FIRST_TENANTS[id % FIRST_TENANTS.length]!;
      return fakeTenant({ ...first, name: `${first.name}-${id}` }, id);
    });
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
    else if (act.kind === "setTunable") this.#beChannelShare = act.value;
    else if (act.kind === "changeTenant") {
      const { loadOn, ...change } = act.change;
      this.#change(act.tenant, change, loadOn);
    } else if (act.kind === "changeLoad") this.#change(act.tenant, { load: act.load });
    else if (act.kind === "mark")
      this.#marks = [...this.#marks, { atNs: this.#seconds * 1e9, text: act.text }].slice(-64);
    else if (act.kind === "removeTenant")
      this.#tenants = this.#tenants.filter((tenant) => tenant !== this.#find(act.tenant));
    else if (act.kind === "addTenant") this.#add(act.config);
    this.#decide(-1, `the operator asked: ${act.kind}`, "operator", this.#seconds);
  }

  #add(config: TenantConfig): void {
    if (this.#tenants.length >= 12)
      throw new MissileError(`no room for ${config.name}: 12 tenants run, remove one first`, "NO_ROOM");
    const { name, class: tenantClass, model, load, sloMs } = config;
    const first = { name, class: tenantClass, model, load: load.kind, sloMs };
    const sizes = { baseMs: 5, weightKiB: 50_000, vramKiB: 50_000 };
    this.#tenants.push(fakeTenant({ ...first, ...sizes }, this.#nextId++, config));
  }

  #change(id: number, change: Partial<TenantConfig>, loadOn?: boolean): void {
    const before = this.#find(id);
    const after = {
      ...before,
      config: { ...before.config, ...change },
      loadOn: loadOn ?? before.loadOn,
      load: change.load?.kind ?? before.load,
    };
    this.#tenants = this.#tenants.map((tenant) => (tenant === before ? after : tenant));
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
    const completed = completedOf(tenant, seconds);
    const p50 = tenant.baseMs * (0.9 + 0.2 * wave(seconds / 7, tenant.id));
    const mean = p50 * 1.05;
    return {
      id: tenant.id,
      name: tenant.name,
      class: tenant.class,
      model: tenant.model,
      batch: 1,
      nice: tenant.config.nice,
      vramKiB: tenant.config.vramKiB ?? tenant.weightKiB,
      vramUsedKiB: 2 * Math.min(tenant.config.vramKiB ?? tenant.weightKiB, tenant.weightKiB),
      weightKiB: tenant.weightKiB,
      smRequestPercent: tenant.config.smRequestPercent,
      smLimitPercent: tenant.config.smLimitPercent,
      sloMs: tenant.config.sloMs,
      loadOn: tenant.loadOn,
      load: tenant.load,
      aloneMs: tenant.baseMs * 0.7,
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
      latencyBuckets: bucketsOf(completed, p50),
      recentCopyInMs: latency(completed, tenant.baseMs * 0.05 * Math.sqrt(this.#cfsPeriodPackets / 512)),
      sloAttainment: tenant.config.sloMs === null ? null : tenant.id === 2 ? 0.962 : 0.9987,
      goodputPerS: tenant.class === "LS" ? 19.8 : 0,
      throughputPerS: tenant.class === "LS" ? 20.1 : 4.93,
      smShare: 0.1 + 0.05 * tenant.id,
      recentSmShare: 0.05 + 0.3 * wave(seconds / 5, tenant.id),
      smRan: 0.08 + 0.04 * tenant.id,
      recentSmRan: 0.03 + 0.25 * wave(seconds / 5, tenant.id),
      tpcs: this.#tpcsOf(tenant),
      evictedTpcs: tenant.class === "BE" && wave(seconds, 3) > 0.8 ? bits(40, 44) : bits(0, 0),
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
      recentTailMs: tailOf(tenant, seconds),
    };
  }

  #queue(tenant: FakeTenant, scale: number): CopyQueueSnapshot {
    const backlogged = this.#tenants.filter((other) => wave(this.#seconds / 3, other.id + scale) > 0.3);
    const isBacklogged = backlogged.includes(tenant);
    const asked = isBacklogged
      ? tenant.config.nice / backlogged.reduce((sum, other) => sum + other.config.nice, 0)
      : 0;
    return {
      tenant: tenant.id,
      backlogBytes: isBacklogged ? Math.floor(scale * 1e6 * wave(this.#seconds / 3, tenant.id)) : 0,
      sliceBytes: isBacklogged ? Math.floor(this.#cfsPeriodPackets * asked) * 1024 : 0,
      vruntimeLead: 5.24 * wave(this.#seconds, tenant.id),
      shareAsked: asked,
      shareGot: asked * (tenant.id === 4 ? 0.7 : 1.02),
      gBs: asked * 5.5 * scale * periodLaw(this.#cfsPeriodPackets),
    };
  }

  #channel(index: number): ChannelSnapshot {
    const owner =
      this.#policy === "streams" ? "shared" : index < 31 ? "LS" : index < CHANNELS - 1 ? "BE" : "free";
    const users = this.#tenants.filter((tenant) => owner === "shared" || tenant.class === owner);
    const share = owner === "free" ? 0 : 0.15 + 0.8 * wave(this.#seconds, index);
    const top = users[Math.floor(index / 7) % Math.max(1, users.length)];
    const gBs = share * 91;
    const lsShare = owner === "LS" ? 1 : owner === "shared" ? wave(this.#seconds, index + 3) : 0;
    const gBsByClass = { LS: gBs * lsShare, BE: gBs * (1 - lsShare) };
    return { owner, gBs, gBsByClass, share, topTenant: top === undefined || owner === "free" ? -1 : top.id };
  }

  #makeView(): View {
    const watched = this.#tenants.find(({ id }) => id === this.#watched);
    const snapshot: Snapshot = {
      atNs: Math.round(this.#seconds * 1e9),
      gpu: "NVIDIA H200",
      sms: 2 * TPCS,
      tpcs: TPCS,
      policy: this.#policy,
      cfsPeriodPackets: this.#cfsPeriodPackets,
      beChannelShare: this.#beChannelShare,
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
      marks: this.#marks,
      failure: this.#failure,
    };
    return {
      backend: this.backend,
      gpu: GPU,
      mix: "fake",
      health: this.health,
      blocks: this.watchesBlocks && this.blocks?.tenant === this.#watched ? this.blocks : null,
      detail: watched === undefined ? null : detailOf(watched, this.#tenants, this.#seconds),
      snapshot,
      pace: { paused: this.#paused, speed: this.#speed, achievedSpeed: this.#speed * 0.98 },
    };
  }
}
