/**
 * Completely fair copies: in one period of cfsPeriod packets the backlogged tenants of a direction share PCIe by nice.
 *
 * A tenant's vruntime advances by bytes / nice and the least goes next, with a chunk of its share of the period. Who joins or
 * wakes starts at the running minimum: idling earns nothing, and nobody is starved by a newcomer's credit.
 * LS copies go before BE's on a loan: they are charged for what they move as ever, so that BE has it back once LS pauses, and in the
 * long run everybody gets the share of its nice.
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

/**
 * What an LS tenant may have moved beyond its due while BE waits. Default 64 MiB, 1.2 ms of PCIe 5 x16: the parameters of a network that are
 * not resident. Smaller: LS waits for BE's chunks between its own, and at the driver for a turn for each. Larger: a burst of LS keeps BE
 * waiting for longer, and shares are by nice over longer times only.
 */
export const LOAN_BYTES = 64 * 1024 * 1024;

/**
 * What goes at once of a copy on loan, should the period give less: the next chunk would be LS's too. Default 1 MiB, 21 us of PCIe 5 x16: an
 * input of 224 x 224 pixels has 588 KiB. Smaller: the driver is asked more often. Larger: another LS tenant waits for it.
 */
const PIECE_BYTES = 1024 * 1024;

interface Entity {
  readonly tenant: Tenant;
  readonly isLs: boolean;
  vruntime: number;
  /** Copies with bytes not yet handed to the engine, in order of arrival. */
  readonly copies: Copy[];
}

class RunQueue {
  private readonly entities = new Map<TenantId, Entity>();
  /** Those with copies. */
  private readonly backlogged: Entity[] = [];
  private minVruntime = 0;
  /** Who had the least vruntime of the backlogged at the last pick. */
  private least: Entity | null = null;

  enqueue(copy: Copy): void {
    const entity = this.entityOf(copy.request.tenant);
    if (entity.copies.length === 0) {
      entity.vruntime = Math.max(entity.vruntime, this.minVruntime);
      this.backlogged.push(entity);
    }
    entity.copies.push(copy);
  }

  /** That of the LS tenant with the least vruntime, while it has a loan left; else that of the tenant with the least. */
  pickNext(): Copy {
    let least = this.backlogged[0]!;
    let urgent: Entity | null = null;
    for (const entity of this.backlogged) {
      if (isBefore(entity, least)) least = entity;
      if (entity.isLs && (urgent === null || isBefore(entity, urgent))) urgent = entity;
    }
    this.least = least;
    const next = urgent !== null && this.mayBorrow(urgent, PACKET_BYTES) ? urgent : least;
    return next.copies[0]!;
  }

  /** Whether a piece of the copy, the one picked last, is within a loan. */
  isOnLoan(copy: Copy): boolean {
    const entity = this.entityOf(copy.request.tenant);
    return entity.isLs && this.mayBorrow(entity, Math.min(copy.backlogBytes, PIECE_BYTES));
  }

  backloggedNice(): number {
    let sum = 0;
    for (const entity of this.backlogged) sum += entity.tenant.spec.nice;
    return sum;
  }

  charge(copy: Copy, sizeBytes: number): void {
    const entity = this.entityOf(copy.request.tenant);
    this.minVruntime = Math.max(this.minVruntime, this.least!.vruntime);
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

  /** Whether it may move `sizeBytes` before the one with the least vruntime, whom `this.least` tells. */
  private mayBorrow({ vruntime, tenant }: Entity, sizeBytes: number): boolean {
    return (vruntime - this.least!.vruntime) * tenant.spec.nice + sizeBytes <= LOAN_BYTES;
  }

  private entityOf(tenant: Tenant): Entity {
    const known = this.entities.get(tenant.id);
    if (known?.tenant === tenant) return known;
    const isLs = tenant.spec.class === "LS";
    const entity = { tenant, isLs, vruntime: this.minVruntime, copies: [] };
    this.entities.set(tenant.id, entity);
    return entity;
  }
}

/** Ties go to the lower id. */
const isBefore = (a: Entity, b: Entity): boolean =>
  a.vruntime < b.vruntime || (a.vruntime === b.vruntime && a.tenant.id < b.tenant.id);

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
    const sliceBytes = this.sliceBytes(copy.request.tenant, copy.direction);
    return this.queues[copy.direction].isOnLoan(copy) ? Math.max(sliceBytes, PIECE_BYTES) : sliceBytes;
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
