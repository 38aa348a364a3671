/** Turns the scheduler's state into a snapshot. Reads everything, changes nothing but what tells of the time since the last one. */
import type { BitSet } from "./bit-set.ts";
import { type ChannelSet, NO_CHANNELS } from "./channel-set.ts";
import type { Direction } from "./command.ts";
import type { DeviceCounters } from "./device.ts";
import type { TenantId } from "./ids.ts";
import { RanMeter } from "./ran-meter.ts";
import type {
  ChannelSnapshot,
  CopyQueueSnapshot,
  Snapshot,
  TenantDetail,
  TenantSnapshot,
} from "./snapshot.ts";
import type { GpuSpec, TenantClass } from "./spec.ts";
import type { State } from "./state.ts";
import type { Tenant } from "./tenant.ts";
import { NO_TPCS, type TpcSet } from "./tpc-set.ts";

const BYTES_PER_KIB = 1024;
const MS_PER_NS = 1e-6;
/** Log entries in a snapshot: more than the tallest pane shows. */
const LOG_ENTRIES = 64;

const words = (set: BitSet<string>): [number, number, number] => [set.word0, set.word1, set.word2];

/** Remembers the counters of the last look, to tell rates. */
export class RateMeter {
  readonly ran: RanMeter;
  private lastNs = 0;
  private lastChannelBytes = new Float64Array(0);
  private deltaBytes = new Float64Array(0);
  private readonly lastEvicted = new Map<Tenant, TpcSet>();
  private readonly lastMoved = { h2d: new Map<Tenant, number>(), d2h: new Map<Tenant, number>() };

  constructor(tpcs: number) {
    this.ran = new RanMeter(tpcs);
  }

  /** Bytes since the last look, in the layout of `channelBytes`: valid until the next. */
  channels(channelBytes: Float64Array): Float64Array {
    if (this.deltaBytes.length !== channelBytes.length) {
      this.lastChannelBytes = new Float64Array(channelBytes.length);
      this.deltaBytes = new Float64Array(channelBytes.length);
    }
    const { lastChannelBytes, deltaBytes } = this;
    for (let index = 0; index < channelBytes.length; index++) {
      deltaBytes[index] = Math.max(0, channelBytes[index]! - lastChannelBytes[index]!);
    }
    lastChannelBytes.set(channelBytes);
    return deltaBytes;
  }

  moved(tenant: Tenant, direction: Direction): number {
    const { movedBytes } = tenant.metrics.copies[direction];
    const delta = Math.max(0, movedBytes - (this.lastMoved[direction].get(tenant) ?? 0));
    this.lastMoved[direction].set(tenant, movedBytes);
    return delta;
  }

  /** TPCs that it was told to leave since the last look. While no time passes the last interval stays the last. */
  evicted(tenant: Tenant, nowNs: number): TpcSet {
    if (nowNs > this.lastNs) {
      this.lastEvicted.set(tenant, tenant.evicted);
      tenant.evicted = NO_TPCS;
    }
    return this.lastEvicted.get(tenant) ?? NO_TPCS;
  }

  /** ns since the last look. Called once a look, last. */
  elapse(nowNs: number): number {
    const elapsedNs = nowNs - this.lastNs;
    this.lastNs = nowNs;
    return elapsedNs;
  }

  forget(tenants: ReadonlyMap<number, Tenant>): void {
    this.ran.forget(tenants);
    for (const known of [this.lastMoved.h2d, this.lastMoved.d2h, this.lastEvicted]) {
      for (const tenant of known.keys()) if (tenants.get(tenant.id) !== tenant) known.delete(tenant);
    }
  }
}

/** The whole snapshot at once. */
export function observe(state: State, counters: DeviceCounters, meter: RateMeter): Snapshot {
  const pieces = observePieces(state, counters, meter);
  for (;;) {
    const piece = pieces.next();
    if (piece.done === true) return piece.value;
  }
}

/**
 * A snapshot in pieces of some tens of us, so that a real GPU can be polled between them: yields tenant after tenant, each as it is
 * at that moment, and returns the whole. Tenants that have left meanwhile are not in it, nor those that have joined. A failure that
 * comes meanwhile is told by the next one, whose tenants all say what it did to them.
 */
