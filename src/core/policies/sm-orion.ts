/**
 * Orion: kernel by kernel, one LS and one BE launcher, no partition.
 *
 * Beside a running LS request a BE kernel starts only if it needs fewer SMs than the GPU has, is shorter than the LS kernel, and
 * is bound by the other resource; and BE work outstanding stays under a small part of the LS request's expected time.
 * Source: Strati et al., "Orion: Interference-aware, Fine-grained GPU Sharing for ML Applications", EuroSys 2024.
 */
import type { KernelProfile } from "../kernel.ts";
import type { PolicyContext, SmPolicy } from "../policy.ts";
import { remove } from "../remove.ts";
import type { Launch, Request } from "../request.ts";
import type { SmBook } from "../sm-book.ts";
import { oneKernel, PendingLaunches, unplanned } from "./sm-common.ts";

/** A kernel is bound by a resource of which it uses at least this share, 0..1 (the paper's 60 %). */
const BOUND_SHARE = 0.6;

/** BE work outstanding, of the LS request's expected time (the paper's DUR_THRESHOLD, 2.5 %). */
const OUTSTANDING_SHARE = 0.025;

const isLs = (launch: Launch): boolean => launch.request.tenant.spec.class === "LS";

const kernelOf = (launch: Launch): KernelProfile =>
  launch.request.tenant.spec.network.kernels[launch.firstKernel]!;

/** Whether a BE kernel leaves to the LS kernel what that one is bound by. */
function boundElsewhere(be: KernelProfile, ls: KernelProfile): boolean {
  const lsCompute = ls.computeShare >= BOUND_SHARE;
  const lsMemory = ls.memoryShare >= BOUND_SHARE;
  if (lsCompute && lsMemory) return false;
  if (lsCompute) return be.computeShare < BOUND_SHARE;
  if (lsMemory) return be.memoryShare < BOUND_SHARE;
  return true;
}

export function orionSms({ tpcs }: PolicyContext): SmPolicy {
  const pending = new PendingLaunches();
  /** LS requests between their first kernel's turn and their last kernel's end; the first of them has the LS launcher. */
  const lsRequests: Request[] = [];

  function mayStart(be: Launch, book: SmBook, request: Request | undefined): boolean {
    if (request === undefined) return true;
    const beKernel = kernelOf(be);
    const lsKernel = request.launch === null ? undefined : kernelOf(request.launch);
    if (lsKernel === undefined) return false;
    const outstandingNs = book.running.reduce(
      (sum, launch) => sum + (isLs(launch) ? 0 : kernelOf(launch).aloneNs),
      0,
    );
    return (
      beKernel.tpcsNeeded < tpcs &&
      beKernel.aloneNs < lsKernel.aloneNs &&
      boundElsewhere(beKernel, lsKernel) &&
      outstandingNs + beKernel.aloneNs <= request.tenant.aloneNs * OUTSTANDING_SHARE
    );
  }

  return {
    ...unplanned(pending),
    span: oneKernel,
    enqueue(launch) {
      pending.add(launch);
      if (isLs(launch) && !lsRequests.includes(launch.request)) lsRequests.push(launch.request);
    },
    forget(request) {
      pending.remove(request);
      if (lsRequests.includes(request)) remove(lsRequests, request);
    },
    schedule(book) {
      const current = lsRequests[0];
      pending.takeWhere((launch) => {
        if (launch.request !== current) return false;
        launch.priority = 1;
        book.launch(launch, book.all);
        return true;
      });
      pending.takeWhere((launch) => {
        if (isLs(launch) || !mayStart(launch, book, current)) {
          if (current !== undefined) book.defer(launch, current.tenant.id, "SMs");
          return false;
        }
        book.launch(launch, book.all);
        return true;
      });
    },
  };
}
