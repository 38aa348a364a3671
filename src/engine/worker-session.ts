/** A session whose engine runs in a worker thread, so that a slow screen never stalls the scheduler, nor the reverse. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { assert } from "../core/assert.ts";
import { MissileError } from "../core/error.ts";
import type { SlowRequest, TenantSnapshot } from "../core/snapshot.ts";
import type { ClientSpec } from "../core/spec.ts";
import { type BlockMap, readBlockMap } from "../native/index.ts";
import type { MixConfig, TenantConfig } from "../presets/mix.ts";
import { type BackendOptions, SIMULATED } from "./backend-choice.ts";
import { backends, type OpeningProgress } from "./backends.ts";
import { Doorbell } from "./doorbell.ts";
import { InferenceDesk } from "./inference-desk.ts";
import { recordsOf } from "./recording.ts";
import type { RequestRecords } from "./request-records.ts";
import type { Act, ClientTenant, ServingSession, TenantKernels, View } from "./session.ts";
import type { ShadowComparison, ShadowOptions } from "./shadow-figures.ts";
import { runShadow } from "./shadow-thread.ts";
import { startTelemetry, type Telemetry } from "./telemetry.ts";
import type {
  Answers,
  FromWorker,
  Question,
  Refusal,
  ToWorker,
  ViewParts,
  WorkerOrder,
} from "./worker-messages.ts";

export interface WorkerSessionOptions {
  /** What to run on; absent: a simulated GPU. */
  readonly backend?: BackendOptions;
  /** Simulated seconds a wall second; default 1. */
  readonly speed?: number;
  readonly journalPath?: string | undefined;
  /** Told how far the opening of the GPU is. */
  readonly opening?: OpeningProgress;
}

/** Wall ms that a closing engine has to write its journal before it is stopped. */
const CLOSE_MS = 2000;

/** Beside this file when built. Tests that run from the sources name the built one. */
const WORKER_URL = new URL("./worker.js", import.meta.url);

interface Reply {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: MissileError) => void;
}

const sessionOver = (why: string): MissileError => new MissileError(why, "sessionOver");

const errorOf = ({ message, code }: Refusal): MissileError => new MissileError(message, code);

interface Parts {
  readonly worker: Worker;
  readonly doorbell: Doorbell;
  /** Of a real GPU. */
  readonly telemetry: Telemetry | null;
  /** What the thread of a shadow run is started with. */
  readonly shadowUrl: URL;
  readonly journalPath: string | null;
}

class WorkerSession implements ServingSession {
  private readonly worker: Worker;
  private readonly doorbell: Doorbell;
  private readonly telemetry: Telemetry | null;
  private readonly shadowUrl: URL;
  readonly journalPath: string | null;
  private readonly closing = new AbortController();
  private readonly listeners = new Set<() => void>();
  private readonly replies = new Map<number, Reply>();
  private readonly desk = new InferenceDesk((batch) => {
    if (this.over === null) this.send({ kind: "requests", ...batch });
  });
  private readonly exited: Promise<void>;
  readonly died: Promise<string>;
  private latest: View;
  /** Of the view to come. */
  private readonly rows = new Map<number, TenantSnapshot>();
  /** Of the latest view and of the one to come. */
  private slow = new Map<number, SlowRequest>();
  private blocks: BlockMap | null = null;
  private nextId = 0;
  /** Why no act can be done any more; null while the engine lives. */
  private over: string | null = null;

  constructor({ worker, doorbell, telemetry, shadowUrl, journalPath }: Parts, first: View) {
    this.worker = worker;
    this.journalPath = journalPath;
    this.shadowUrl = shadowUrl;
    this.doorbell = doorbell;
    this.telemetry = telemetry;
    this.latest = first;
    this.exited = new Promise((resolve) => worker.once("exit", () => resolve()));
    this.died = new Promise((resolve) => {
      const die = (message: string): void => {
        if (this.over !== null) return;
        this.end(message);
        resolve(message);
      };
      worker.once("error", (cause) => die(`the engine died: ${(cause as Error).message}`));
      worker.once("exit", (code) => die(`the engine stopped with exit code ${code}`));
    });
    worker.on("message", (message: FromWorker) => this.receive(message));
    this.send({ kind: "taken" });
  }

