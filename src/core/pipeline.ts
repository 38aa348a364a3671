/**
 * A request's life: arrives -> queue -> admission -> input copy -> launches -> output copy -> done.
 *
 * A tenant has one request executing at a time, in the order of arrival, and one behind it whose input is already on its way.
 * Parameters that are not resident stream in while the request executes: a launch starts once those it reads have arrived.
 */

import type { CopyPurpose } from "./command.ts";
import { asCopyId, asLaunchId, asRequestId, type RequestId, type TenantId } from "./ids.ts";
import { remove } from "./remove.ts";
import { Copy, Launch, type Outcome, Request } from "./request.ts";
import type { State } from "./state.ts";
import type { Tenant } from "./tenant.ts";

const MS_PER_NS = 1e-6;

export class Pipeline {
  private readonly state: State;
  private requests = 0;
  private nextLaunch = 0;
  private nextCopy = 0;
  /** Tells whoever makes requests that one of the tenant's has ended. */
  onEnded: (request: Request, outcome: Outcome) => void = () => {};
  /** Tells that a request's input is about to be ordered. */
  onStaged: (request: Request) => void = () => {};
  /** Tells that nothing of a leaving tenant is left. */
  onGone: (tenant: Tenant) => void = () => {};

  constructor(state: State) {
    this.state = state;
  }

  /** What the next one to arrive will be called. */
  get nextRequest(): RequestId {
    return asRequestId(this.requests);
  }

  arrive(tenant: Tenant): void {
    tenant.metrics.arrived++;
    tenant.queue.push(new Request(asRequestId(this.requests++), tenant, this.state.nowNs));
    this.admit(tenant);
  }

  copyRetired(copy: Copy): void {
    const { request } = copy;
    if (request.aborted) {
      this.reap(request);
      return;
    }
    if (copy.purpose === "weights") {
      request.weightsReadyBytes = copy.firstByte + copy.movedBytes;
      if (request.launch === null) this.dispatch(request);
    }
    if (copy.movedBytes < copy.sizeBytes) return;
    remove(request.copies, copy);
    if (copy.purpose === "weights") this.bringWeights(request);
    if (copy.purpose === "input") this.inputArrived(request);
    if (copy.purpose === "output") this.complete(request);
  }

  /** The launch is off the GPU, having done `kernelsDone` kernels and all but `blocksLeft` blocks of the next. */
  launchRetired(launch: Launch, kernelsDone: number, blocksLeft: number): void {
    const { request } = launch;
    const aloneNs = this.aloneNs(launch, kernelsDone, blocksLeft);
    this.state.book.retire(launch);
    this.state.smDirty = true;
    request.enter("waiting", this.state.nowNs, aloneNs);
    request.launch = null;
    request.nextKernel += kernelsDone;
    request.blocksLeft = blocksLeft;
    if (request.aborted) {
      this.leaveSms(request);
      this.reap(request);
    } else if (request.isExecuted) this.executed(request);
    else {
      this.bringWeights(request);
      this.dispatch(request);
    }
  }

  /** Drops every request of the tenant. What the device still works on ends when the device says so. */
  abort(tenant: Tenant): void {
    for (const request of tenant.queue.splice(0)) this.end(request, "aborted");
    const admitted = [...tenant.admitted()].filter(({ aborted }) => !aborted);
    // All at once: none of them follows one that is dropped.
    for (const request of admitted) request.aborted = true;
    for (const request of admitted) this.drop(request);
  }

  /** Drops one request; whatever has ended or is being dropped is left alone. */
  cancel(tenant: Tenant, id: RequestId): void {
    const queued = tenant.queue.find((request) => request.id === id);
    if (queued !== undefined) {
      remove(tenant.queue, queued);
      this.end(queued, "aborted");
      return;
    }
    for (const request of [...tenant.admitted()]) {
      if (request.id !== id || request.aborted) continue;
      request.aborted = true;
      this.drop(request);
    }
  }

  /** Gives an admitted request to a policy that has just taken over: what waits is cut into launches anew, as that one cuts. */
  takeOver(request: Request): void {
    const { copy, sm } = this.state.policy;
    for (const waiting of request.copies) if (waiting.backlogBytes > 0) copy.enqueue(waiting);
    if (request.isExecuted) return;
    sm.expect(request);
    if (request.launch !== null) this.dispatch(request);
  }

