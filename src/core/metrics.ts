/** What is counted for one tenant. Everything here restarts at statisticsReset; requests in flight are kept apart. */
import { BLAME_PARTS, meanBlame } from "./blame.ts";
import type { Direction } from "./command.ts";
import { LatencyBins } from "./latency-bins.ts";
import { LatencyBuckets } from "./latency-buckets.ts";
import type { Request } from "./request.ts";
import { SlowRequests } from "./slow-requests.ts";
import type { Blame } from "./snapshot.ts";
import { LatencyHistogram, TimeWeighted, WindowedLatency } from "./windowed.ts";

const MS_PER_NS = 1e-6;
const S_PER_NS = 1e-9;

/** Asked against got on one copy engine, over the moments at which the tenant had bytes waiting. */
export interface CopyShare {
  /** Bytes that the engine moved for anybody meanwhile; what nice entitled the tenant to; what it got. */
  totalBytes: number;
  entitledBytes: number;
  gotBytes: number;
  /** All bytes it moved, backlogged or not. */
  movedBytes: number;
}

const noCopyShare = (): CopyShare => ({ totalBytes: 0, entitledBytes: 0, gotBytes: 0, movedBytes: 0 });

export class TenantMetrics {
  arrived = 0;
  completed = 0;
  rejected = 0;
  aborted = 0;
  failed = 0;
  /** Of those that ended: with an SLO at that time, and completed within it; completed within it or without one. */
  judged = 0;
  withinSlo = 0;
  good = 0;
  preemptions = 0;
  originNs: number;
  readonly latency = new LatencyHistogram(3);
  readonly recentLatency = new WindowedLatency();
  readonly buckets = new LatencyBuckets();
  readonly recentBins = new LatencyBins();
  readonly slowRequests = new SlowRequests();
  /** From its being queued to its last byte. */
  readonly recentCopyIn = new WindowedLatency();
  readonly preemptionDelay = new LatencyHistogram(2);
  readonly smShare = new TimeWeighted();
  /** 1 while a launch of the tenant is on the GPU, and 1 while that has its floor. */
  readonly running = new TimeWeighted();
  readonly floorHeld = new TimeWeighted();
  peakShare = 0;
  readonly copies: { readonly [D in Direction]: CopyShare } = { h2d: noCopyShare(), d2h: noCopyShare() };
  private readonly blameNs = new Float64Array(BLAME_PARTS.length);

  constructor(nowNs: number) {
    this.originNs = nowNs;
    this.reset(nowNs);
  }

  complete(request: Request, sloMs: number | null, nowNs: number): "completed" | "late" {
    const latencyNs = nowNs - request.arrivedNs;
    this.completed++;
    const isWithin = sloMs === null || latencyNs * MS_PER_NS <= sloMs;
    if (isWithin) this.good++;
    if (sloMs !== null) {
      this.judged++;
      if (isWithin) this.withinSlo++;
    }
    this.latency.record(latencyNs);
    this.buckets.record(latencyNs);
    this.recentLatency.record(latencyNs, nowNs);
    this.recentBins.record(latencyNs, request.blameNs, nowNs);
    this.slowRequests.offer(request, latencyNs * MS_PER_NS, nowNs);
    for (let part = 0; part < this.blameNs.length; part++) {
      this.blameNs[part] = this.blameNs[part]! + request.blameNs[part]!;
    }
    return isWithin ? "completed" : "late";
  }

  /** The tenant's TPCs changed: `share` of the GPU, 0..1, of which it was promised `floor` while it runs. */
  hold(share: number, floor: number, nowNs: number): void {
    this.smShare.set(share, nowNs);
    this.running.set(share > 0 ? 1 : 0, nowNs);
    this.floorHeld.set(share > 0 && share >= floor ? 1 : 0, nowNs);
    if (share > this.peakShare) this.peakShare = share;
  }

  /** Mean ms of each part over completed requests. */
  blame(): Blame {
    return meanBlame(this.blameNs, this.completed);
  }

  /** Requests within SLO of all that ended while there was one; null without an SLO or before the first. */
  attainment(sloMs: number | null): number | null {
    const ended = this.judged + this.rejected;
    return sloMs === null || ended === 0 ? null : this.withinSlo / ended;
  }

  perSecond(count: number, nowNs: number): number {
    return nowNs > this.originNs ? count / ((nowNs - this.originNs) * S_PER_NS) : 0;
  }

  floorHeldShare(nowNs: number): number {
    const running = this.running.mean(nowNs);
    return running === 0 ? 1 : this.floorHeld.mean(nowNs) / running;
  }

  /** Forgets everything; requests in flight count as arriving now, so that arrived = ended + in flight stays true. */
  reset(nowNs: number, inFlight = 0): void {
    this.originNs = nowNs;
    this.arrived = inFlight;
    this.completed = 0;
    this.rejected = 0;
    this.aborted = 0;
    this.failed = 0;
    this.judged = 0;
    this.withinSlo = 0;
    this.good = 0;
    this.preemptions = 0;
    this.peakShare = this.smShare.now;
    this.latency.reset();
    this.buckets.reset();
    this.recentLatency.reset();
    this.recentBins.reset();
    this.recentCopyIn.reset();
    this.slowRequests.reset();
    this.preemptionDelay.reset();
    for (const level of [this.smShare, this.running, this.floorHeld]) level.reset(nowNs);
    Object.assign(this.copies.h2d, noCopyShare());
    Object.assign(this.copies.d2h, noCopyShare());
    this.blameNs.fill(0);
  }
}
