/**
 * A request as it is followed: its timeline, and who delayed it on which resource.
 *
 * What a part of blame is put down to never sums to more than that part:
 * - queue: earlier requests of its own tenant.
 * - wait for a copy: whoever's chunks the engine moved meanwhile, to the ns.
 * - wait for SMs: who held the TPCs that it was to have, equally where they were several (sm-waits.ts).
 * - sharing: who ran beside it, in proportion to the TPCs that they held and for how long. On the SMs where they used its TPCs, or
 *   held what its kernels needed; else in VRAM where they used its channels; else nobody.
 */
import type { DelayBook } from "./delay-book.ts";
import { MAX_TENANTS } from "./device.ts";
import type { TenantId } from "./ids.ts";
import type { Request } from "./request.ts";
import type { ContendedResource, Delay, SlowRequest } from "./snapshot.ts";
import type { Tenant } from "./tenant.ts";
import { Timeline } from "./timeline.ts";

const MS_PER_NS = 1e-6;

const QUEUED = 0;
export const ON_SMS = 1;
const ON_COPY_IN = 2;
const ON_COPY_OUT = 3;
export const IN_VRAM = 4;
const NOWHERE = 5;

/** By those numbers. */
const RESOURCES: readonly ContendedResource[] = ["queue", "SMs", "PCIe in", "PCIe out", "VRAM"];

/** A launch that takes but this part longer than alone is not looked into: that costs more than it tells. */
const UNFELT_SHARE = 0.01;

/** Delays that are told of a request: the longest, and none below this part of its latency. */
const DELAYS_TOLD = 12;
const LEAST_TOLD = 0.002;

export class RequestTrace {
  readonly timeline = new Timeline();
  /** Up to when its wait for SMs has been put down to somebody. */
  waitedToNs = 0;
  private readonly book: DelayBook;
  /** Row-major [resource][tenant]. */
  private readonly lostNs = new Float64Array(RESOURCES.length * MAX_TENANTS);
  /** What the tenants had had of the resource that matters to this phase when it began; as it ends, what they have had since. */
  private readonly lapse = new Float64Array(MAX_TENANTS);
  /** On which resource each was felt that ran at the same time. */
  private readonly felt = new Uint8Array(MAX_TENANTS);

  constructor(book: DelayBook) {
    this.book = book;
  }

  begin(arrivedNs: number): void {
    this.timeline.begin(arrivedNs);
    this.lostNs.fill(0);
  }

  lose(ns: number, by: TenantId, resource: number): void {
    const at = resource * MAX_TENANTS + by;
    this.lostNs[at] = this.lostNs[at]! + ns;
  }

  /** The request's phase begins. */
  entered(request: Request, nowNs: number): void {
    const { book } = this;
    if (request.phase === "waiting") {
      this.waitedToNs = nowNs;
      book.waits.add(request);
    } else if (request.phase === "executing") book.held.read(this.lapse, book.end, nowNs);
    else if (request.phase === "copying") {
      book.copied[request.copiesTo].read(this.lapse, book.end, nowNs);
    }
  }

  /** The request's phase ends: what of it was lost to whom. `sharedNs`: what an execution took longer than alone. */
  left(request: Request, sharedNs: number, nowNs: number): void {
    const elapsedNs = nowNs - request.phaseSinceNs;
    if (request.phase === "queued") this.lose(elapsedNs, request.tenant.id, QUEUED);
    else if (request.phase === "waiting") this.book.waits.remove(request);
    else if (request.phase === "copying") this.copied(request, nowNs);
    else if (sharedNs > elapsedNs * UNFELT_SHARE) this.executed(request.tenant, sharedNs, elapsedNs, nowNs);
  }

  told({ id, arrivedNs, tenant }: Request, latencyMs: number): SlowRequest {
    const { book, lostNs } = this;
    const delays: Delay[] = [];
    for (const [row, resource] of RESOURCES.entries()) {
      for (let by = 0; by < book.end; by++) {
        const ms = lostNs[row * MAX_TENANTS + by]! * MS_PER_NS;
        if (ms <= latencyMs * LEAST_TOLD) continue;
        delays.push({ by: by === tenant.id ? -1 : by, byName: book.tenants[by]!.spec.name, resource, ms });
      }
    }
    delays.sort((a, b) => b.ms - a.ms);
    delays.length = Math.min(delays.length, DELAYS_TOLD);
    return { id, arrivedNs, latencyMs, phases: this.timeline.phases(), delays };
  }

  private copied({ copiesTo, tenant, servedNs }: Request, nowNs: number): void {
    const { book, lapse } = this;
    const resource = copiesTo === "h2d" ? ON_COPY_IN : ON_COPY_OUT;
    book.copied[copiesTo].readSince(lapse, book.end, nowNs);
    lapse[tenant.id] = lapse[tenant.id]! - servedNs;
    for (let by = 0; by < book.end; by++) if (lapse[by]! > 0) this.lose(lapse[by]!, by as TenantId, resource);
  }

  private executed(tenant: Tenant, sharedNs: number, elapsedNs: number, nowNs: number): void {
    const { book, lapse, felt } = this;
    const { end } = book;
    book.held.readSince(lapse, end, nowNs);
    const isSqueezed =
      lapse[tenant.id]! < Math.min(tenant.tpcsWanted, tenant.ceilingTpcs(book.tpcs)) * elapsedNs;
    lapse[tenant.id] = 0;
    let sum = 0;
    for (let by = 0; by < end; by++) {
      if (lapse[by] === 0) continue;
      felt[by] = isSqueezed ? ON_SMS : feltOn(tenant, book.tenants[by]!);
      if (felt[by] === NOWHERE) lapse[by] = 0;
      sum += lapse[by]!;
    }
    if (sum === 0) return;
    const part = sharedNs / sum;
    for (let by = 0; by < end; by++) {
      if (lapse[by]! > 0) this.lose(part * lapse[by]!, by as TenantId, felt[by]!);
    }
  }
}

/** On which resource a tenant that has the TPCs it wants feels one that ran at the same time. */
function feltOn(tenant: Tenant, other: Tenant): number {
  if (tenant.lastHeld.overlaps(other.lastHeld)) return ON_SMS;
  return tenant.channels.overlaps(other.channels) ? IN_VRAM : NOWHERE;
}
