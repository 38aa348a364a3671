/**
 * One run that several look at and act on. Each has a seat: a session of its own, with a name that stands beside its acts, and with the tenant
 * that it watches. The engine tells the detail of one tenant at a time, so those that are watched take turns, a view each.
 */
import { MissileError } from "../../core/error.ts";
import type { TenantDetail } from "../../core/snapshot.ts";
import {
  type Act,
  type BlockMap,
  MOST_MARK_CHARACTERS,
  type ReopenableSession,
  type RequestRecords,
  type ShadowComparison,
  type ShadowOptions,
  type TenantKernels,
  type View,
} from "../../engine/session.ts";
import type { MixConfig, TenantConfig } from "../../presets/mix.ts";

/** Shadow runs at once, of all seats: each takes a core. */
const MOST_SHADOWS = 4;

export class SharedRun {
  private readonly session: ReopenableSession;
  private readonly seats = new Set<Seat>();
  /** The latest of each tenant that is watched. */
  private readonly details = new Map<number, TenantDetail>();
  /** And where its blocks lie, if somebody looks at that. */
  private readonly blocks = new Map<number, BlockMap>();
  private asksForBlocks = false;
  private readonly stopListening: () => void;
  private lastNs = 0;
  private shadows = 0;

  /** The session stays its owner's to close. */
  constructor(session: ReopenableSession) {
    this.session = session;
    this.stopListening = session.subscribe(() => this.see());
  }

  /** `who`: what is told beside the acts from this seat. Closing it leaves the run as it is, unless `whenLeft` does something to it. */
  seat(who: string, whenLeft: () => Promise<void> = async () => {}): ReopenableSession {
    const seat: Seat = new Seat(this.session, who, {
      detailOf: (tenant) => this.details.get(tenant) ?? null,
      blocksOf: (tenant) => this.blocks.get(tenant) ?? null,
      watchChanged: () => this.turn(),
      inTurn: (shadow) => this.compare(shadow),
      left: () => {
        this.seats.delete(seat);
        this.turn();
        return whenLeft();
      },
    });
    this.seats.add(seat);
    return seat;
  }

  /** Seats see nothing more. */
  close(): void {
    this.stopListening();
    this.seats.clear();
  }

  /** Rejects with MissileError "tooManyShadows". */
  private async compare<T>(shadow: () => Promise<T>): Promise<T> {
    if (this.shadows >= MOST_SHADOWS) {
      const message = `${MOST_SHADOWS} comparisons are the most at once; try again when one is done`;
      throw new MissileError(message, "tooManyShadows");
    }
    this.shadows++;
    try {
      return await shadow();
    } finally {
      this.shadows--;
    }
  }

  private see(): void {
    const { detail, blocks, snapshot } = this.session.view();
    // Another run: whoever has those ids now is another tenant.
    const isAnother = snapshot.atNs < this.lastNs;
    this.lastNs = snapshot.atNs;
    const present = new Set(snapshot.tenants.map(({ id }) => id));
    this.forget((tenant) => isAnother || !present.has(tenant));
    if (detail !== null) this.details.set(detail.tenant, detail);
    if (blocks !== null) this.blocks.set(blocks.tenant, blocks);
    this.turn();
    for (const seat of [...this.seats]) seat.tell();
  }

  /** The next view is to carry the detail of the next tenant that is watched. */
  private turn(): void {
    const wanted = [...new Set([...this.seats].map(({ watched }) => watched))].filter((id) => id !== null);
    this.forget((tenant) => !wanted.includes(tenant));
    const told = this.session.view().detail?.tenant ?? null;
    const next = wanted.sort((a, b) => a - b).find((id) => told === null || id > told) ?? wanted[0] ?? null;
    const withBlocks = [...this.seats].some((seat) => seat.watched === next && seat.seesBlocks);
    if (next === told && withBlocks === this.asksForBlocks) return;
    this.asksForBlocks = withBlocks;
    this.session.watch(next, withBlocks);
  }

  private forget(isGone: (tenant: number) => boolean): void {
    for (const kept of [this.details, this.blocks])
      for (const tenant of kept.keys()) if (isGone(tenant)) kept.delete(tenant);
  }
}

interface SeatOptions {
  readonly detailOf: (tenant: number) => TenantDetail | null;
  readonly blocksOf: (tenant: number) => BlockMap | null;
  readonly watchChanged: () => void;
  /** Runs a shadow, or refuses it. */
  readonly inTurn: <T>(shadow: () => Promise<T>) => Promise<T>;
  readonly left: () => Promise<void>;
}

class Seat implements ReopenableSession {
  watched: number | null = null;
  seesBlocks = false;
  private readonly session: ReopenableSession;
  private readonly who: string;
  private readonly options: SeatOptions;
  private readonly listeners = new Set<() => void>();
  /** Of the session's view and this seat's detail, for as long as neither is another. */
  private latest: View | null = null;

  constructor(session: ReopenableSession, who: string, options: SeatOptions) {
    this.session = session;
    this.who = who;
    this.options = options;
  }

  get died(): Promise<string> {
    return this.session.died;
  }

  view(): View {
    this.latest ??= {
      ...this.session.view(),
      detail: this.watched === null ? null : this.options.detailOf(this.watched),
      blocks: this.watched === null || !this.seesBlocks ? null : this.options.blocksOf(this.watched),
    };
    return this.latest;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(): void {
    this.latest = null;
    for (const listener of [...this.listeners]) listener();
  }

  watch(tenant: number | null, withBlocks = false): void {
    if (tenant === this.watched && withBlocks === this.seesBlocks) return;
    this.watched = tenant;
    this.seesBlocks = withBlocks;
    this.latest = null;
    this.options.watchChanged();
  }

  act(act: Act): Promise<void> {
    return this.session.act(act, this.who);
  }

  mix(): Promise<MixConfig> {
    return this.session.mix();
  }

  tenantConfig(tenant: number): Promise<TenantConfig> {
    return this.session.tenantConfig(tenant);
  }

  kernels(tenant: number): Promise<TenantKernels> {
    return this.session.kernels(tenant);
  }

  requests(sinceNs: number): Promise<RequestRecords> {
    return this.session.requests(sinceNs);
  }

  shadow(
    options: ShadowOptions,
    progress: (share: number) => void,
    signal?: AbortSignal,
  ): Promise<ShadowComparison> {
    return this.options.inTurn(() => this.session.shadow(options, progress, signal));
  }

  /** Another run has another log: what stands in it first is who opened it. */
  async reopen(mix: MixConfig, opening?: (text: string) => void): Promise<void> {
    await this.session.reopen(mix, opening);
    await this.act({
      kind: "mark",
      text: `opened ${mix.name} on ${mix.gpu}`.replace(/\p{C}/gu, "").slice(0, MOST_MARK_CHARACTERS),
    });
  }

  async close(): Promise<void> {
    this.watched = null;
    this.listeners.clear();
    await this.options.left();
  }
}
