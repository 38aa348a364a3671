/**
 * One copy engine: keeps it fed with the chunks that the copy policy picks, and books what they moved.
 *
 * Some chunks are in flight, so that the engine goes from one to the next without waiting for us; more would only let chunks
 * chosen long ago stand before a request that has just come.
 */
import { assert } from "./assert.ts";
import type { Commands, Direction } from "./command.ts";
import type { CopyId, TenantId } from "./ids.ts";
import type { CopyPolicy } from "./policy.ts";
import { remove } from "./remove.ts";
import type { Copy } from "./request.ts";
import type { PcieSpec, TenantClass } from "./spec.ts";
import type { Tenant } from "./tenant.ts";
import type { TenantLevels } from "./tenant-levels.ts";

/** Chunks in flight at least, however large. */
const LEAST_IN_FLIGHT = 2;

/**
 * Small chunks: as many as take this long, by what the engine needs for them. Default 12 us: a chunk that has arrived is followed by
 * the next of ours some 8 us later (measured on an H200: seen, decided, submitted, begun). Too small: the engine waits for us. Too
 * large: an urgent copy waits for them.
 */
const ENOUGH_IN_FLIGHT_NS = 12_000;

/**
 * What an LS copy whose turn it is hands over beyond that, so that it waits for the chunks in flight but not for us to see them arrive.
 * Default 12 us, as above. Larger: of two LS tenants the first has more in flight than is fair.
 */
const HEAD_START_NS = 12_000;

interface Chunk {
  copy: Copy;
  sizeBytes: number;
  issuedNs: number;
  /** What the engine needs for it. */
  engineNs: number;
}

export class CopyLane {
  readonly direction: Direction;
  /** Tenants with bytes not yet handed to the engine. */
  private readonly backlogged: Tenant[] = [];
  /** Chunks handed to the engine so far. */
  chunks = 0;
  private readonly inFlight: Chunk[] = [];
  /** To be used again: there are a hundred thousand chunks a second, and what collects garbage makes decisions wait. */
  private readonly spare: Chunk[] = [];
  private inFlightNs = 0;
  private freeSinceNs = 0;
  private readonly chunkNs: number;
  private readonly nsPerByte: number;
  /** 1 for the tenant whose chunk the engine works on. */
  private readonly busy: TenantLevels;

  constructor(direction: Direction, { chunkNs, h2dGBs, d2hGBs }: PcieSpec, busy: TenantLevels) {
    this.direction = direction;
    this.busy = busy;
    this.chunkNs = chunkNs;
    this.nsPerByte = 1 / (direction === "h2d" ? h2dGBs : d2hGBs);
  }

  enqueue(copy: Copy, policy: CopyPolicy): void {
    this.addBacklog(copy.request.tenant, copy.backlogBytes);
    policy.enqueue(copy);
  }

  withdraw(copy: Copy, policy: CopyPolicy): void {
    if (copy.backlogBytes === 0) return;
    this.addBacklog(copy.request.tenant, -copy.backlogBytes);
    policy.withdraw(copy);
  }

  /** Hands chunks to the engine while it has room for them; `upTo` LS: until it is the turn of BE. */
  pump(policy: CopyPolicy, upTo: TenantClass, nowNs: number, out: Commands): void {
    while (this.backlogged.length > 0) {
      const copy = policy.pickNext(this.direction);
      if (upTo === "LS" && copy.request.tenant.spec.class === "BE") break;
      if (!this.hasRoomFor(copy)) break;
      const sizeBytes = Math.min(policy.chunkBytes(copy), copy.backlogBytes);
      assert(sizeBytes > 0, "a copy is picked while it has something to move");
      const offsetBytes = copy.firstByte + copy.issuedBytes;
      copy.issuedBytes += sizeBytes;
      policy.charge(copy, sizeBytes);
      this.bookShares(copy.request.tenant, sizeBytes);
      this.addBacklog(copy.request.tenant, -sizeBytes);
      const engineNs = this.chunkNs + sizeBytes * this.nsPerByte;
      if (this.inFlight.length === 0) this.busy.set(copy.tenant, 1, nowNs);
      this.inFlight.push(this.chunk(copy, sizeBytes, nowNs, engineNs));
      this.inFlightNs += engineNs;
      this.chunks++;
      out.copy(copy, offsetBytes, sizeBytes);
    }
  }

