/** Turns the scheduler's state into a snapshot. Reads everything, changes nothing but the bandwidth's reference point. */
import type { BitSet } from "./bit-set.ts";
import type { Direction } from "./command.ts";
import type { ChannelSnapshot, CopyQueueSnapshot, Snapshot, TenantSnapshot } from "./snapshot.ts";
import type { TenantClass } from "./spec.ts";
import type { State } from "./state.ts";
import type { Tenant } from "./tenant.ts";

const BYTES_PER_KIB = 1024;
/** Log entries in a snapshot: more than the tallest pane shows. */
const LOG_ENTRIES = 64;

const words = (set: BitSet<string>): [number, number, number] => [set.word0, set.word1, set.word2];

/** Remembers the counters of the last look, to tell rates. */
export class RateMeter {
  private lastNs = 0;
  private lastChannelBytes = new Float64Array(0);
  private readonly lastMoved = { h2d: new Map<Tenant, number>(), d2h: new Map<Tenant, number>() };

  /** Bytes since the last look, in the layout of `channelBytes`, and the time between the looks. */
  channels(channelBytes: Float64Array): Float64Array {
    const last = this.lastChannelBytes;
    const delta = channelBytes.map((bytes, index) => Math.max(0, bytes - (last[index] ?? 0)));
    this.lastChannelBytes = channelBytes.slice();
    return delta;
  }

  moved(tenant: Tenant, direction: Direction): number {
    const { movedBytes } = tenant.metrics.copies[direction];
    const delta = Math.max(0, movedBytes - (this.lastMoved[direction].get(tenant) ?? 0));
    this.lastMoved[direction].set(tenant, movedBytes);
    return delta;
  }

  /** ns since the last look. Called once a look, last. */
  elapse(nowNs: number): number {
    const elapsedNs = nowNs - this.lastNs;
    this.lastNs = nowNs;
    return elapsedNs;
  }

  forget(tenants: ReadonlyMap<number, Tenant>): void {
    for (const known of Object.values(this.lastMoved)) {
      for (const tenant of known.keys()) if (tenants.get(tenant.id) !== tenant) known.delete(tenant);
    }
  }
}

export function observe(state: State, channelBytes: Float64Array, meter: RateMeter): Snapshot {
  const { nowNs } = state;
  const elapsedNs = meter.elapse(nowNs);
  meter.forget(state.tenants);
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
    tenants: [...state.tenants.values()].map((tenant) => observeTenant(state, tenant)),
    smShare: { LS: state.book.classes.LS.share.mean(nowNs), BE: state.book.classes.BE.share.mean(nowNs) },
    channels: observeChannels(state, meter.channels(channelBytes), elapsedNs),
    copies: {
      h2d: observeCopies(state, "h2d", meter, elapsedNs),
      d2h: observeCopies(state, "d2h", meter, elapsedNs),
    },
    log: state.log.latest(LOG_ENTRIES),
    failure: state.failure,
  };
}

function observeTenant(state: State, tenant: Tenant): TenantSnapshot {
  const { nowNs } = state;
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
    smRequestPercent: spec.smRequestPercent,
    smLimitPercent: spec.smLimitPercent,
    sloMs: spec.sloMs,
    loadOn: tenant.loadOn,
    load: spec.arrivals.label,
    leaving: tenant.leaving !== null,
    requests: {
      arrived: metrics.arrived,
      completed: metrics.completed,
      rejected: metrics.rejected,
      aborted: metrics.aborted,
      inFlight: tenant.inFlight,
    },
    latencyMs: metrics.latency.summary(),
    recentLatencyMs: metrics.recentSummary(nowNs),
    sloAttainment: metrics.attainment(spec.sloMs),
    goodputPerS: metrics.perSecond(metrics.good, nowNs),
    throughputPerS: metrics.perSecond(metrics.completed, nowNs),
    smShare: metrics.smShare.mean(nowNs),
    recentSmShare: metrics.smShare.recentMean(nowNs),
    tpcs: words(tenant.held),
    smFloorHeld: metrics.floorHeldShare(nowNs),
    smPeakShare: metrics.peakShare,
    channels: words(tenant.channels),
    h2dBytes: metrics.copies.h2d.movedBytes,
    d2hBytes: metrics.copies.d2h.movedBytes,
    preemptions: metrics.preemptions,
    preemptionDelayMs: metrics.preemptionDelay.summary(),
    blameMs: metrics.blame(),
  };
}

function observeCopies(
  state: State,
  direction: Direction,
  meter: RateMeter,
  elapsedNs: number,
): CopyQueueSnapshot[] {
  const lane = state.lanes[direction];
  return [...state.tenants.values()].map((tenant) => {
    const share = tenant.metrics.copies[direction];
    const movedBytes = meter.moved(tenant, direction);
    return {
      tenant: tenant.id,
      backlogBytes: tenant.backlogBytes[direction],
      vruntimeLead: state.policy.copy.vruntimeLead(tenant, direction),
      shareAsked: share.totalBytes > 0 ? share.entitledBytes / share.totalBytes : lane.shareAsked(tenant),
      shareGot: share.totalBytes > 0 ? share.gotBytes / share.totalBytes : 0,
      gBs: elapsedNs > 0 ? movedBytes / elapsedNs : 0,
    };
  });
}

function observeChannels(state: State, deltaBytes: Float64Array, elapsedNs: number): ChannelSnapshot[] {
  const { gpu, tenants } = state;
  const channels: ChannelSnapshot[] = [];
  const channelGBs = gpu.memory.achievedGBs / gpu.channels;
  for (let channel = 0; channel < gpu.channels; channel++) {
    let bytes = 0;
    let topTenant = -1;
    let topBytes = 0;
    for (const tenant of tenants.values()) {
      const own = deltaBytes[tenant.id * gpu.channels + channel] ?? 0;
      bytes += own;
      if (own > topBytes) {
        topBytes = own;
        topTenant = tenant.id;
      }
    }
    const gBs = elapsedNs > 0 ? bytes / elapsedNs : 0;
    channels.push({ owner: ownerOf(channel, tenants.values()), gBs, share: gBs / channelGBs, topTenant });
  }
  return channels;
}

/** Which class's memory lies in the channel. */
function ownerOf(channel: number, tenants: Iterable<Tenant>): ChannelSnapshot["owner"] {
  const classes = new Set<TenantClass>();
  for (const tenant of tenants) if (tenant.channels.has(channel)) classes.add(tenant.spec.class);
  if (classes.size === 2) return "shared";
  return classes.values().next().value ?? "free";
}
