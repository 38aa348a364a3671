/** The scheduler's state, all of it: what the pipeline, the operator's acts and the observers work on. */
import { CopyLane } from "./copy-lane.ts";
import { DecisionLog } from "./decision-log.ts";
import { DelayBook } from "./delay-book.ts";
import type { TenantId } from "./ids.ts";
import type { CopyPolicy, PolicyContext, PolicyRow, SmPolicy, VramPolicy } from "./policy.ts";
import { SmBook } from "./sm-book.ts";
import type { DeviceFailure, Mark } from "./snapshot.ts";
import { type GpuSpec, tpcCount } from "./spec.ts";
import type { Tenant } from "./tenant.ts";

export interface Policy {
  readonly name: string;
  readonly sm: SmPolicy;
  readonly copy: CopyPolicy;
  readonly vram: VramPolicy;
}

export interface SchedulerOptions {
  readonly policy: string;
  /** Packets of 1 KiB. Default 512. Too small: each chunk's fixed cost eats the bandwidth. Too large: small copies wait. */
  readonly cfsPeriodPackets: number;
  /** Share of the VRAM channels that the BE class gets, 0..1. Default 1/3. Too small starves BE, too large LS. */
  readonly beChannelShare: number;
}

export class State {
  readonly gpu: GpuSpec;
  readonly tenants = new Map<TenantId, Tenant>();
  readonly book: SmBook;
  readonly lanes: { readonly h2d: CopyLane; readonly d2h: CopyLane };
  readonly delays: DelayBook;
  readonly log = new DecisionLog();
  /** Of the operator's, oldest first. */
  readonly marks: Mark[] = [];
  policy: Policy;
  /** Chosen, and taking over once the launches of the one before have left the GPU. */
  nextPolicy: string | null = null;
  cfsPeriodPackets: number;
  beChannelShare: number;
  /** LS requests between admission and the end of their execution. */
  lsActive = 0;
  /** Set by whatever may change what the SM policy or the VRAM policy would say. */
  smDirty = false;
  /** Set when TPCs were left: the plan stands, but orders that waited for them may follow. */
  tpcsFreed = false;
  placementDirty = false;
  placements = 0;
  events = 0;
  nowNs = 0;
  /** Null while the device works. */
  failure: DeviceFailure | null = null;

  constructor(
    gpu: GpuSpec,
    options: SchedulerOptions,
    instantiate: (name: string, context: PolicyContext) => Policy,
  ) {
    this.gpu = gpu;
    const delays = new DelayBook(tpcCount(gpu));
    this.delays = delays;
    this.book = new SmBook(delays);
    this.lanes = {
      h2d: new CopyLane("h2d", gpu.pcie, delays.copied.h2d),
      d2h: new CopyLane("d2h", gpu.pcie, delays.copied.d2h),
    };
    this.cfsPeriodPackets = options.cfsPeriodPackets;
    this.beChannelShare = options.beChannelShare;
    this.policy = instantiate(options.policy, this.context());
  }

  /** What policies may look at: live, so one context serves as long as the state does. */
  context(): PolicyContext {
    return {
      gpu: this.gpu,
      tpcs: this.book.tpcs,
      tenants: this.tenants,
      lsActive: () => this.lsActive,
      besideBe: () => this.policy.sm.besideBe,
      cfsPeriodPackets: () => this.cfsPeriodPackets,
      beChannelShare: () => this.beChannelShare,
      vram: () => this.policy.vram,
      log: this.log,
    };
  }
}

/** Makes the policy that a row of the table describes. */
export function instantiatePolicy(name: string, row: PolicyRow, context: PolicyContext): Policy {
  return { name, sm: row.sm(context), copy: row.copy(context), vram: row.vram(context) };
}
