/**
 * The session of a run elsewhere. It begins with the first view. While the connection is lost its views are the last one with a word on that,
 * acts are refused, and it is tried for again.
 */
import { MissileError } from "../core/error.ts";
import type { TenantDetail } from "../core/snapshot.ts";
import type {
  Act,
  ReopenableSession,
  RequestRecords,
  ShadowComparison,
  ShadowOptions,
  TenantKernels,
  View,
} from "../engine/session.ts";
import type { MixConfig, TenantConfig } from "../presets/mix.ts";
import {
  type Answers,
  type BareView,
  type Change,
  type FromRun,
  type Question,
  TAKEN_EVERY,
} from "../rpc/console/attach-messages.ts";
import { applied } from "../rpc/console/delta.ts";
import type { Role } from "../rpc/server.ts";
import { Line, type LineOptions } from "./line.ts";

/** Wall ms between words on how long the connection has been lost. */
const LOST_TICK_MS = 1000;

interface Reply {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: MissileError) => void;
  readonly progress: (share: number) => void;
  readonly opening: (text: string) => void;
}

type Hearing = Partial<Pick<Reply, "progress" | "opening">>;

/** Who one is to the server. */
export interface Standing {
  readonly role: Role;
  readonly name: string;
}

/** One of a row of values, as the changes that come make it. */
class Row<T> {
  latest: T | null = null;
  sequence = 0;

  /** Throws an Error for a change of another value than the latest. */
  take({ sequence, base, patch }: Change): void {
    if (base !== 0 && base !== this.sequence) throw new Error("a change of a view that never came");
    const before = base === 0 ? undefined : this.latest;
    this.latest = (patch === undefined ? before : applied(before, patch)) as T;
    this.sequence = sequence;
  }
}

class RemoteSession implements ReopenableSession {
  readonly died: Promise<string>;
  /** Rejects where there never is a view. */
  readonly begun: Promise<void>;
  standing: Standing = { role: "viewer", name: "" };
  private readonly line: Line;
  private readonly listeners = new Set<() => void>();
  private readonly replies = new Map<number, Reply>();
  private bare = new Row<BareView>();
  private detail = new Row<TenantDetail>();
  private detailOf: number | null = null;
  private shown: View | null = null;
  private watched: number | null = null;
  private viewsTaken = 0;
  private nextId = 0;
  /** Since when and why the connection is lost; null: it is there. */
  private lost: { readonly sinceMs: number; readonly why: string } | null = null;
  private lostTimer: NodeJS.Timeout | undefined;
  /** Why nothing can be asked any more; null while it lives. */
  private over: string | null = null;
  private begin: () => void = () => {};
  private never: (error: MissileError) => void = () => {};
  private die: (why: string) => void = () => {};

  constructor(options: LineOptions) {
    this.died = new Promise((resolve) => {
      this.die = resolve;
    });
    this.begun = new Promise((resolve, reject) => {
      this.begin = resolve;
      this.never = reject;
    });
    this.line = new Line(options, {
      up: (ready) => this.rise(ready),
      heard: (message) => this.hear(message),
      down: (why) => this.fall(why),
      over: (error) => this.end(error),
    });
  }

