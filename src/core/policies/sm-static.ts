/** A fixed partition: LS has the first two thirds of the TPCs, BE the rest, whether anybody runs there or not. */
import type { PolicyContext, SmPolicy } from "../policy.ts";
import type { Launch } from "../request.ts";
import { type TpcSet, tpcRange } from "../tpc-set.ts";
import { PendingLaunches, unplanned, wholeInference } from "./sm-common.ts";

const LS_PART = 2 / 3;

export function staticSms({ tpcs }: PolicyContext): SmPolicy {
  const pending = new PendingLaunches();
  const lsTpcs = Math.round(tpcs * LS_PART);

  function partition({ request: { tenant } }: Launch): TpcSet {
    const ceiling = tenant.ceilingTpcs(tpcs);
    if (tenant.spec.class === "LS") return tpcRange(0, Math.min(lsTpcs, ceiling));
    return tpcRange(Math.max(lsTpcs, tpcs - ceiling), tpcs);
  }

  return {
    ...unplanned(pending),
    rejectsHopeless: true,
    span: wholeInference,
    schedule(book) {
      for (const launch of pending.takeAll()) book.launch(launch, partition(launch));
    },
  };
}
