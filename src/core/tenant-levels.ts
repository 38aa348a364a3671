/** A level a tenant, each changing in steps, and its integral over time, to be read at any moment. */
import { MAX_TENANTS } from "./device.ts";
import type { TenantId } from "./ids.ts";

export class TenantLevels {
  private readonly levels = new Float64Array(MAX_TENANTS);
  private readonly integrals = new Float64Array(MAX_TENANTS);
  private readonly sinceNs = new Float64Array(MAX_TENANTS);

  set(tenant: TenantId, level: number, nowNs: number): void {
    this.integrals[tenant] = this.until(tenant, nowNs);
    this.sinceNs[tenant] = nowNs;
    this.levels[tenant] = level;
  }

  /** Level x ns so far. */
  until(tenant: TenantId, nowNs: number): number {
    return this.integrals[tenant]! + this.levels[tenant]! * (nowNs - this.sinceNs[tenant]!);
  }

  /** Writes, for the tenants below `end`, level x ns so far. */
  read(target: Float64Array, end: number, nowNs: number): void {
    const { levels, integrals, sinceNs } = this;
    for (let tenant = 0; tenant < end; tenant++) {
      target[tenant] = integrals[tenant]! + levels[tenant]! * (nowNs - sinceNs[tenant]!);
    }
  }

  /** Turns what `read` wrote into what has come since. */
  readSince(target: Float64Array, end: number, nowNs: number): void {
    const { levels, integrals, sinceNs } = this;
    for (let tenant = 0; tenant < end; tenant++) {
      target[tenant] = integrals[tenant]! + levels[tenant]! * (nowNs - sinceNs[tenant]!) - target[tenant]!;
    }
  }
}
