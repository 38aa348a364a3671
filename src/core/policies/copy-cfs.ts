/**
 * Completely fair copies: in one period of cfsPeriod packets the backlogged tenants of a direction share PCIe by nice.
 *
 * A tenant's vruntime advances by bytes / nice and the least goes next, with a chunk of its share of the period. Who joins or
 * wakes starts at the running minimum: idling earns nothing, and nobody is starved by a newcomer's credit.
 * After Linux's completely fair scheduler, with bytes for time.
 */
import type { Direction } from "../command.ts";
import type { TenantId } from "../ids.ts";
import type { CopyPolicy, PolicyContext } from "../policy.ts";
import { remove } from "../remove.ts";
import type { Copy } from "../request.ts";
import type { Tenant } from "../tenant.ts";

/** The unit of cfsPeriod, and the least that moves in one chunk. */
export const PACKET_BYTES = 1024;

interface Entity {
  readonly tenant: Tenant;
  vruntime: number;
  /** Copies with bytes not yet handed to the engine, in order of arrival. */
  readonly copies: Copy[];
}

class RunQueue {
  private readonly entities = new Map<TenantId, Entity>();
  /** Those with copies. */
  private readonly backlogged: Entity[] = [];
  private minVruntime = 0;

  enqueue(copy: Copy): void {
    const entity = this.entityOf(copy.request.tenant);
    if (entity.copies.length === 0) {
      entity.vruntime = Math.max(entity.vruntime, this.minVruntime);
      this.backlogged.push(entity);
    }
    entity.copies.push(copy);
  }

  /** The backlogged tenant with the least vruntime; ties go to the lower id. */
  pickNext(): Copy {
    let least = this.backlogged[0]!;
    for (const entity of this.backlogged) {
      if (entity.vruntime < least.vruntime) least = entity;
      else if (entity.vruntime === least.vruntime && entity.tenant.id < least.tenant.id) least = entity;
    }
    return least.copies[0]!;
  }

  backloggedNice(): number {
    let sum = 0;
    for (const entity of this.backlogged) sum += entity.tenant.spec.nice;
    return sum;
  }

  charge(copy: Copy, sizeBytes: number): void {
    const entity = this.entityOf(copy.request.tenant);
    this.minVruntime = Math.max(this.minVruntime, entity.vruntime);
    entity.vruntime += sizeBytes / entity.tenant.spec.nice;
    if (copy.backlogBytes === 0) this.withdraw(copy);
  }

  withdraw(copy: Copy): void {
    const entity = this.entityOf(copy.request.tenant);
    remove(entity.copies, copy);
    if (entity.copies.length === 0) remove(this.backlogged, entity);
  }

  lead(tenant: Tenant): number {
    return Math.max(0, this.entityOf(tenant).vruntime - this.minVruntime);
  }

  private entityOf(tenant: Tenant): Entity {
    const known = this.entities.get(tenant.id);
    if (known?.tenant === tenant) return known;
    const entity = { tenant, vruntime: this.minVruntime, copies: [] };
    this.entities.set(tenant.id, entity);
    return entity;
  }
}

class CfsCopies implements CopyPolicy {
  private readonly queues: { readonly [D in Direction]: RunQueue } = {
    h2d: new RunQueue(),
    d2h: new RunQueue(),
  };
  private readonly context: PolicyContext;

  constructor(context: PolicyContext) {
    this.context = context;
  }

  enqueue(copy: Copy): void {
    this.queues[copy.direction].enqueue(copy);
  }

  pickNext(direction: Direction): Copy {
    return this.queues[direction].pickNext();
  }

  chunkBytes(copy: Copy): number {
    return this.sliceBytes(copy.request.tenant, copy.direction);
  }

  /** Its share of the period in whole packets, one at least. */
  sliceBytes(tenant: Tenant, direction: Direction): number {
    const share = tenant.spec.nice / this.queues[direction].backloggedNice();
    return Math.max(1, Math.floor(this.context.cfsPeriodPackets() * share)) * PACKET_BYTES;
  }

  charge(copy: Copy, sizeBytes: number): void {
    this.queues[copy.direction].charge(copy, sizeBytes);
  }

  withdraw(copy: Copy): void {
    this.queues[copy.direction].withdraw(copy);
  }

  vruntimeLead(tenant: Tenant, direction: Direction): number {
    return this.queues[direction].lead(tenant);
  }
}

export const cfsCopies = (context: PolicyContext): CopyPolicy => new CfsCopies(context);
