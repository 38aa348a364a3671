/**
 * Which launch is on which TPCs: the books of what was ordered, and the only way to order it.
 *
 * Invariant: a launch's `held` is what the device may be using for it, from the order to start until the device says it is gone.
 */
import { assert } from "./assert.ts";
import type { Commands } from "./command.ts";
import type { DelayBook } from "./delay-book.ts";
import type { LaunchId, TenantId } from "./ids.ts";
import { remove } from "./remove.ts";
import type { Deferral, Launch } from "./request.ts";
import type { TenantClass } from "./spec.ts";
import type { Tenant } from "./tenant.ts";
import { NO_TPCS, type TpcSet, tpcRange } from "./tpc-set.ts";
import { TimeWeighted } from "./windowed.ts";

/** What the launches of one class hold together: the book's to set. */
class ClassAccount {
  held: TpcSet = NO_TPCS;
  readonly share = new TimeWeighted();
}

export class SmBook {
  readonly tpcs: number;
  /** On the GPU, in the order of their start. */
  readonly running: Launch[] = [];
  readonly classes: { readonly [C in TenantClass]: ClassAccount } = {
    LS: new ClassAccount(),
    BE: new ClassAccount(),
  };
  /** Orders given so far. */
  orders = 0;
  private out: Commands | null = null;
  private nowNs = 0;

  private readonly delays: DelayBook;

  constructor(delays: DelayBook) {
    this.delays = delays;
    this.tpcs = delays.tpcs;
  }

  /** Orders given until the next call go to `out`, at `nowNs`. */
  open(out: Commands, nowNs: number): void {
    this.out = out;
    this.nowNs = nowNs;
  }

  find(id: LaunchId): Launch {
    const launch = this.running.find((candidate) => candidate.id === id);
    assert(launch !== undefined, "events are about launches that are on the GPU");
    return launch;
  }

  launch(launch: Launch, tpcs: TpcSet): void {
    assert(!launch.isOnGpu && !tpcs.isEmpty, "a launch starts once, on some TPCs");
    assert(launch.request.tenant.held.isEmpty, "a tenant has one launch on the GPU at a time");
    this.delays.waits.settleOne(launch.request, this.running, this.nowNs);
    this.delays.waits.settle(tpcs, this.running, this.nowNs);
    launch.isOnGpu = true;
    launch.held = tpcs;
    launch.startedIn = launch.request.tenant.channels;
    this.running.push(launch);
    launch.request.enter("executing", this.nowNs);
    this.sink.launch(launch, tpcs);
    this.gained(launch, tpcs);
  }

  extend(launch: Launch, tpcs: TpcSet): void {
    assert(
      launch.isOnGpu && !tpcs.overlaps(launch.held),
      "a launch that runs is extended to TPCs that it does not have",
    );
    this.delays.waits.settle(tpcs, this.running, this.nowNs);
    launch.held = launch.held.union(tpcs);
    this.sink.extend(launch.id, tpcs);
    this.gained(launch, tpcs);
  }

  evict(launch: Launch, tpcs: TpcSet): void {
    const going = tpcs.intersect(launch.staying);
    if (going.isEmpty) return;
    if (launch.leaving.isEmpty) launch.evictedNs = this.nowNs;
    launch.leaving = launch.leaving.union(going);
    const { tenant } = launch.request;
    tenant.evicted = tenant.evicted.union(going);
    tenant.metrics.preemptions++;
    this.sink.evict(launch.id, going);
  }

  yielded(launch: Launch, tpcs: TpcSet): void {
    this.delays.waits.settle(tpcs, this.running, this.nowNs);
    launch.held = launch.held.minus(tpcs);
    launch.leaving = launch.leaving.minus(tpcs);
    this.bookDelay(launch);
    this.lost(launch, tpcs);
  }

  retire(launch: Launch): void {
    if (!launch.leaving.isEmpty) this.bookDelay(launch);
    this.drop(launch);
  }

  /** The device has lost every launch. */
  clear(): void {
    for (const launch of [...this.running]) this.drop(launch);
  }

  /** The launch does not start yet, until nobody (of the class) holds any of these TPCs. */
  await(launch: Launch, tpcs: TpcSet, tenantClass: TenantClass | null = null): void {
    const isTheSame = launch.awaitedClass === tenantClass && launch.awaited.equals(tpcs);
    if (launch.deferral === null && isTheSame) return;
    this.delays.waits.settleOne(launch.request, this.running, this.nowNs);
    launch.deferral = null;
    launch.awaited = tpcs;
    launch.awaitedClass = tenantClass;
  }

  /** The launch does not start yet, whoever holds what, for the tenant's sake. */
  defer(launch: Launch, to: TenantId, resource: Deferral["resource"]): void {
    if (launch.deferral?.to === to && launch.deferral.resource === resource) return;
    this.delays.waits.settleOne(launch.request, this.running, this.nowNs);
    launch.deferral = { to, resource };
  }

  get all(): TpcSet {
    return tpcRange(0, this.tpcs);
  }

  /** The tenant's floor has changed: it counts from now on. */
  floorChanged(tenant: Tenant): void {
    this.bookTenant(tenant, tenant.held.size);
  }

  resetStatistics(nowNs: number): void {
    this.classes.LS.share.reset(nowNs);
    this.classes.BE.share.reset(nowNs);
  }

  private get sink(): Commands {
    assert(this.out !== null, "orders are given only within a step");
    this.orders++;
    return this.out;
  }

  private drop(launch: Launch): void {
    const { held } = launch;
    this.delays.waits.settle(held, this.running, this.nowNs);
    launch.isOnGpu = false;
    launch.held = NO_TPCS;
    launch.leaving = NO_TPCS;
    remove(this.running, launch);
    this.lost(launch, held);
  }

  private bookDelay(launch: Launch): void {
    launch.request.tenant.metrics.preemptionDelay.record(this.nowNs - launch.evictedNs);
  }

  private gained(launch: Launch, tpcs: TpcSet): void {
    const account = this.classes[launch.request.tenant.spec.class];
    account.held = account.held.union(tpcs);
    this.book(launch, account);
  }

  private lost(launch: Launch, tpcs: TpcSet): void {
    const { class: tenantClass } = launch.request.tenant.spec;
    const account = this.classes[tenantClass];
    account.held = account.held.minus(tpcs);
    for (const { held, request } of this.running) {
      if (held.overlaps(tpcs) && request.tenant.spec.class === tenantClass) {
        account.held = account.held.union(held);
      }
    }
    this.book(launch, account);
  }

  /** Books what is held now by the tenant, whose only launch on the GPU this is, and by its class. */
  private book({ held, request: { tenant } }: Launch, account: ClassAccount): void {
    tenant.held = held;
    if (!held.isEmpty) tenant.lastHeld = held;
    const { size } = held;
    this.delays.held.set(tenant.id, size, this.nowNs);
    this.bookTenant(tenant, size);
    account.share.set(account.held.size / this.tpcs, this.nowNs);
  }

  private bookTenant(tenant: Tenant, size: number): void {
    const { tpcs } = this;
    tenant.metrics.hold(size / tpcs, tenant.floorTpcs(tpcs) / tpcs, this.nowNs);
  }
}