  /** Whether the oldest chunk on the engine is one of this copy. */
  isNext(id: CopyId): boolean {
    return this.inFlight[0]?.copy.id === id;
  }

  /** The oldest chunk has arrived. Returns its copy. */
  retire(id: CopyId, movedBytes: number, nowNs: number): Copy {
    const chunk = this.inFlight.shift();
    assert(
      chunk?.copy.id === id && chunk.sizeBytes === movedBytes,
      "chunks retire in the order of their issue",
    );
    const { copy } = chunk;
    this.pass(copy.tenant, this.inFlight[0]?.copy.tenant, nowNs);
    this.inFlightNs = this.inFlight.length === 0 ? 0 : this.inFlightNs - chunk.engineNs;
    copy.movedBytes += movedBytes;
    copy.request.tenant.metrics.copies[this.direction].movedBytes += movedBytes;
    copy.request.served(Math.max(chunk.issuedNs, this.freeSinceNs), nowNs);
    this.freeSinceNs = nowNs;
    this.spare.push(chunk);
    return copy;
  }

  /** The device has lost every chunk, and whoever waits begins anew. */
  clear(nowNs: number): void {
    const [chunk] = this.inFlight;
    if (chunk !== undefined) this.pass(chunk.copy.tenant, undefined, nowNs);
    this.inFlight.length = 0;
    this.inFlightNs = 0;
    for (const tenant of this.backlogged.splice(0)) tenant.backlogBytes[this.direction] = 0;
  }

  /** Share of the direction that the tenant's nice asks for among those with bytes waiting. */
  shareAsked(tenant: Tenant): number {
    if (tenant.backlogBytes[this.direction] === 0) return 0;
    return tenant.spec.nice / this.backloggedNice();
  }

  private chunk(copy: Copy, sizeBytes: number, issuedNs: number, engineNs: number): Chunk {
    const spare = this.spare.pop();
    if (spare === undefined) return { copy, sizeBytes, issuedNs, engineNs };
    spare.copy = copy;
    spare.sizeBytes = sizeBytes;
    spare.issuedNs = issuedNs;
    spare.engineNs = engineNs;
    return spare;
  }

  /** The engine goes from one tenant's chunk to another's, or to none. */
  private pass(from: TenantId, to: TenantId | undefined, nowNs: number): void {
    if (from === to) return;
    this.busy.set(from, 0, nowNs);
    if (to !== undefined) this.busy.set(to, 1, nowNs);
  }

  private hasRoomFor({ request }: Copy): boolean {
    if (this.inFlight.length < LEAST_IN_FLIGHT || this.inFlightNs < ENOUGH_IN_FLIGHT_NS) return true;
    return request.tenant.spec.class === "LS" && this.inFlightNs < ENOUGH_IN_FLIGHT_NS + HEAD_START_NS;
  }

  private backloggedNice(): number {
    let sum = 0;
    for (const tenant of this.backlogged) sum += tenant.spec.nice;
    return sum;
  }

  /** `sizeBytes` go to `tenant`: everybody with bytes waiting sees what that is of its due. */
  private bookShares(tenant: Tenant, sizeBytes: number): void {
    const sumNice = this.backloggedNice();
    for (const backlogged of this.backlogged) {
      const share = backlogged.metrics.copies[this.direction];
      share.totalBytes += sizeBytes;
      share.entitledBytes += (sizeBytes * backlogged.spec.nice) / sumNice;
      if (backlogged === tenant) share.gotBytes += sizeBytes;
    }
  }

  private addBacklog(tenant: Tenant, deltaBytes: number): void {
    const before = tenant.backlogBytes[this.direction];
    const after = before + deltaBytes;
    tenant.backlogBytes[this.direction] = after;
    if (before === 0 && after > 0) this.backlogged.push(tenant);
    if (before > 0 && after === 0) remove(this.backlogged, tenant);
  }
}