export function* observePieces(
  state: State,
  counters: DeviceCounters,
  meter: RateMeter,
): Generator<TenantSnapshot, Snapshot> {
  const rows = new Map<Tenant, TenantSnapshot>();
  const { failure } = state;
  meter.ran.look(counters.tpcNs(), state.nowNs);
  for (const tenant of [...state.tenants.values()]) {
    if (state.tenants.get(tenant.id) !== tenant) continue;
    const row = observeTenant(state, tenant, meter);
    rows.set(tenant, row);
    yield row;
  }
  const { nowNs } = state;
  const elapsedNs = meter.elapse(nowNs);
  meter.forget(state.tenants);
  const present = [...rows.keys()].filter((tenant) => state.tenants.get(tenant.id) === tenant);
  return {
    atNs: nowNs,
    gpu: state.gpu.name,
    sms: state.gpu.sms,
    tpcs: state.book.tpcs,
    policy: state.nextPolicy ?? state.policy.name,
    cfsPeriodPackets: state.cfsPeriodPackets,
    beChannelShare: state.beChannelShare,
    events: state.events,
    decisions: state.book.orders + state.lanes.h2d.chunks + state.lanes.d2h.chunks + state.placements,
    tenants: present.map((tenant) => rows.get(tenant)!),
    smShare: { LS: state.book.classes.LS.share.mean(nowNs), BE: state.book.classes.BE.share.mean(nowNs) },
    channels: observeChannels(state, meter.channels(counters.channelBytes()), elapsedNs),
    copies: {
      h2d: present.map((tenant) => observeCopies(state, tenant, "h2d", meter, elapsedNs)),
      d2h: present.map((tenant) => observeCopies(state, tenant, "d2h", meter, elapsedNs)),
    },
    log: state.log.latest(LOG_ENTRIES),
    marks: [...state.marks],
    failure,
  };
}

export function observeDetail(state: State, id: number): TenantDetail | null {
  const tenant = state.tenants.get(id as TenantId);
  if (tenant === undefined) return null;
  const { recentBins, slowRequests } = tenant.metrics;
  return {
    tenant: id,
    histogram: recentBins.histogram(state.nowNs),
    slowest: slowRequests.slowest(state.nowNs),
  };
}

function observeTenant(state: State, tenant: Tenant, meter: RateMeter): TenantSnapshot {
  const { nowNs } = state;
  const ran = meter.ran.of(tenant);
  const { spec, metrics } = tenant;
  return {
    id: tenant.id,
    name: spec.name,
    class: spec.class,
    model: spec.model,
    batch: spec.batch,
    nice: spec.nice,
    vramKiB: spec.vramKiB,
    weightKiB: Math.ceil(spec.network.weightBytes / BYTES_PER_KIB),
    vramUsedKiB: Math.ceil((tenant.occupiedBytes * state.policy.vram.copies) / BYTES_PER_KIB),
    smRequestPercent: spec.smRequestPercent,
    smLimitPercent: spec.smLimitPercent,
    sloMs: spec.sloMs,
    loadOn: tenant.loadOn,
    load: spec.arrivals.label,
    client: spec.client?.address,
    aloneMs: aloneNs(state.gpu, tenant) * MS_PER_NS,
    leaving: tenant.leaving !== null,
    requests: {
      arrived: metrics.arrived,
      completed: metrics.completed,
      rejected: metrics.rejected,
      aborted: metrics.aborted,
      failed: metrics.failed,
      inFlight: tenant.inFlight,
    },
    latencyMs: metrics.latency.summary(),
    recentLatencyMs: metrics.recentLatency.summary(nowNs),
    latencyBuckets: metrics.buckets.told(),
    recentCopyInMs: metrics.recentCopyIn.summary(nowNs),
    sloAttainment: metrics.attainment(spec.sloMs),
    goodputPerS: metrics.perSecond(metrics.good, nowNs),
    throughputPerS: metrics.perSecond(metrics.completed, nowNs),
    smShare: metrics.smShare.mean(nowNs),
    recentSmShare: metrics.smShare.recentMean(nowNs),
    smRan: ran.share,
    recentSmRan: ran.recentShare,
    tpcs: words(tenant.held),
    evictedTpcs: words(meter.evicted(tenant, nowNs)),
    tpcRan: ran.tpcs,
    smFloorHeld: metrics.floorHeldShare(nowNs),
    smPeakShare: metrics.peakShare,
    channels: words(tenant.channels),
    h2dBytes: metrics.copies.h2d.movedBytes,
    d2hBytes: metrics.copies.d2h.movedBytes,
    preemptions: metrics.preemptions,
    preemptionDelayMs: metrics.preemptionDelay.summary(),
    blameMs: metrics.blame(),
    recentTailMs: metrics.recentBins.tail(nowNs),
  };
}

