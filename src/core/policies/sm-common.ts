/** What several SM policies share: the list of launches that wait, and the plain ways to cut an inference into launches. */
import type { SmPolicy } from "../policy.ts";
import { remove } from "../remove.ts";
import type { Launch, Request } from "../request.ts";
import type { TenantClass } from "../spec.ts";

/** Launches that wait for TPCs, in the order in which they became ready. */
export class PendingLaunches {
  private readonly launches: Launch[] = [];

  add(launch: Launch): void {
    this.launches.push(launch);
  }

  remove(request: Request): void {
    const waiting = this.launches.find((launch) => launch.request === request);
    if (waiting !== undefined) remove(this.launches, waiting);
  }

  takeAll(): Launch[] {
    return this.launches.splice(0);
  }

  /** Takes those for which `take` says so, in order. It is asked once for each. */
  takeWhere(take: (launch: Launch) => boolean): void {
    let kept = 0;
    for (const launch of this.launches) if (!take(launch)) this.launches[kept++] = launch;
    while (this.launches.length > kept) this.launches.pop();
  }

  /** The one that waits longest of a class. */
  first(tenantClass: TenantClass): Launch | undefined {
    return this.launches.find((launch) => launch.request.tenant.spec.class === tenantClass);
  }
}

/** The hooks of a policy that neither looks ahead nor plans: its launches wait in `pending` until it takes them. */
export const unplanned = (pending: PendingLaunches): Omit<SmPolicy, "span" | "schedule"> => ({
  rejectsHopeless: false,
  expect: () => {},
  enqueue: (launch) => pending.add(launch),
  forget: (request) => pending.remove(request),
  plan: () => {},
  fill: () => {},
  besideBe: true,
});

/** Nothing is decided on the way. */
export const wholeInference = (request: Request, firstKernel: number): number =>
  request.tenant.spec.network.kernels.length - firstKernel;

/** Something is decided at each kernel. */
export const oneKernel = (): number => 1;
