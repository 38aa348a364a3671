/** One network alone on a real GPU, request by request: to see what it computes, and how long that takes. The GPU's executor does all of it. */
import { assert } from "../core/assert.ts";
import { channelRange } from "../core/channel-set.ts";
import type { CopyPurpose, Slot } from "../core/command.ts";
import { MissileError } from "../core/error.ts";
import type { Event } from "../core/event.ts";
import { asCopyId, asLaunchId, asTenantId } from "../core/ids.ts";
import type { LoweredNetwork, NetworkProfile } from "../core/kernel.ts";
import { Prng } from "../core/prng.ts";
import { tpcCount } from "../core/spec.ts";
import { tpcRange } from "../core/tpc-set.ts";
import { type BlockRow, type CudaGpu, readBlockMap } from "../native/index.ts";

const TENANT = asTenantId(0);
const LONGEST_WAIT_NS = 60e9;
/** Between looks at whether its blocks have come. */
const LOOK_NS = 1e6;

export interface RequestOptions {
  /** Plain kernels, that nothing can take off the GPU, as one graph where they are few and short; else elastic ones. */
  readonly isPlain: boolean;
  /** How often elastic kernels are taken off the GPU, at moments that a seed chooses. Default 0. */
  readonly evictions?: number;
}

type Ended = Extract<Event, { kind: "launchRetired" | "copyRetired" }>;

export class LoneTenant {
  readonly profile: NetworkProfile;
  private readonly gpu: CudaGpu;
  private readonly network: LoweredNetwork;
  private readonly isStreamed: boolean;
  private readonly random = new Prng(1, "evictions");
  private ids = 0;
  private slot: Slot = 0;
  private readonly ended: Ended[] = [];

  /** Loads the network, and its parameters unless they do not all fit. Throws MissileError. */
  constructor(gpu: CudaGpu, network: LoweredNetwork) {
    this.gpu = gpu;
    this.network = network;
    this.profile = gpu.load(TENANT, network);
    const storage = network.program?.storages.find(({ use }) => use === "parameters");
    this.isStreamed = storage !== undefined && storage.sizeBytes < this.profile.weightBytes;
    if (!this.isStreamed) this.copy("weights", 0, this.profile.weightBytes);
  }

  /** Its kernels use coloured memory from now on. Throws MissileError "uncoloured" where there is none for it. */
  colour(): void {
    const { channels } = this.gpu.spec;
    this.gpu.commands.place(TENANT, channelRange(0, Math.ceil(channels / 2)));
    for (const endNs = this.gpu.nowNs() + LONGEST_WAIT_NS; this.gpu.nowNs() < endNs; ) {
      this.gpu.poll(this.gpu.nowNs() + LOOK_NS, () => {});
      const numbers = this.gpu.blocks(TENANT);
      const rows = (numbers === null ? null : readBlockMap(numbers))?.rows ?? [];
      if (rows.some(({ hasColours }) => hasColours) && rows.every(isSettled)) return;
      const health = this.gpu.health();
      if (health?.uncolouredTenant === TENANT) break;
    }
    const why = this.gpu.health()?.uncolouredWhy || "its blocks do not come";
    throw new MissileError(`${this.network.name} cannot use coloured memory: ${why}`, "uncoloured");
  }

  setInput(bytes: Uint8Array): void {
    this.gpu.setInput(TENANT, bytes);
  }

  /** Of the last request. */
  output(): Uint8Array {
    return this.gpu.output(TENANT, this.slot === 0 ? 1 : 0);
  }

  /** Input, kernels, output. Returns the ns from the first order to the arrival of the last byte. */
  request(options: RequestOptions): number {
    const fromNs = this.gpu.presentNs();
    const { inputBytes, outputBytes } = this.profile;
    this.copy("input", 0, inputBytes);
    if (this.isStreamed) this.executeStreamed(options);
    else this.execute(0, this.profile.kernels.length, options);
    this.copy("output", 0, outputBytes);
    this.slot = this.slot === 0 ? 1 : 0;
    return this.gpu.nowNs() - fromNs;
  }

  release(): void {
    this.gpu.commands.release(TENANT);
  }

  /** The kernels from `first` to `end` - 1, with all evictions among them. */
  private execute(first: number, end: number, { isPlain, evictions = 0 }: RequestOptions): void {
    const { kernels } = this.profile;
    const aloneNs = kernels.slice(first, end).reduce((sum, kernel) => sum + kernel.aloneNs, 0);
    let evictionsLeft = evictions;
    for (let next = first, blocksLeft = 0; next < end; ) {
      const id = this.launch(next, end - next, blocksLeft, isPlain);
      const isEvicted = evictionsLeft-- > 0;
      if (isEvicted) this.evictSoon(id, (aloneNs / evictions) * this.random.nextUnit());
      const retired = this.waitFor("launchRetired");
      next += retired.kernelsDone;
      blocksLeft = retired.blocksLeft;
    }
  }

  /** Each kernel once its parameters have come, and no parameter before the kernel before has ended: the slowest way, and a sure one. */
  private executeStreamed(options: RequestOptions): void {
    let readyBytes = 0;
    for (const [index, { weightBytes }] of this.profile.kernels.entries()) {
      this.copy("weights", readyBytes, weightBytes);
      readyBytes += weightBytes;
      this.execute(index, index + 1, options);
    }
  }

  private launch(firstKernel: number, kernelCount: number, blocksLeft: number, isPlain: boolean): number {
    const id = asLaunchId(this.ids++);
    const priority = isPlain ? 1 : 0;
    const order = {
      id,
      tenant: TENANT,
      firstKernel,
      kernelCount,
      blocksLeft,
      priority,
      slot: this.slot,
    } as const;
    this.gpu.commands.launch(order, tpcRange(0, tpcCount(this.gpu.spec)));
    return id;
  }

  private evictSoon(launch: number, afterNs: number): void {
    const untilNs = Math.ceil(this.gpu.presentNs() + afterNs);
    while (this.gpu.nowNs() < untilNs && this.ended.length === 0) this.poll(untilNs);
    this.gpu.commands.evict(asLaunchId(launch), tpcRange(0, tpcCount(this.gpu.spec)));
  }

  private copy(purpose: CopyPurpose, firstByte: number, sizeBytes: number): void {
    if (sizeBytes === 0) return;
    const id = asCopyId(this.ids++);
    const direction = purpose === "output" ? "d2h" : "h2d";
    this.gpu.commands.copy({ id, tenant: TENANT, direction, purpose, slot: this.slot }, firstByte, sizeBytes);
    this.waitFor("copyRetired");
  }

  private poll(untilNs: number): void {
    this.gpu.poll(untilNs, (event) => {
      if (event.kind === "deviceFailed") throw new MissileError(`the GPU failed: ${event.code}`, "gpuFailed");
      if (event.kind === "launchRetired" || event.kind === "copyRetired") this.ended.push({ ...event });
    });
  }

  /** What was ordered last has ended. */
  private waitFor<Kind extends Ended["kind"]>(kind: Kind): Extract<Ended, { kind: Kind }> {
    const endNs = this.gpu.presentNs() + LONGEST_WAIT_NS;
    while (this.ended.length === 0 && this.gpu.nowNs() < endNs) this.poll(endNs);
    const ended = this.ended.shift();
    assert(ended?.kind === kind, "one thing is ordered at a time, and ends within a minute");
    return ended as Extract<Ended, { kind: Kind }>;
  }
}

const isSettled = ({ missing, misplaced, behind }: BlockRow): boolean => missing + misplaced + behind === 0;
