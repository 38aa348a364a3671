/** What several SM policies share: the list of launches that wait, and the plain ways to cut an inference into launches. */
import type { SmPolicy } from "../policy.ts";
import type { Launch, Request } from "../request.ts";
import type { TenantClass } from "../spec.ts";

/** Launches that wait for TPCs, in the order in which they became ready. */
export class PendingLaunches {
  private launches: Launch[] = [];

  add(launch: Launch): void {
    this.launches.push(launch);
  }

  remove(request: Request): void {
    const index = this.launches.findIndex((launch) => launch.request === request);
    if (index >= 0) this.launches.splice(index, 1);
  }

  takeAll(): Launch[] {
    return this.launches.splice(0);
  }

  /** Takes those for which `take` says so, in order. It is asked once for each. */
  takeWhere(take: (launch: Launch) => boolean): void {
    if (this.launches.length > 0) this.launches = this.launches.filter((launch) => !take(launch));
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
  besideBe: true,
});

/** Nothing is decided on the way. */
export const wholeInference = (request: Request, firstKernel: number): number =>
  request.tenant.spec.network.kernels.length - firstKernel;

/** Something is decided at each kernel. */
export const oneKernel = (): number => 1;
