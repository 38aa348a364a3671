/**
 * Stands between scheduler and device and checks what is promised, by the orders and events alone: it shares no books with the
 * scheduler.
 */
import { expect } from "vitest";
import type { ChannelSet } from "../../src/core/channel-set.ts";
import type { Commands, CopyOrder, LaunchOrder } from "../../src/core/command.ts";
import type { Event } from "../../src/core/event.ts";
import type { LaunchId, TenantId } from "../../src/core/ids.ts";
import type { TenantSpec } from "../../src/core/spec.ts";
import { NO_TPCS, type TpcSet } from "../../src/core/tpc-set.ts";

interface Seen {
  readonly order: LaunchOrder;
  held: TpcSet;
  leaving: TpcSet;
}

export interface Promises {
  /** LS and BE never share a TPC; floors and ceilings hold. */
  readonly partitioned: boolean;
  /** LS and BE never share a channel while LS runs. */
  readonly coloured: boolean;
}

export class Witness implements Commands {
  readonly specs = new Map<TenantId, TenantSpec>();
  private readonly launches = new Map<LaunchId, Seen>();
  private readonly channels = new Map<TenantId, ChannelSet>();
  private readonly inner: Commands;
  private readonly tpcs: number;
  private readonly promises: Promises;
  private lastNs = 0;
  /** A failed device takes no orders but the release of who has left. */
  private works = true;

  constructor(inner: Commands, tpcs: number, promises: Promises) {
    this.inner = inner;
    this.tpcs = tpcs;
    this.promises = promises;
  }

  /** BE's share of the 6 partitions, as the tunable says it. */
  private bePartitions = 2;

  /** To be told each event before the scheduler is. */
  saw(event: Event): void {
    expect(event.atNs).toBeGreaterThanOrEqual(this.lastNs);
    this.lastNs = event.atNs;
    if (event.kind === "tenantJoined") this.specs.set(event.tenant, event.spec);
    if (event.kind === "tenantChanged") {
      const { loadOn: _, ...change } = event.change;
      this.specs.set(event.tenant, { ...this.specs.get(event.tenant)!, ...change });
    }
    if (event.kind === "tunableSet" && event.tunable === "beChannelShare") {
      this.bePartitions = Math.min(Math.max(Math.round(6 * event.value), 1), 5);
    }
    if (event.kind === "deviceFailed") {
      this.works = false;
      this.launches.clear();
      this.channels.clear();
    }
    if (event.kind === "deviceRestored") this.works = true;
    if (event.kind === "launchRetired") this.launches.delete(event.launch);
    if (event.kind === "tpcsYielded") {
      const launch = this.launches.get(event.launch)!;
      launch.held = launch.held.minus(event.tpcs);
      launch.leaving = launch.leaving.minus(event.tpcs);
    }
  }

  /** To be called after each step. */
  check(): void {
    if (!this.promises.coloured) return;
    const running = new Set([...this.launches.values()].map(({ order }) => order.tenant));
    for (const tenant of running) {
      for (const other of running) {
        if (this.classOf(tenant) === this.classOf(other)) continue;
        expect(this.channels.get(tenant)!.overlaps(this.channels.get(other)!)).toBe(false);
      }
    }
    if ([...running].some((tenant) => this.classOf(tenant) === "LS")) this.checkTheLaw();
  }

  /** Memory-bound BE launches together have SMs in proportion to their channels, or one TPC each. */
  private checkTheLaw(): void {
    const streaming = [...this.launches.values()].filter(({ order }) => {
      const kernels = this.specs
        .get(order.tenant)!
        .network.kernels.slice(order.firstKernel)
        .slice(0, order.kernelCount);
      return this.classOf(order.tenant) === "BE" && kernels.some(({ bound }) => bound === "memory");
    });
    const held = streaming.reduce((sum, launch) => sum + launch.held.minus(launch.leaving).size, 0);
    expect(held).toBeLessThanOrEqual(Math.max(streaming.length, (this.tpcs * this.bePartitions) / 6));
  }

  launch(order: LaunchOrder, tpcs: TpcSet): void {
    expect(this.works).toBe(true);
    this.launches.set(order.id, { order, held: NO_TPCS, leaving: NO_TPCS });
    this.hold(order.id, tpcs);
    const spec = this.specs.get(order.tenant)!;
    const memoryBound = spec.network.kernels[order.firstKernel]?.bound === "memory";
    if (this.promises.partitioned && !memoryBound) {
      expect(tpcs.size).toBeGreaterThanOrEqual(Math.floor((this.tpcs * spec.smRequestPercent) / 100));
    }
    this.inner.launch(order, tpcs);
  }

  extend(launch: LaunchId, tpcs: TpcSet): void {
    this.hold(launch, tpcs);
    this.inner.extend(launch, tpcs);
  }

  evict(launch: LaunchId, tpcs: TpcSet): void {
    const seen = this.launches.get(launch)!;
    seen.leaving = seen.leaving.union(tpcs);
    this.inner.evict(launch, tpcs);
  }

  copy(copy: CopyOrder, offsetBytes: number, sizeBytes: number): void {
    expect(this.works).toBe(true);
    this.inner.copy(copy, offsetBytes, sizeBytes);
  }

  place(tenant: TenantId, channels: ChannelSet): void {
    expect(this.works).toBe(true);
    this.channels.set(tenant, channels);
    this.inner.place(tenant, channels);
  }

  release(tenant: TenantId): void {
    for (const { order } of this.launches.values()) expect(order.tenant).not.toBe(tenant);
    this.channels.delete(tenant);
    this.inner.release(tenant);
  }

  private hold(id: LaunchId, tpcs: TpcSet): void {
    const seen = this.launches.get(id)!;
    seen.held = seen.held.union(tpcs);
    if (!this.promises.partitioned) return;
    const spec = this.specs.get(seen.order.tenant)!;
    const floor = Math.floor((this.tpcs * spec.smRequestPercent) / 100);
    const ceiling = Math.max(1, floor, Math.floor((this.tpcs * spec.smLimitPercent) / 100));
    expect(seen.held.size).toBeLessThanOrEqual(ceiling);
    for (const other of this.launches.values()) {
      if (this.classOf(other.order.tenant) === spec.class) continue;
      expect(other.held.overlaps(tpcs)).toBe(false);
    }
  }

  private classOf(tenant: TenantId): TenantSpec["class"] {
    return this.specs.get(tenant)!.class;
  }
}
