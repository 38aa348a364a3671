/** What the charts show: the figures of each tenant at the last moments. */
import type { BoardSnapshot, BoardTenant } from "./snapshot.ts";

/** Moments kept: two minutes of two a second. */
const KEPT = 240;
const BYTES_PER_GB = 1e9;

export interface Point {
  /** null: nothing completed lately. */
  readonly p99Ms: number | null;
  /** 0..1 of the GPU. */
  readonly smRan: number;
  /** To and from the GPU, since the moment before. */
  readonly pcieGBs: number;
}

export interface Moment {
  /** Seconds of the GPU's clock. */
  readonly atS: number;
  readonly points: ReadonlyMap<string, Point>;
}

const bytesOf = ({ h2dBytes, d2hBytes }: BoardTenant): number => (h2dBytes ?? 0) + (d2hBytes ?? 0);

export class History {
  private kept: Moment[] = [];
  private before: BoardSnapshot | null = null;
  private readonly seats = new Map<string, number>();

  /** Oldest first. */
  get moments(): readonly Moment[] {
    return this.kept;
  }

  /** A clock that has gone back is another run's: what was before is forgotten. While the clock stands, nothing is added. */
  push(snapshot: BoardSnapshot): void {
    const atS = snapshot.atS ?? 0;
    const lastS = this.before?.atS ?? Number.NEGATIVE_INFINITY;
    if (atS < lastS) this.forget();
    if (atS !== lastS) {
      this.kept.push({ atS, points: this.pointsOf(snapshot, atS) });
      if (this.kept.length > KEPT) this.kept.shift();
      this.before = snapshot;
    }
    this.seat(snapshot);
  }

  /** A small number that stays a tenant's as long as it is on the charts: its colour. */
  seatOf(name: string): number {
    return this.seats.get(name) ?? 0;
  }

  private pointsOf({ tenants }: BoardSnapshot, atS: number): Map<string, Point> {
    const elapsedS = atS - (this.before?.atS ?? atS);
    const bytesBefore = new Map(this.before?.tenants.map((tenant) => [tenant.name, bytesOf(tenant)]));
    return new Map(
      tenants.map((tenant) => {
        const bytes = bytesOf(tenant);
        // Statistics that were reset begin at 0 again.
        const moved = Math.max(0, bytes - (bytesBefore.get(tenant.name) ?? bytes));
        const pcieGBs = elapsedS > 0 ? moved / elapsedS / BYTES_PER_GB : 0;
        return [tenant.name, { p99Ms: tenant.p99Ms, smRan: tenant.smRan ?? 0, pcieGBs }];
      }),
    );
  }

  private seat({ tenants }: BoardSnapshot): void {
    const names = new Set(this.kept.flatMap(({ points }) => [...points.keys()]));
    for (const name of this.seats.keys()) if (!names.has(name)) this.seats.delete(name);
    for (const { name } of tenants) {
      if (this.seats.has(name)) continue;
      const taken = new Set(this.seats.values());
      let free = 0;
      while (taken.has(free)) free++;
      this.seats.set(name, free);
    }
  }

  private forget(): void {
    this.kept = [];
    this.before = null;
    this.seats.clear();
  }
}
