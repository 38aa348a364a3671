/**
 * A request on its way: admitted, input copied in, kernels launched, output copied out.
 *
 * At every moment a request is in exactly one phase, and leaving a phase books its time to one of the parts of blame. So the
 * parts sum to the latency, to the nanosecond, by construction.
 */
import { assert } from "./assert.ts";
import { COPY, COPY_WAIT, EXECUTION, QUEUE, SHARING, SM_WAIT } from "./blame.ts";
import { type ChannelSet, NO_CHANNELS } from "./channel-set.ts";
import type { CopyOrder, CopyPurpose, Direction, LaunchOrder, Slot } from "./command.ts";
import type { CopyId, LaunchId, RequestId, TenantId } from "./ids.ts";
import type { RequestTrace } from "./request-trace.ts";
import type { TenantClass } from "./spec.ts";
import type { Tenant } from "./tenant.ts";
import { ALL_TPCS, NO_TPCS, type TpcSet } from "./tpc-set.ts";

/** queued: behind other requests of its tenant. waiting: a launch is ready and has no TPCs. done: latency is booked. */
export type Phase = "queued" | "copying" | "waiting" | "executing" | "done";

/** What may become of a request. late: completed, beyond its SLO; without an SLO all that complete are `completed`. */
export const OUTCOMES = ["completed", "late", "rejected", "aborted", "failed"] as const;
export type Outcome = (typeof OUTCOMES)[number];

export class Request {
  readonly id: RequestId;
  readonly tenant: Tenant;
  readonly arrivedNs: number;
  /** Its parts so far, in the order of BLAME_PARTS. */
  readonly blameNs = [0, 0, 0, 0, 0, 0];
  phase: Phase = "queued";
  phaseSinceNs: number;
  /** All before it is booked. */
  private bookedNs: number;
  /** Time of this phase in which the copy engine moved this request's bytes. */
  servedNs = 0;
  /** Its story, from its admission to its end. */
  trace: RequestTrace | null = null;
  /** First kernel not yet done, and how many of its blocks are left after an eviction (0: all). */
  nextKernel = 0;
  blocksLeft = 0;
  inputArrived = false;
  aborted = false;
  /** Set when its input is staged. */
  slot: Slot = 0;
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
    this.bookedNs = arrivedNs;
  }

  get isExecuted(): boolean {
    return this.nextKernel === this.tenant.spec.network.kernels.length;
  }

  /** Where its bytes go while it is copying. */
  get copiesTo(): Direction {
    return this.isExecuted ? "d2h" : "h2d";
  }

  /**
   * Books the phase that ends. For `executing`, `aloneNs` is what the work done would have taken alone on the whole GPU;
   * the rest is the price of sharing it.
   */
  enter(phase: Phase, nowNs: number, aloneNs = 0): void {
    assert(nowNs >= this.bookedNs, "time never goes back");
    const beforeNs = this.blameNs[SHARING]!;
    switch (this.phase) {
      case "queued":
        this.book(QUEUE, nowNs);
        break;
      case "waiting":
        this.book(SM_WAIT, nowNs);
        break;
      case "copying":
        this.book(COPY_WAIT, nowNs);
        break;
      case "executing":
        this.book(EXECUTION, Math.min(nowNs, this.phaseSinceNs + aloneNs));
        this.book(SHARING, nowNs);
        break;
      case "done":
        assert(false, "a request ends once");
    }
    this.trace?.left(this, this.blameNs[SHARING]! - beforeNs, nowNs);
    this.phase = phase;
    this.phaseSinceNs = nowNs;
    this.servedNs = 0;
    this.trace?.entered(this, nowNs);
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
    if (this.phase !== "copying") return;
    this.book(COPY_WAIT, Math.max(fromNs, this.bookedNs));
    this.servedNs += nowNs - this.bookedNs;
    this.book(COPY, nowNs);
  }

  /** What is not booked yet was `part`, until `untilNs`. */
  private book(part: number, untilNs: number): void {
    const ns = untilNs - this.bookedNs;
    if (ns === 0) return;
    this.blameNs[part] = this.blameNs[part]! + ns;
    this.bookedNs = untilNs;
    this.trace?.timeline.append(part, untilNs);
  }
}

/** Why a launch does not start, though it might. */
export interface Deferral {
  readonly to: TenantId;
  readonly resource: "SMs" | "VRAM";
}

export class Launch implements LaunchOrder {
  readonly id: LaunchId;
  readonly tenant: TenantId;
  readonly request: Request;
  readonly firstKernel: number;
  readonly kernelCount: number;
  readonly blocksLeft: number;
  readonly slot: Slot;
  /** Set by the policy before it starts the launch. */
  priority: 0 | 1 = 0;
  /** The fewest TPCs that all its kernels need. Set by a policy that goes by it. */
  tpcsNeeded = 0;
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
  /** While it waits: who holds one of these keeps it waiting, if of this class; null: of any. The book's to set, as is `deferral`. */
  awaited: TpcSet = ALL_TPCS;
  awaitedClass: TenantClass | null = null;
  /** While it waits by a plan, whoever holds what: for the sake of a tenant whose SMs or whose VRAM it is to leave alone. */
  deferral: Deferral | null = null;
  /** Where its tenant's memory lay when it started: its first kernel uses these channels to its end. */
  startedIn: ChannelSet = NO_CHANNELS;

  constructor(id: LaunchId, request: Request, kernelCount: number) {
    this.id = id;
    this.tenant = request.tenant.id;
    this.request = request;
    this.firstKernel = request.nextKernel;
    this.kernelCount = kernelCount;
    this.blocksLeft = request.blocksLeft;
    this.slot = request.slot;
  }

  /** Whether the other one keeps it waiting. */
  awaits({ held, request }: Launch): boolean {
    if (!held.overlaps(this.awaited)) return false;
    return this.awaitedClass === null || this.awaitedClass === request.tenant.spec.class;
  }

  /** TPCs that it keeps. */
  get staying(): TpcSet {
    return this.held.minus(this.leaving);
  }
}

/** Bytes of one request that go one way. */
export class Copy implements CopyOrder {
  readonly id: CopyId;
  readonly tenant: TenantId;
  readonly direction: Direction;
  readonly request: Request;
  readonly purpose: CopyPurpose;
  readonly slot: Slot;
  /** Where it begins in the input, the parameters or the output. */
  readonly firstByte: number;
  readonly sizeBytes: number;
  /** Ends of the tensors that it consists of, from firstByte on, rising, the last one sizeBytes: what moves in one piece unless chunked. */
  readonly tensorEnds: readonly number[];
  issuedBytes = 0;
  movedBytes = 0;

  constructor(
    id: CopyId,
    request: Request,
    purpose: CopyPurpose,
    firstByte: number,
    tensorEnds: readonly number[],
  ) {
    this.id = id;
    this.tenant = request.tenant.id;
    this.direction = purpose === "output" ? "d2h" : "h2d";
    this.request = request;
    this.purpose = purpose;
    this.slot = request.slot;
    this.firstByte = firstByte;
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
