/**
 * A request on its way: admitted, input copied in, kernels launched, output copied out.
 *
 * At every moment a request is in exactly one phase, and leaving a phase books its time to one of the parts of blame. So the
 * parts sum to the latency, to the nanosecond, by construction.
 */
import { assert } from "./assert.ts";
import { type ChannelSet, NO_CHANNELS } from "./channel-set.ts";
import type { CopyOrder, Direction, LaunchOrder } from "./command.ts";
import type { CopyId, LaunchId, RequestId, TenantId } from "./ids.ts";
import type { Blame } from "./snapshot.ts";
import type { Tenant } from "./tenant.ts";
import { NO_TPCS, type TpcSet } from "./tpc-set.ts";

/** queued: behind other requests of its tenant. waiting: a launch is ready and has no TPCs. done: latency is booked. */
export type Phase = "queued" | "copying" | "waiting" | "executing" | "done";

/** Parts of a latency, in the order of `Request.blameNs`. */
export const BLAME_PARTS = [
  "queue",
  "smWait",
  "copyWait",
  "copy",
  "execution",
  "sharing",
] as const satisfies readonly (keyof Blame)[];

const QUEUE = 0;
const SM_WAIT = 1;
const COPY_WAIT = 2;
const COPY = 3;
const EXECUTION = 4;
const SHARING = 5;

export class Request {
  readonly id: RequestId;
  readonly tenant: Tenant;
  readonly arrivedNs: number;
  readonly blameNs = [0, 0, 0, 0, 0, 0];
  phase: Phase = "queued";
  phaseSinceNs: number;
  /** Time of this phase in which the copy engine moved this request's bytes. */
  private servedNs = 0;
  /** First kernel not yet done, and how many of its blocks are left after an eviction (0: all). */
  nextKernel = 0;
  blocksLeft = 0;
  inputArrived = false;
  aborted = false;
  /** Parameters in VRAM for this request so far: a prefix, in bytes. */
  weightsReadyBytes = 0;
  launch: Launch | null = null;
  /** Copies with bytes not yet moved. */
  readonly copies: Copy[] = [];

  constructor(id: RequestId, tenant: Tenant, arrivedNs: number) {
    this.id = id;
    this.tenant = tenant;
    this.arrivedNs = arrivedNs;
    this.phaseSinceNs = arrivedNs;
  }

  get isExecuted(): boolean {
    return this.nextKernel === this.tenant.spec.network.kernels.length;
  }

  /**
   * Books the phase that ends. For `executing`, `aloneNs` is what the work done would have taken alone on the whole GPU;
   * the rest is the price of sharing it.
   */
  enter(phase: Phase, nowNs: number, aloneNs = 0): void {
    const elapsedNs = nowNs - this.phaseSinceNs;
    assert(elapsedNs >= 0, "time never goes back");
    switch (this.phase) {
      case "queued":
        this.book(QUEUE, elapsedNs);
        break;
      case "waiting":
        this.book(SM_WAIT, elapsedNs);
        break;
      case "copying":
        this.book(COPY, this.servedNs);
        this.book(COPY_WAIT, elapsedNs - this.servedNs);
        break;
      case "executing": {
        const executionNs = Math.min(elapsedNs, aloneNs);
        this.book(EXECUTION, executionNs);
        this.book(SHARING, elapsedNs - executionNs);
        break;
      }
      case "done":
        assert(false, "a request ends once");
    }
    this.phase = phase;
    this.phaseSinceNs = nowNs;
    this.servedNs = 0;
  }

  /** Back to the queue: whatever was done for it is lost. */
  beginAnew(nowNs: number): void {
    this.enter("queued", nowNs);
    this.nextKernel = 0;
    this.blocksLeft = 0;
    this.inputArrived = false;
    this.weightsReadyBytes = 0;
    this.launch = null;
    this.copies.length = 0;
  }

  /** The copy engine worked for this request from `fromNs` until now. */
  served(fromNs: number, nowNs: number): void {
    if (this.phase === "copying") this.servedNs += nowNs - Math.max(fromNs, this.phaseSinceNs);
  }

  private book(part: number, ns: number): void {
    this.blameNs[part] = this.blameNs[part]! + ns;
  }
}

export class Launch implements LaunchOrder {
  readonly id: LaunchId;
  readonly tenant: TenantId;
  readonly request: Request;
  readonly firstKernel: number;
  readonly kernelCount: number;
  readonly blocksLeft: number;
  /** Set by the policy before it starts the launch. */
  priority: 0 | 1 = 0;
  /** Share of the VRAM bandwidth that it asks for on all SMs, 0..1. Set by a policy that caps by it. */
  vramDemand = 0;
  /**
   * From the order to start until the device says that it is gone. It may hold no TPC meanwhile: when it has left its last one
   * while an extension that was taken back is still on its way.
   */
  isOnGpu = false;
  /** TPCs on which its blocks may run, those it is leaving included. */
  held: TpcSet = NO_TPCS;
  /** TPCs that it was told to leave and has not left yet. */
  leaving: TpcSet = NO_TPCS;
  evictedNs = 0;
  /** Where its tenant's memory lay when it started: its first kernel uses these channels to its end. */
  startedIn: ChannelSet = NO_CHANNELS;

  constructor(id: LaunchId, request: Request, kernelCount: number) {
    this.id = id;
    this.tenant = request.tenant.id;
    this.request = request;
    this.firstKernel = request.nextKernel;
    this.kernelCount = kernelCount;
    this.blocksLeft = request.blocksLeft;
  }

  /** TPCs that it keeps. */
  get staying(): TpcSet {
    return this.held.minus(this.leaving);
  }
}

export type CopyPurpose = "input" | "weights" | "output";

/** Bytes of one request that go one way. */
export class Copy implements CopyOrder {
  readonly id: CopyId;
  readonly tenant: TenantId;
  readonly direction: Direction;
  readonly request: Request;
  readonly purpose: CopyPurpose;
  readonly sizeBytes: number;
  /** Ends of the tensors that it consists of, rising, the last one sizeBytes: what moves in one piece unless chunked. */
  readonly tensorEnds: readonly number[];
  issuedBytes = 0;
  movedBytes = 0;

  constructor(id: CopyId, request: Request, purpose: CopyPurpose, tensorEnds: readonly number[]) {
    this.id = id;
    this.tenant = request.tenant.id;
    this.direction = purpose === "output" ? "d2h" : "h2d";
    this.request = request;
    this.purpose = purpose;
    this.tensorEnds = tensorEnds;
    this.sizeBytes = tensorEnds[tensorEnds.length - 1]!;
  }

  /** Bytes not yet handed to the engine. */
  get backlogBytes(): number {
    return this.sizeBytes - this.issuedBytes;
  }

  /** Bytes to the end of the tensor that goes next. */
  get tensorBytes(): number {
    for (const end of this.tensorEnds) if (end > this.issuedBytes) return end - this.issuedBytes;
    return 0;
  }
}