  /** Calls onGone for a tenant that was told to leave and has nothing left. */
  settleLeaving(tenant: Tenant): void {
    if (tenant.leaving !== null && tenant.inFlight === 0) this.onGone(tenant);
  }

  /** The device is lost: the blamed tenant's requests have failed, all others go back to their beginning and wait. */
  loseDevice(blamed: TenantId | -1): void {
    this.state.lsActive = 0;
    for (const tenant of this.state.tenants.values()) {
      for (const request of tenant.loseDevice().reverse()) {
        if (request.aborted) this.end(request, "aborted");
        else {
          request.beginAnew(this.state.nowNs);
          tenant.queue.unshift(request);
        }
      }
      // Those that were not admitted too: they would only break it again.
      if (tenant.id === blamed) for (const request of tenant.queue.splice(0)) this.end(request, "failed");
    }
  }

  /** The device is back: who waits is admitted, in the order of arrival. */
  regainDevice(): void {
    const waiting = [...this.state.tenants.values()].filter(({ queue }) => queue.length > 0);
    for (const tenant of waiting.sort((a, b) => a.queue[0]!.id - b.queue[0]!.id)) this.admit(tenant);
  }

  /** Moves queued requests to where their input is copied, one at a time. */
  private admit(tenant: Tenant): void {
    while (tenant.staged === null && this.state.failure === null) {
      const request = tenant.queue.shift();
      if (request === undefined) return;
      if (this.isHopeless(request)) this.reject(request);
      else this.stage(request);
    }
  }

  private reject(request: Request): void {
    const { id, spec } = request.tenant;
    this.state.log.add(this.state.nowNs, "scheduler", id, sayRejected, spec.name, spec.sloMs ?? 0);
    this.end(request, "rejected");
  }

  private isHopeless(request: Request): boolean {
    const { sloMs, client } = request.tenant.spec;
    if (sloMs === null || !this.state.policy.sm.rejectsHopeless) return false;
    const neededMs = client?.estimatedMs ?? request.tenant.aloneNs * MS_PER_NS;
    return (this.state.nowNs - request.arrivedNs) * MS_PER_NS + neededMs > sloMs;
  }

  private stage(request: Request): void {
    const { tenant } = request;
    request.slot = tenant.nextSlot;
    tenant.staged = request;
    this.state.delays.follow(request);
    request.enter("copying", this.state.nowNs);
    this.state.policy.sm.expect(request);
    this.state.smDirty = true;
    if (tenant.spec.class === "LS") this.state.lsActive++;
    this.onStaged(request);
    this.enqueueCopy(request, "input", 0, tenant.tensorEnds.input);
  }

  private inputArrived(request: Request): void {
    const { tenant, phaseSinceNs } = request;
    tenant.metrics.recentCopyIn.record(this.state.nowNs - phaseSinceNs, this.state.nowNs);
    request.inputArrived = true;
    if (tenant.mayExecute(request)) this.execute(request);
    else request.enter("queued", this.state.nowNs);
  }

  private executeStaged(tenant: Tenant): void {
    if (tenant.staged !== null && tenant.mayExecute(tenant.staged)) this.execute(tenant.staged);
  }

  private execute(request: Request): void {
    const { tenant } = request;
    tenant.staged = null;
    if (this.isHopeless(request)) {
      this.leaveSms(request);
      this.reject(request);
      this.admit(tenant);
      return;
    }
    tenant.executing = request;
    request.weightsReadyBytes = tenant.bringWeights();
    this.bringWeights(request);
    this.dispatch(request);
    this.admit(tenant);
  }

  /** Brings what parameters may come by now, one copy after the other. */
  private bringWeights(request: Request): void {
    if (request.copies.some(({ purpose }) => purpose === "weights")) return;
    const { weightsReadyBytes, nextKernel, tenant } = request;
    const ends = tenant.tensorEndsFrom(weightsReadyBytes, nextKernel);
    if (ends.length > 0) this.enqueueCopy(request, "weights", weightsReadyBytes, ends);
  }

