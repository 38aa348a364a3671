/** What all attached consoles see, encoded once for all of them, some times a second. */
import type { TenantDetail } from "../../core/snapshot.ts";
import type { Session } from "../../engine/session.ts";
import type { BareView } from "./attach-messages.ts";
import { Feed } from "./feed.ts";

/** Wall ms between views that are sent: ten a second are as lively as a network's delays let a screen be, and a third of what it could show. */
const TICK_MS = 100;
/** The run's own views come so far apart; a tick that is due within half of that is due now. */
const VIEW_MS = 33;

export class Broadcast {
  readonly views = new Feed<BareView>({ kind: "view" });
  private readonly run: Pick<Session, "view" | "subscribe">;
  private readonly details = new Map<number, Feed<TenantDetail>>();
  private readonly receivers = new Set<() => void>();
  private stopListening: (() => void) | null = null;
  private sentMs = Number.NEGATIVE_INFINITY;

  constructor(run: Pick<Session, "view" | "subscribe">) {
    this.run = run;
  }

  /** `offer` is called whenever there is a new view to send. Returns what ends that. */
  join(offer: () => void): () => void {
    this.receivers.add(offer);
    this.stopListening ??= this.run.subscribe(() => this.see());
    this.put();
    return () => {
      this.receivers.delete(offer);
      if (this.receivers.size > 0) return;
      this.stopListening?.();
      this.stopListening = null;
    };
  }

  /** Somebody has acted and waits to see it: the next view is sent as it comes. */
  hurry(): void {
    this.sentMs = Number.NEGATIVE_INFINITY;
  }

  /** Details of the tenant, of which this is the latest. */
  detailFeed(detail: TenantDetail): Feed<TenantDetail> {
    const { tenant } = detail;
    const feed = this.details.get(tenant) ?? new Feed<TenantDetail>({ kind: "detail", tenant });
    this.details.set(tenant, feed);
    feed.put(detail);
    return feed;
  }

  private see(): void {
    const nowMs = performance.now();
    if (nowMs - this.sentMs < TICK_MS - VIEW_MS / 2) return;
    this.sentMs = nowMs;
    this.put();
    for (const offer of [...this.receivers]) offer();
  }

  private put(): void {
    const { detail: _, ...view } = this.run.view();
    this.views.put(view);
  }
}
