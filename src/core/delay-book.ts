/** Who uses what for how long, kept so that any request can be told afterwards who delayed it. Decides nothing. */
import type { Direction } from "./command.ts";
import type { Request } from "./request.ts";
import { RequestTrace } from "./request-trace.ts";
import { SmWaits } from "./sm-waits.ts";
import type { Tenant } from "./tenant.ts";
import { TenantLevels } from "./tenant-levels.ts";

export class DelayBook {
  readonly tpcs: number;
  /** TPCs held. */
  readonly held = new TenantLevels();
  /** 1 while the copy engine works for the tenant. */
  readonly copied: { readonly [D in Direction]: TenantLevels } = {
    h2d: new TenantLevels(),
    d2h: new TenantLevels(),
  };
  readonly waits = new SmWaits();
  /** By id, those who have left until their ids are taken again; all ids are below `end`. */
  readonly tenants: Tenant[] = [];
  /** Not in use. */
  private readonly traces: RequestTrace[] = [];

  constructor(tpcs: number) {
    this.tpcs = tpcs;
  }

  get end(): number {
    return this.tenants.length;
  }

  joined(tenant: Tenant): void {
    this.tenants[tenant.id] = tenant;
  }

  /** From its admission on a request is followed. */
  follow(request: Request): void {
    if (request.trace !== null) return;
    request.trace = this.traces.pop() ?? new RequestTrace(this);
    request.trace.begin(request.arrivedNs);
  }

  /** The request has ended, and what was to be told of it was told. */
  release(request: Request): void {
    if (request.trace !== null) this.traces.push(request.trace);
    request.trace = null;
  }
}