  view(): View {
    return this.latest;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  watch(tenant: number | null, withBlocks = false): void {
    if (this.over === null) this.send({ kind: "watch", tenant, withBlocks });
  }

  async act(act: Act, who = ""): Promise<void> {
    await this.request<null>((id) => ({ kind: "act", id, act, who }));
  }

  async bring(config: TenantConfig, client: ClientSpec): Promise<ClientTenant> {
    const tenancy = await this.request<number>((id) => ({ kind: "bring", id, config, client }));
    return {
      infer: (signal) =>
        this.over === null ? this.desk.infer(tenancy, signal) : Promise.reject(sessionOver(this.over)),
      setInput: (bytes) => {
        // What was sent before has the input before.
        this.desk.flush();
        return this.request((id) => ({ kind: "setInput", id, tenancy, bytes }));
      },
      wantOutputs: () => this.request((id) => ({ kind: "wantOutputs", id, tenancy })),
      leave: async () => {
        if (this.over === null) await this.request<null>((id) => ({ kind: "dismiss", id, tenancy }));
      },
    };
  }

  noteRefused(client: string, text: string): void {
    if (this.over === null) this.send({ kind: "noteRefused", client, text });
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

  async requests(sinceNs: number): Promise<RequestRecords> {
    return recordsOf(await this.ask({ kind: "recording" }), sinceNs);
  }

  async shadow(
    options: ShadowOptions,
    progress: (share: number) => void,
    signal?: AbortSignal,
  ): Promise<ShadowComparison> {
    const recording = await this.ask({ kind: "recording" });
    const order = { recording, options, actualIsReal: this.telemetry !== null };
    const stop = signal === undefined ? this.closing.signal : AbortSignal.any([signal, this.closing.signal]);
    return runShadow(order, progress, stop, this.shadowUrl);
  }

  async close(): Promise<void> {
    if (this.over === null) {
      this.end("the session is closed");
      this.send({ kind: "close" });
    }
    const timer = setTimeout(() => void this.worker.terminate(), CLOSE_MS);
    await this.exited;
    clearTimeout(timer);
  }

  private ask<Kind extends keyof Answers>(
    question: Question & { readonly kind: Kind },
  ): Promise<Answers[Kind]> {
    return this.request((id) => ({ kind: "ask", id, question }));
  }

  private request<Answer>(messageOf: (id: number) => ToWorker): Promise<Answer> {
    if (this.over !== null) return Promise.reject(sessionOver(this.over));
    const id = this.nextId++;
    return new Promise<Answer>((resolve, reject) => {
      this.replies.set(id, { resolve, reject });
      this.send(messageOf(id));
    });
  }

  private send(message: ToWorker): void {
    this.worker.postMessage(message);
    this.doorbell.ring();
  }

  private receive(message: FromWorker): void {
    switch (message.kind) {
      case "row":
        this.rows.set(message.row.id, message.row);
        return;
      case "slow":
        this.slow.set(message.request.id, message.request);
        return;
      case "blocks":
        this.blocks = readBlockMap(message.numbers);
        return;
      case "view":
        this.show(this.assemble(message.parts));
        this.send({ kind: "taken" });
        return;
      case "opening":
        this.show(preparing(this.latest, message.text));
        return;
      case "answered":
        // What a reply resolves with is what its question asks for: see `ask`.
        this.take(message.id)?.resolve(message.answer as never);
        return;
      case "declined":
        this.take(message.id)?.reject(errorOf(message.refusal));
        return;
      case "requestsEnded":
        this.desk.ended(message.ends, message.outputs);
        return;
      case "requestRefused":
        this.desk.refused(message.ticket, errorOf(message.refusal));
    }
  }

  private show(view: View): void {
    this.latest = view;
    for (const listener of this.listeners) listener();
  }

  private take(id: number): Reply | undefined {
    const reply = this.replies.get(id);
    this.replies.delete(id);
    return reply;
  }

  private assemble({ view, tenants: ids, slowest, hasBlocks }: ViewParts): View {
    const tenants = ids.map((id) => this.rows.get(id)).filter((row) => row !== undefined);
    this.rows.clear();
    const requests = slowest.map((id) => this.slow.get(id)).filter((request) => request !== undefined);
    this.slow = new Map(requests.map((request) => [request.id, request]));
    const detail = view.detail === null ? null : { ...view.detail, slowest: requests };
    const telemetry = this.telemetry?.latest() ?? null;
    const health = view.health === null ? null : { ...view.health, telemetry };
    const { gpu, mix } = this.latest;
    const blocks = hasBlocks ? this.blocks : null;
    const whole = { ...view, gpu, mix, health, detail, blocks, snapshot: { ...view.snapshot, tenants } };
    return preparing(whole, this.latest.preparing ?? "");
  }

  private end(why: string): void {
    this.over = why;
    this.closing.abort();
    this.telemetry?.stop();
    for (const reply of this.replies.values()) reply.reject(sessionOver(why));
    this.replies.clear();
    this.desk.end(sessionOver(why));
  }
}

/** The view with what is done to the GPU meanwhile; "": nothing is. */
function preparing({ preparing: _, ...view }: View, text: string): View {
  return text === "" ? view : { ...view, preparing: text };
}

/** What the worker says once the GPU is open, or is not. */
function firstAnswer(worker: Worker, opening: OpeningProgress): Promise<FromWorker> {
  return new Promise((resolve) => {
    const hear = (message: FromWorker): void => {
      if (message.kind === "opening") {
        opening(message.text);
        return;
      }
      worker.off("message", hear);
      resolve(message);
    };
    worker.on("message", hear);
  });
}

/** Starts the mix in a worker and resolves once it runs. Rejects with MissileError when the mix cannot be run. */
export async function openWorkerSession(
  mix: MixConfig,
  { backend = SIMULATED, speed = 1, journalPath, opening = () => {} }: WorkerSessionOptions = {},
  workerUrl: URL = WORKER_URL,
): Promise<ServingSession> {
  const doorbell = new Doorbell();
  const order: WorkerOrder = { mix, speed, journalPath, backend, doorbell: doorbell.word };
  const worker = new Worker(workerUrl, { workerData: order });
  const stopped = once(worker, "exit").then(([code]) => {
    throw new Error(`the engine stopped with exit code ${code} before it ran`);
  });
  const message = await Promise.race([firstAnswer(worker, opening), stopped]);
  if (message.kind === "refused") throw errorOf(message.refusal);
  assert(message.kind === "ready", "an engine says first that it is ready");
  const telemetry = backends[backend.backend].isReal ? startTelemetry(backend.ordinal) : null;
  const shadowUrl = new URL("./shadow-worker.js", workerUrl);
  const parts = { worker, doorbell, telemetry, shadowUrl, journalPath: journalPath ?? null };
  return new WorkerSession(parts, message.view);
}