/** A request on an empty GPU: input, kernels and output one after another. */
function aloneNs({ pcie, timing, executor }: GpuSpec, tenant: Tenant): number {
  const { class: tenantClass, network } = tenant.spec;
  const { inputBytes, outputBytes, kernels } = network;
  const chunkNs = executor.submitNs + pcie.idleStartNs + pcie.chunkNs + executor.arrivalNs;
  const copyNs = (sizeBytes: number, gBs: number): number => chunkNs + sizeBytes / gBs + executor.answerNs;
  const gapsNs = tenantClass === "LS" ? 0 : (kernels.length - 1) * timing.kernelGapNs;
  const kernelsNs = timing.launchNs + tenant.aloneNs + gapsNs + executor.answerNs;
  return copyNs(inputBytes, pcie.h2dGBs) + kernelsNs + copyNs(outputBytes, pcie.d2hGBs);
}

function observeCopies(
  state: State,
  tenant: Tenant,
  direction: Direction,
  meter: RateMeter,
  elapsedNs: number,
): CopyQueueSnapshot {
  const lane = state.lanes[direction];
  const share = tenant.metrics.copies[direction];
  const movedBytes = meter.moved(tenant, direction);
  return {
    tenant: tenant.id,
    backlogBytes: tenant.backlogBytes[direction],
    vruntimeLead: state.policy.copy.vruntimeLead(tenant, direction),
    sliceBytes: tenant.backlogBytes[direction] > 0 ? state.policy.copy.sliceBytes(tenant, direction) : 0,
    shareAsked: share.totalBytes > 0 ? share.entitledBytes / share.totalBytes : lane.shareAsked(tenant),
    shareGot: share.totalBytes > 0 ? share.gotBytes / share.totalBytes : 0,
    gBs: elapsedNs > 0 ? movedBytes / elapsedNs : 0,
  };
}

function observeChannels(state: State, deltaBytes: Float64Array, elapsedNs: number): ChannelSnapshot[] {
  const { gpu } = state;
  const tenants = [...state.tenants.values()];
  const channelsOf = (tenantClass: TenantClass): ChannelSet =>
    tenants
      .filter(({ spec }) => spec.class === tenantClass)
      .reduce((all, tenant) => all.union(tenant.channels), NO_CHANNELS);
  const [ls, be] = [channelsOf("LS"), channelsOf("BE")];
  const channels: ChannelSnapshot[] = [];
  const channelGBs = gpu.memory.achievedGBs / gpu.channels;
  for (let channel = 0; channel < gpu.channels; channel++) {
    const bytesOf = { LS: 0, BE: 0 };
    let topTenant = -1;
    let topBytes = 0;
    for (const tenant of tenants) {
      const own = deltaBytes[tenant.id * gpu.channels + channel] ?? 0;
      bytesOf[tenant.spec.class] += own;
      if (own > topBytes) {
        topBytes = own;
        topTenant = tenant.id;
      }
    }
    const gBsOf = (bytes: number): number => (elapsedNs > 0 ? bytes / elapsedNs : 0);
    const gBs = gBsOf(bytesOf.LS + bytesOf.BE);
    channels.push({
      owner: ownerOf(ls.has(channel), be.has(channel)),
      gBs,
      share: gBs / channelGBs,
      gBsByClass: { LS: gBsOf(bytesOf.LS), BE: gBsOf(bytesOf.BE) },
      topTenant,
    });
  }
  return channels;
}

/** Which class's memory lies in a channel. */
function ownerOf(hasLs: boolean, hasBe: boolean): ChannelSnapshot["owner"] {
  if (hasLs && hasBe) return "shared";
  return hasLs ? "LS" : hasBe ? "BE" : "free";
}
