/**
 * Everything runs side by side at once, whole inferences, as the hardware places blocks.
 *
 * lsFirst: LS streams have priority. capped: each tenant is limited to its smLimit of the SMs, as MPS's active-thread percentage
 * does; LS is counted from the first TPC, BE from the last, so that limits which add up to 100 % keep them apart.
 */
import type { PolicyContext, SmPolicy } from "../policy.ts";
import type { Launch } from "../request.ts";
import type { TpcSet } from "../tpc-set.ts";
import { tpcRange } from "../tpc-set.ts";
import { PendingLaunches, unplanned, wholeInference } from "./sm-common.ts";

export interface SharedSmsOptions {
  readonly lsFirst: boolean;
  readonly capped: boolean;
}

export const sharedSms =
  ({ lsFirst, capped }: SharedSmsOptions) =>
  ({ tpcs }: PolicyContext): SmPolicy => {
    const pending = new PendingLaunches();

    function allowed({ request: { tenant } }: Launch): TpcSet {
      const count = capped ? tenant.ceilingTpcs(tpcs) : tpcs;
      return tenant.spec.class === "LS" ? tpcRange(0, count) : tpcRange(tpcs - count, tpcs);
    }

    return {
      ...unplanned(pending),
      span: wholeInference,
      schedule(book) {
        for (const launch of pending.takeAll()) {
          launch.priority = lsFirst && launch.request.tenant.spec.class === "LS" ? 1 : 0;
          book.launch(launch, allowed(launch));
        }
      },
    };
  };
