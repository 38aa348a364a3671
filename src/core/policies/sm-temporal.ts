/** Temporal multiplexing: one kernel on the GPU at a time; LS first, BE yields between kernels. */
import type { PolicyContext, SmPolicy } from "../policy.ts";
import { oneKernel, PendingLaunches, unplanned } from "./sm-common.ts";

export function temporalSms(_context: PolicyContext): SmPolicy {
  const pending = new PendingLaunches();
  return {
    ...unplanned(pending),
    span: oneKernel,
    schedule(book) {
      if (book.running.length > 0) return;
      const next = pending.first("LS") ?? pending.first("BE");
      if (next === undefined) return;
      pending.remove(next.request);
      book.launch(next, book.all);
    },
  };
}
