/** The scheduler's orders on their way into the addon: appended as records, handed over a whole ring at a time. */
import type { ChannelSet } from "../core/channel-set.ts";
import type { Commands, CopyOrder, LaunchOrder } from "../core/command.ts";
import type { LaunchId, TenantId } from "../core/ids.ts";
import type { TpcSet } from "../core/tpc-set.ts";
import { COMMAND, COMMAND_STRIDE, PURPOSE, writeSet } from "./protocol.ts";

export class CommandRing implements Commands {
  private readonly ring: Float64Array;
  private readonly submit: (count: number) => void;
  private count = 0;

  /** `submit` hands over the first `count` records; it is called when the ring is full before the next poll. */
  constructor(ring: Float64Array, submit: (count: number) => void) {
    this.ring = ring;
    this.submit = submit;
  }

  /** Number of records that wait, which are then no longer the ring's concern. */
  take(): number {
    const { count } = this;
    this.count = 0;
    return count;
  }

  launch(launch: LaunchOrder, tpcs: TpcSet): void {
    const at = this.next(COMMAND.launch, launch.id);
    this.ring[at + 2] = launch.tenant;
    this.ring[at + 3] = launch.firstKernel;
    this.ring[at + 4] = launch.kernelCount;
    this.ring[at + 5] = launch.blocksLeft;
    this.ring[at + 6] = launch.priority;
    this.ring[at + 7] = launch.slot;
    writeSet(this.ring, at + 8, tpcs);
  }

  extend(launch: LaunchId, tpcs: TpcSet): void {
    writeSet(this.ring, this.next(COMMAND.extend, launch) + 2, tpcs);
  }

  evict(launch: LaunchId, tpcs: TpcSet): void {
    writeSet(this.ring, this.next(COMMAND.evict, launch) + 2, tpcs);
  }

  copy(copy: CopyOrder, offsetBytes: number, sizeBytes: number): void {
    const at = this.next(COMMAND.copy, copy.id);
    this.ring[at + 2] = copy.tenant;
    this.ring[at + 3] = PURPOSE[copy.purpose];
    this.ring[at + 4] = copy.slot;
    this.ring[at + 5] = offsetBytes;
    this.ring[at + 6] = sizeBytes;
  }

  place(tenant: TenantId, channels: ChannelSet): void {
    writeSet(this.ring, this.next(COMMAND.place, tenant) + 2, channels);
  }

  release(tenant: TenantId): void {
    this.next(COMMAND.release, tenant);
  }

  /** Begins a record and returns where it lies. */
  private next(kind: number, id: number): number {
    if ((this.count + 1) * COMMAND_STRIDE > this.ring.length) this.submit(this.take());
    const at = this.count++ * COMMAND_STRIDE;
    this.ring[at] = kind;
    this.ring[at + 1] = id;
    return at;
  }
}
