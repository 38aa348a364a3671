/** What tenants truly had of the SMs, from the device's times: since the last look, lately, and since their statistics began. */
import { MAX_TENANTS, MAX_TPCS } from "./device.ts";
import type { Tenant } from "./tenant.ts";
import { WINDOW_SECONDS } from "./windowed.ts";

const NS_PER_S = 1e9;

export interface Ran {
  /** How full the tenant kept each TPC since the last look, 0..1. */
  readonly tpcs: readonly number[];
  /** Shares of the GPU since its statistics began and over the last seconds, 0..1. */
  readonly share: number;
  readonly recentShare: number;
}

/** A tenant's time on all TPCs together, as far as it was looked at. */
interface Account {
  readonly originNs: number;
  countedToNs: number;
  filledNs: number;
  /** What it was at some times, a second apart; the first is as old as "recent" reaches. */
  readonly marks: { readonly atNs: number; readonly filledNs: number }[];
}

/** Times of a real GPU come in steps, so an interval may seem to hold more than it can. */
const shareOf = (ns: number, ofNs: number): number => (ofNs > 0 ? Math.min(1, ns / ofNs) : 0);

export class RanMeter {
  private readonly tpcs: number;
  private readonly accounts = new Map<Tenant, Account>();
  private fromNs = 0;
  private nowNs = 0;
  private before = new Float64Array(MAX_TENANTS * MAX_TPCS);
  private now = new Float64Array(MAX_TENANTS * MAX_TPCS);

  constructor(tpcs: number) {
    this.tpcs = tpcs;
  }

  /** Looks. While no time passes, as in a run that stands still, the last interval stays the last. */
  look(tpcNs: Float64Array, nowNs: number): void {
    if (nowNs === this.nowNs) return;
    [this.before, this.now] = [this.now, this.before];
    this.now.set(tpcNs);
    this.fromNs = this.nowNs;
    this.nowNs = nowNs;
  }

  /** What the tenant had, as of the last look. */
  of(tenant: Tenant): Ran {
    const { tpcs: count, nowNs, fromNs } = this;
    const tpcs: number[] = [];
    let filledNs = 0;
    for (let tpc = 0; tpc < count; tpc++) {
      const at = tenant.id * MAX_TPCS + tpc;
      // Ids are used again, and a device may begin anew with them.
      const ns = Math.max(0, this.now[at]! - this.before[at]!);
      filledNs += ns;
      tpcs.push(shareOf(ns, nowNs - fromNs));
    }
    const account = this.accountOf(tenant);
    if (account.countedToNs < nowNs) {
      account.countedToNs = nowNs;
      account.filledNs += filledNs;
    }
    return {
      tpcs,
      share: shareOf(account.filledNs, (nowNs - account.originNs) * count),
      recentShare: this.recentShare(account),
    };
  }

  forget(tenants: ReadonlyMap<number, Tenant>): void {
    for (const tenant of this.accounts.keys())
      if (tenants.get(tenant.id) !== tenant) this.accounts.delete(tenant);
  }

  /** Begins anew with the tenant's statistics, with what has come since the look before. */
  private accountOf(tenant: Tenant): Account {
    const { originNs } = tenant.metrics;
    const known = this.accounts.get(tenant);
    if (known?.originNs === originNs) return known;
    // What was counted up to this very instant belongs to the statistics before.
    const countedToNs = originNs === this.nowNs ? this.nowNs : this.fromNs;
    const account = { originNs, countedToNs, filledNs: 0, marks: [{ atNs: originNs, filledNs: 0 }] };
    this.accounts.set(tenant, account);
    return account;
  }

  private recentShare({ marks, filledNs }: Account): number {
    const { nowNs } = this;
    while (marks.length > 1 && marks[1]!.atNs <= nowNs - WINDOW_SECONDS * NS_PER_S) marks.shift();
    const [from] = marks;
    if (nowNs - marks.at(-1)!.atNs >= NS_PER_S) marks.push({ atNs: nowNs, filledNs });
    return shareOf(filledNs - from!.filledNs, (nowNs - from!.atNs) * this.tpcs);
  }
}
