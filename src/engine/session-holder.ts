/**
 * A session that can be given another run: another mix, another GPU, or both. Who looks at it keeps looking; the run before ends only once the
 * next one is known to run.
 */
import { parse } from "node:path";
import { MissileError } from "../core/error.ts";
import type { ClientSpec } from "../core/spec.ts";
import { openSimulatedGpu } from "../native/index.ts";
import type { MixConfig, TenantConfig } from "../presets/mix.ts";
import { SIMULATED } from "./backend-choice.ts";
import { backends, type OpeningProgress } from "./backends.ts";
import { Engine } from "./engine.ts";
import type { RequestRecords } from "./request-records.ts";
import type { Act, ClientTenant, ConsoleSession, ServingSession, TenantKernels, View } from "./session.ts";
import type { ShadowComparison, ShadowOptions } from "./shadow-figures.ts";
import { openWorkerSession, type WorkerSessionOptions } from "./worker-session.ts";

/** How the holder comes by its sessions. */
export interface SessionMaker {
  /** Opens a run. Rejects with MissileError when the mix cannot be run. */
  readonly open: (mix: MixConfig, speed: number, opening: OpeningProgress) => Promise<ServingSession>;
  /** There cannot be two at once, as of a real GPU: the one before is closed first, when `check` has nothing against the mix. */
  readonly isExclusive: boolean;
  /** Throws MissileError for a mix that could not run where the view's run does. */
  readonly check: (mix: MixConfig, view: View) => void;
}

export class SessionHolder implements ConsoleSession {
  readonly died: Promise<string>;
  private readonly make: SessionMaker;
  private readonly listeners = new Set<() => void>();
  private current!: ServingSession;
  private stopListening = (): void => {};
  private die: (why: string) => void = () => {};
  private isReopening = false;
  private isClosed = false;

  constructor(make: SessionMaker, first: ServingSession) {
    this.make = make;
    this.died = new Promise((resolve) => {
      this.die = resolve;
    });
    this.hold(first);
  }

  view(): View {
    return this.current.view();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  get journalPath(): string | null {
    return this.current.journalPath;
  }

  act(act: Act, who?: string): Promise<void> {
    return this.current.act(act, who);
  }

  bring(config: TenantConfig, client: ClientSpec): Promise<ClientTenant> {
    return this.current.bring(config, client);
  }

  noteRefused(client: string, text: string): void {
    this.current.noteRefused(client, text);
  }

  mix(): Promise<MixConfig> {
    return this.current.mix();
  }

  tenantConfig(tenant: number): Promise<TenantConfig> {
    return this.current.tenantConfig(tenant);
  }

  kernels(tenant: number): Promise<TenantKernels> {
    return this.current.kernels(tenant);
  }

  requests(sinceNs: number): Promise<RequestRecords> {
    return this.current.requests(sinceNs);
  }

  shadow(
    options: ShadowOptions,
    progress: (share: number) => void,
    signal?: AbortSignal,
  ): Promise<ShadowComparison> {
    return this.current.shadow(options, progress, signal);
  }

  watch(tenant: number | null, withBlocks = false): void {
    this.current.watch(tenant, withBlocks);
  }

  async reopen(mix: MixConfig, opening: OpeningProgress = () => {}): Promise<void> {
    if (this.isReopening)
      throw new MissileError("another run is being opened already; wait for it", "reopening");
    this.isReopening = true;
    try {
      const { pace } = this.view();
      const next = await (this.make.isExclusive
        ? this.openInstead(mix, opening)
        : this.make.open(mix, pace.speed, opening));
      const former = this.current;
      await this.adopt(next);
      if (pace.paused) await next.act({ kind: "setPaused", paused: true });
      await former.close();
    } finally {
      this.isReopening = false;
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.current.close();
  }

  /** Closes the run before and opens the next; where that fails after all, the mix before begins anew. */
  private async openInstead(mix: MixConfig, opening: OpeningProgress): Promise<ServingSession> {
    const view = this.view();
    this.make.check(mix, view);
    const former = await this.current.mix();
    await this.current.close();
    try {
      return await this.make.open(mix, 1, opening);
    } catch (cause) {
      const why = (cause as Error).message;
      const again = await this.make.open(former, 1, opening).catch((last: unknown) => {
        this.die(`no run can be opened any more: ${why}`);
        throw last;
      });
      await this.adopt(again);
      throw new MissileError(`${why}; the run before has begun anew`, "notReopened");
    }
  }

  /** Holds it, unless this one was closed meanwhile: then nothing may be left running. */
  private async adopt(session: ServingSession): Promise<void> {
    if (this.isClosed) {
      await session.close();
      throw new MissileError("the session is closed", "sessionOver");
    }
    this.hold(session);
  }

  private hold(session: ServingSession): void {
    this.stopListening();
    this.current = session;
    this.stopListening = session.subscribe(() => this.tell());
    void session.died.then((why) => {
      if (session === this.current) this.die(why);
    });
    this.tell();
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

/** The nth run's journal: "run.journal", then "run-2.journal". */
export function nthJournal(path: string, nth: number): string {
  if (nth === 1) return path;
  const { dir, name, ext } = parse(path);
  return `${dir === "" ? "" : `${dir}/`}${name}-${nth}${ext}`;
}

/** Opens the mix in a worker thread, and others after it. Each run has a journal of its own. Rejects as openWorkerSession does. */
export async function openSession(
  mix: MixConfig,
  options: WorkerSessionOptions = {},
  workerUrl?: URL,
): Promise<ConsoleSession> {
  const { backend = SIMULATED, speed = 1, journalPath } = options;
  let runs = 0;
  const open: SessionMaker["open"] = async (nextMix, nextSpeed, opening) => {
    const path = journalPath === undefined ? undefined : nthJournal(journalPath, runs + 1);
    const session = await openWorkerSession(
      nextMix,
      { ...options, speed: nextSpeed, opening, journalPath: path },
      workerUrl,
    );
    runs++;
    return session;
  };
  const check: SessionMaker["check"] = (nextMix, { gpu }) =>
    new Engine(nextMix, { openDevice: () => openSimulatedGpu(gpu) }).close();
  const first = await open(mix, speed, options.opening ?? (() => {}));
  return new SessionHolder({ open, check, isExclusive: backends[backend.backend].isReal }, first);
}