  /** Enqueues the next launch: as many kernels as the SM policy decides at once and as have their parameters. */
  private dispatch(request: Request): void {
    const { weightEnds } = request.tenant;
    const first = request.nextKernel;
    if (weightEnds[first]! > request.weightsReadyBytes) {
      if (request.phase !== "copying") request.enter("copying", this.state.nowNs);
      return;
    }
    const span = this.state.policy.sm.span(request, first);
    let count = 1;
    while (count < span && weightEnds[first + count]! <= request.weightsReadyBytes) count++;
    if (request.phase !== "waiting") request.enter("waiting", this.state.nowNs);
    request.launch = new Launch(asLaunchId(this.nextLaunch++), request, count);
    this.state.policy.sm.enqueue(request.launch);
    this.state.smDirty = true;
  }

  private executed(request: Request): void {
    const { tenant } = request;
    this.leaveSms(request);
    tenant.executing = null;
    tenant.finishing.push(request);
    request.enter("copying", this.state.nowNs);
    this.enqueueCopy(request, "output", 0, tenant.tensorEnds.output);
    this.executeStaged(tenant);
  }

  private leaveSms(request: Request): void {
    this.state.policy.sm.forget(request);
    this.state.smDirty = true;
    if (request.tenant.spec.class === "LS") this.state.lsActive--;
  }

  private complete(request: Request): void {
    const { tenant } = request;
    request.enter("done", this.state.nowNs);
    remove(tenant.finishing, request);
    const outcome = tenant.metrics.complete(request, tenant.spec.sloMs, this.state.nowNs);
    this.state.delays.release(request);
    this.onEnded(request, outcome);
    this.executeStaged(tenant);
    this.settleLeaving(tenant);
  }

  /** Takes back what the device has not begun of an aborted request. */
  private drop(request: Request): void {
    const { tenant, launch } = request;
    for (const copy of request.copies)
      this.state.lanes[copy.direction].withdraw(copy, this.state.policy.copy);
    if (tenant.executing === request) tenant.keepWeights(request.weightsReadyBytes);
    if (launch?.isOnGpu === true) {
      this.state.book.evict(launch, launch.held);
      return;
    }
    request.launch = null;
    if (!tenant.finishing.includes(request)) this.leaveSms(request);
    this.reap(request);
  }

  /** Ends an aborted request once the device works on nothing of it; those behind it go on. */
  private reap(request: Request): void {
    if (request.launch !== null) return;
    if (request.copies.some((copy) => copy.movedBytes < copy.issuedBytes)) return;
    const { tenant } = request;
    if (tenant.staged === request) tenant.staged = null;
    if (tenant.executing === request) tenant.executing = null;
    if (tenant.finishing.includes(request)) remove(tenant.finishing, request);
    this.end(request, "aborted");
    this.executeStaged(tenant);
    this.admit(tenant);
  }

  private end(request: Request, how: "rejected" | "aborted" | "failed"): void {
    request.enter("done", this.state.nowNs);
    this.state.delays.release(request);
    request.tenant.metrics[how]++;
    this.onEnded(request, how);
    this.settleLeaving(request.tenant);
  }

  private enqueueCopy(
    request: Request,
    purpose: CopyPurpose,
    firstByte: number,
    tensorEnds: readonly number[],
  ): void {
    const copy = new Copy(asCopyId(this.nextCopy++), request, purpose, firstByte, tensorEnds);
    request.copies.push(copy);
    this.state.lanes[copy.direction].enqueue(copy, this.state.policy.copy);
  }

  /** What the launch has done so far would have taken this long alone on the whole GPU, its launch included. */
  private aloneNs(launch: Launch, kernelsDone: number, blocksLeft: number): number {
    const { firstKernel, kernelCount, request } = launch;
    const { timing, executor } = this.state.gpu;
    // Kernels of a launch with priority begin early: there is no gap.
    const gaps = launch.priority === 1 ? 0 : Math.min(kernelsDone, kernelCount - 1);
    return (
      timing.launchNs +
      executor.answerNs +
      gaps * timing.kernelGapNs +
      request.tenant.aloneToNs(firstKernel + kernelsDone, blocksLeft) -
      request.tenant.aloneToNs(firstKernel, launch.blocksLeft)
    );
  }
}

const sayRejected = (name: string | number, sloMs: string | number): string =>
  `rejected a request of ${name}: it can no longer meet its SLO of ${sloMs} ms`;