  view(): View {
    return this.shown!;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  watch(tenant: number | null): void {
    this.watched = tenant;
    this.line.send({ kind: "watch", tenant });
  }

  async act(act: Act): Promise<void> {
    await this.ask({ kind: "act", act });
  }

  mix(): Promise<MixConfig> {
    return this.ask({ kind: "mix" });
  }

  tenantConfig(tenant: number): Promise<TenantConfig> {
    return this.ask({ kind: "tenantConfig", tenant });
  }

  kernels(tenant: number): Promise<TenantKernels> {
    return this.ask({ kind: "kernels", tenant });
  }

  requests(sinceNs: number): Promise<RequestRecords> {
    return this.ask({ kind: "requests", sinceNs });
  }

  shadow(
    options: ShadowOptions,
    progress: (share: number) => void,
    signal?: AbortSignal,
  ): Promise<ShadowComparison> {
    const id = this.nextId;
    const leave = (): void => this.line.send({ kind: "leave", id });
    signal?.addEventListener("abort", leave);
    return this.ask({ kind: "shadow", options }, { progress }).finally(() =>
      signal?.removeEventListener("abort", leave),
    );
  }

  async reopen(mix: MixConfig, opening: (text: string) => void = () => {}): Promise<void> {
    await this.ask({ kind: "reopen", mix }, { opening });
  }

  async close(): Promise<void> {
    this.release("the session is closed");
    this.line.close();
  }

  private ask<Kind extends keyof Answers>(
    question: Question & { readonly kind: Kind },
    { progress = () => {}, opening = () => {} }: Hearing = {},
  ): Promise<Answers[Kind]> {
    if (this.over !== null) return Promise.reject(new MissileError(this.over, "sessionOver"));
    if (this.lost !== null) return Promise.reject(new MissileError(this.lost.why, "connectionLost"));
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.replies.set(id, { resolve, reject, progress, opening });
      this.line.send({ kind: "ask", id, question });
    });
  }

  private rise({ role, name }: Extract<FromRun, { kind: "ready" }>): void {
    this.standing = { role, name };
    this.lost = null;
    this.viewsTaken = 0;
    clearInterval(this.lostTimer);
    this.bare = new Row();
    this.detail = new Row();
    if (this.watched !== null) this.watch(this.watched);
  }

  private hear(message: FromRun): void {
    switch (message.kind) {
      case "view":
      case "detail":
        try {
          this.take(message);
        } catch (cause) {
          this.line.reset((cause as Error).message);
        }
        return;
      case "answered":
        // What a reply resolves with is what its question asks for: see `ask`.
        this.reply(message.id)?.resolve(message.answer as never);
        return;
      case "declined":
        this.reply(message.id)?.reject(new MissileError(message.message, message.code));
        return;
      case "progress":
        this.replies.get(message.id)?.progress(message.share);
        return;
      case "opening":
        this.replies.get(message.id)?.opening(message.text);
    }
  }

  private reply(id: number): Reply | undefined {
    const reply = this.replies.get(id);
    this.replies.delete(id);
    return reply;
  }

  private take(message: Extract<FromRun, { kind: "view" | "detail" }>): void {
    if (message.kind === "detail") {
      if (message.tenant !== this.detailOf) this.detail = new Row();
      this.detailOf = message.tenant;
      this.detail.take(message);
      return;
    }
    this.bare.take(message);
    const { sequence } = message;
    if (++this.viewsTaken % TAKEN_EVERY === 0) this.line.send({ kind: "taken", sequence });
    this.show({ ...this.bare.latest!, detail: this.detailNow() });
    this.begin();
  }

  /** The detail of who is watched, as long as he is there. */
  private detailNow(): TenantDetail | null {
    const isHere = this.bare.latest!.snapshot.tenants.some(({ id }) => id === this.watched);
    return isHere && this.detailOf === this.watched ? this.detail.latest : null;
  }

  private show(view: View): void {
    this.shown = view;
    for (const listener of [...this.listeners]) listener();
  }

  private fall(why: string): void {
    this.refuseAll(`${why}; the connection was lost before the answer: look whether it was done`);
    if (this.shown === null) {
      this.line.close();
      this.never(new MissileError(why, "noServer"));
      return;
    }
    if (this.lost !== null) return;
    this.lost = { sinceMs: Date.now(), why };
    this.sayLost();
    this.lostTimer = setInterval(() => this.sayLost(), LOST_TICK_MS);
  }

  private sayLost(): void {
    if (this.lost === null || this.shown === null) return;
    const seconds = Math.round((Date.now() - this.lost.sinceMs) / 1000);
    this.show({ ...this.shown, lost: `connection lost ${seconds} s ago, trying again: ${this.lost.why}` });
  }

  private end(error: MissileError): void {
    this.release(error.message);
    this.never(error);
    this.die(error.message);
  }

  private release(why: string): void {
    this.over = why;
    clearInterval(this.lostTimer);
    this.refuseAll(why);
  }

  private refuseAll(why: string): void {
    for (const { reject } of this.replies.values()) reject(new MissileError(why, "connectionLost"));
    this.replies.clear();
  }
}

export interface Attached {
  readonly session: ReopenableSession;
  readonly standing: Standing;
}

/** Resolves with the first view. Rejects with MissileError: "noServer", "notAdmitted", "otherVersion", and as consoleClient throws. */
export async function openRemoteSession(options: LineOptions): Promise<Attached> {
  const session = new RemoteSession(options);
  await session.begun;
  return { session, standing: session.standing };
}
