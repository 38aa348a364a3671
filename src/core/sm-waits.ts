/**
 * Requests whose launch waits for TPCs, and whom they wait for.
 *
 * A wait is put down to those who held what was waited for, up to now, just before that changes: who holds it, or what it is.
 */
import type { TenantId } from "./ids.ts";
import { remove } from "./remove.ts";
import type { Launch, Request } from "./request.ts";
import { IN_VRAM, ON_SMS } from "./request-trace.ts";
import type { TpcSet } from "./tpc-set.ts";

export class SmWaits {
  private readonly waiting: Request[] = [];
  /** Of settleOne: made once. */
  private readonly holders: TenantId[] = [];

  add(request: Request): void {
    this.waiting.push(request);
  }

  remove(request: Request): void {
    remove(this.waiting, request);
  }

  /** Somebody is about to take or to leave these TPCs. `running`: who holds any, as it was until now. */
  settle(tpcs: TpcSet, running: readonly Launch[], nowNs: number): void {
    for (const request of this.waiting) {
      if (request.launch?.awaited.overlaps(tpcs) === true) this.settleOne(request, running, nowNs);
    }
  }

  /** Something else is about to change for one request. */
  settleOne({ launch, trace }: Request, running: readonly Launch[], nowNs: number): void {
    if (launch === null || trace === null) return;
    const ns = nowNs - trace.waitedToNs;
    if (ns === 0) return;
    trace.waitedToNs = nowNs;
    const { deferral } = launch;
    if (deferral !== null) {
      trace.lose(ns, deferral.to, deferral.resource === "VRAM" ? IN_VRAM : ON_SMS);
      return;
    }
    let count = 0;
    for (const holder of running) if (launch.awaits(holder)) this.holders[count++] = holder.tenant;
    for (let index = 0; index < count; index++) trace.lose(ns / count, this.holders[index]!, ON_SMS);
  }
}
