/** One tenant as the scheduler keeps it: its specification as it stands, its queue, and what follows from its network. */
import { assert } from "./assert.ts";
import { type ChannelSet, NO_CHANNELS } from "./channel-set.ts";
import type { Direction, Slot } from "./command.ts";
import type { Farewell } from "./event.ts";
import type { TenantId } from "./ids.ts";
import { TenantMetrics } from "./metrics.ts";
import type { Request } from "./request.ts";
import type { TenantChange, TenantSpec } from "./spec.ts";
import { NO_TPCS, type TpcSet } from "./tpc-set.ts";

const BYTES_PER_KIB = 1024;

export class Tenant {
  readonly id: TenantId;
  spec: TenantSpec;
  readonly metrics: TenantMetrics;
  loadOn = true;
  leaving: Farewell | null = null;
  channels: ChannelSet = NO_CHANNELS;
  /** TPCs that its launches are on: the book's to set. */
  held: TpcSet = NO_TPCS;
  /** The same, or while it has no launch there what the last one held last. */
  lastHeld: TpcSet = NO_TPCS;
  /** TPCs that it was told to leave: the book's to add to, the observer's to clear. */
  evicted: TpcSet = NO_TPCS;
  /** Arrived and not admitted yet. */
  readonly queue: Request[] = [];
  /** Admitted, its input on the way or waiting for the one before it; and the one whose kernels run. */
  staged: Request | null = null;
  executing: Request | null = null;
  /** Executed, their output on the way. */
  readonly finishing: Request[] = [];
  /** Bytes that wait for each copy engine: the lanes' to set. */
  readonly backlogBytes: { [D in Direction]: number } = { h2d: 0, d2h: 0 };
  /** Parameters that are in VRAM between requests: a prefix. None at first: a request brings what is missing. */
  private residentBytes = 0;
  /** weightEnds[k]: bytes of parameters up to and with kernel k. */
  readonly weightEnds: readonly number[];
  /** Ends of the tensors of a copy: the request's input and output. */
  readonly tensorEnds: { readonly input: readonly number[]; readonly output: readonly number[] };
  /** aloneBeforeNs[k]: execution of the kernels before k alone on the whole GPU; of all of them at the end. */
  private readonly aloneBeforeNs: readonly number[];
  /** TPCs that its kernels need on average. */
  readonly tpcsWanted: number;

  constructor(id: TenantId, spec: TenantSpec, nowNs: number) {
    this.id = id;
    this.spec = spec;
    this.metrics = new TenantMetrics(nowNs);
    let end = 0;
    this.weightEnds = spec.network.kernels.map((kernel) => (end += kernel.weightBytes));
    this.tensorEnds = {
      input: [spec.network.inputBytes],
      output: [spec.network.outputBytes],
    };
    let sumNs = 0;
    this.aloneBeforeNs = [0, ...spec.network.kernels.map((kernel) => (sumNs += kernel.aloneNs))];
    this.tpcsWanted =
      spec.network.kernels.reduce((sum, kernel) => sum + kernel.tpcsNeeded * kernel.aloneNs, 0) / sumNs;
  }

  get inFlight(): number {
    return this.queue.length + (this.staged ? 1 : 0) + (this.executing ? 1 : 0) + this.finishing.length;
  }

  /** Admitted requests, the oldest first. */
  *admitted(): IterableIterator<Request> {
    yield* this.finishing;
    if (this.executing !== null) yield this.executing;
    if (this.staged !== null) yield this.staged;
  }

  /** Of the request that is admitted next. Those before the one that was admitted last have been executed by the time it executes. */
  get nextSlot(): Slot {
    const last = this.executing ?? this.finishing.at(-1);
    return last?.slot === 0 ? 1 : 0;
  }

  /** Whether the request may execute: it has its input, and the output that its kernels write to is not on its way out. */
  mayExecute(request: Request): boolean {
    if (this.executing !== null || !request.inputArrived || request.aborted) return false;
    return this.finishing.every(({ slot }) => slot !== request.slot);
  }

  /** Nothing of it is on the GPU any more. Returns the requests that were admitted, the oldest first: the caller's now. */
  loseDevice(): Request[] {
    const admitted = [...this.admitted()];
    this.staged = null;
    this.executing = null;
    this.finishing.length = 0;
    this.channels = NO_CHANNELS;
    this.residentBytes = 0;
    return admitted;
  }

  /** A request begins to execute and brings what is missing of the parameters: tells how many bytes are there. What may stay stays from now on. */
  bringWeights(): number {
    const readyBytes = this.residentBytes;
    this.residentBytes = this.mostResidentBytes;
    return readyBytes;
  }

  /** Ends of the parameters' tensors, one a kernel, that may be brought once so many kernels are done, counted from where they begin. */
  tensorEndsFrom(firstByte: number, kernelsDone: number): readonly number[] {
    const { stream, weightBytes } = this.spec.network;
    const limit = stream?.limits[kernelsDone] ?? weightBytes;
    const ends: number[] = [];
    if (firstByte >= limit) return ends;
    for (const end of this.weightEnds) {
      const offset = Math.min(end, limit) - firstByte;
      if (offset > (ends[ends.length - 1] ?? 0)) ends.push(offset);
    }
    return ends;
  }

  /** Parameters that may stay in VRAM between requests. */
  private get mostResidentBytes(): number {
    const { weightBytes, stream } = this.spec.network;
    return Math.min(this.spec.vramKiB * BYTES_PER_KIB, stream?.residentBytes ?? weightBytes);
  }

  /** A request is dropped that had brought no more of the parameters than these: the next one brings the others. */
  keepWeights(bytes: number): void {
    this.residentBytes = Math.min(this.residentBytes, bytes);
  }

  /** Parameters that are in VRAM now, beside what a request brings and takes. */
  get occupiedBytes(): number {
    const { inputBytes, outputBytes } = this.spec.network;
    return (this.executing?.weightsReadyBytes ?? this.residentBytes) + inputBytes + outputBytes;
  }

  change(change: TenantChange): void {
    const { loadOn, ...fields } = change;
    this.spec = { ...this.spec, ...fields };
    this.residentBytes = Math.min(this.residentBytes, this.mostResidentBytes);
    if (loadOn !== undefined) this.loadOn = loadOn;
  }

  /** Execution alone on the whole GPU, all kernels. */
  get aloneNs(): number {
    return this.aloneToNs(this.spec.network.kernels.length, 0);
  }

  /** Execution alone on the whole GPU of the kernels before `kernel`, and of that one but for `blocksLeft` blocks (0: all are left). */
  aloneToNs(kernel: number, blocksLeft: number): number {
    const beforeNs = this.aloneBeforeNs[kernel];
    assert(beforeNs !== undefined, "what is executed is within the network");
    if (blocksLeft === 0) return beforeNs;
    const { aloneNs, blocks } = this.spec.network.kernels[kernel]!;
    return beforeNs + Math.round((aloneNs * (blocks - blocksLeft)) / blocks);
  }

  /** TPCs that smRequest guarantees while it runs: whole ones, so that floors of 100 % in sum can all be kept. */
  floorTpcs(tpcs: number): number {
    const { smRequestPercent } = this.spec;
    return smRequestPercent === 0 ? 0 : Math.max(1, Math.floor((tpcs * smRequestPercent) / 100));
  }

  /** Most TPCs that smLimit allows: rounded down, but one at least and its floor at least. */
  ceilingTpcs(tpcs: number): number {
    return Math.max(1, this.floorTpcs(tpcs), Math.floor((tpcs * this.spec.smLimitPercent) / 100));
  }
}
