/** One attached console, on the server's side: its seat at the run, what it is sent, and what it may ask. */
import type { ServerDuplexStream } from "@grpc/grpc-js";
import { MissileError } from "../../core/error.ts";
import type { ReopenableSession } from "../../engine/session.ts";
import type { Caller } from "../gate.ts";
import type { FromRun as FromRunBytes } from "../generated/missile/console/v1/FromRun.ts";
import type { ToRun__Output as ToRunBytes } from "../generated/missile/console/v1/ToRun.ts";
import { checkOperator } from "../unary.ts";
import {
  type Answers,
  ATTACH_VERSION,
  type FromRun,
  MOST_UNTAKEN,
  type Question,
  type ToRun,
} from "./attach-messages.ts";
import type { Broadcast } from "./broadcast.ts";
import { readToRun } from "./to-run-schema.ts";
import { checkTraces } from "./trace-guard.ts";
import { toWire } from "./wire.ts";

/** Questions of one console that wait for their answers. A person asks one or two at a time. */
const MOST_QUESTIONS = 16;

export interface AttachmentOptions {
  readonly call: ServerDuplexStream<ToRunBytes, FromRunBytes>;
  readonly caller: Caller;
  readonly seat: ReopenableSession;
  readonly broadcast: Broadcast;
  /** Version of the product. */
  readonly product: string;
}

export class Attachment {
  private readonly options: AttachmentOptions;
  private readonly asked = new Map<number, AbortController>();
  private isOver = false;
  private stopOffers: (() => void) | null = null;
  private watched: number | null = null;
  private hasView = 0;
  private hasDetail = 0;
  /** Numbers of the views that were sent and not said to be taken. */
  private untaken: number[] = [];

  constructor(options: AttachmentOptions) {
    this.options = options;
    const { call, caller } = options;
    call.on("data", ({ message }: ToRunBytes) => this.receive(message));
    call.on("end", () => {
      this.close();
      call.end();
    });
    for (const event of ["cancelled", "error", "close"]) call.on(event, () => this.close());
    void caller.connection.ended.then(() => this.close());
  }

  private close(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.stopOffers?.();
    for (const controller of this.asked.values()) controller.abort();
    void this.options.seat.close();
  }

  private receive(bytes: Uint8Array): void {
    if (this.isOver) return;
    try {
      const message = readToRun(bytes);
      if (message.kind === "hello") this.greet(message);
      else if (this.stopOffers === null) throw new MissileError("a console says hello first", "badMessage");
      else this.take(message);
    } catch (cause) {
      if (!(cause instanceof MissileError)) throw cause;
      this.refuse(cause);
    }
  }

  private greet({ version, product }: Extract<ToRun, { kind: "hello" }>): void {
    const { caller, broadcast, product: own } = this.options;
    if (version !== ATTACH_VERSION || product !== own) {
      const message = `the server is missile-console ${own} and this console ${product}: attach with the same version`;
      throw new MissileError(message, "otherVersion");
    }
    if (this.stopOffers !== null) return;
    this.send({ kind: "ready", product: own, role: caller.identity.role, name: caller.identity.name });
    this.stopOffers = broadcast.join(() => this.offer());
    this.offer();
  }

  private take(message: Exclude<ToRun, { kind: "hello" }>): void {
    switch (message.kind) {
      case "ask":
        void this.answer(message.id, message.question);
        return;
      case "leave":
        this.asked.get(message.id)?.abort();
        return;
      case "watch":
        this.watched = message.tenant;
        this.hasDetail = 0;
        this.options.seat.watch(message.tenant);
        return;
      case "taken":
        this.untaken = this.untaken.filter((sequence) => sequence > message.sequence);
        this.offer();
    }
  }

  /** Sends the newest view, unless the console still has to take some; then it gets the newest of that time. */
  private offer(): void {
    const { views } = this.options.broadcast;
    if (this.untaken.length >= MOST_UNTAKEN || this.isOver) return;
    const message = views.messageFor(this.hasView);
    if (message === null) return;
    this.offerDetail();
    this.hasView = views.sequence;
    this.untaken.push(views.sequence);
    this.write(message);
  }

  private offerDetail(): void {
    const { broadcast, seat } = this.options;
    const { detail } = seat.view();
    if (detail === null || detail.tenant !== this.watched) return;
    const feed = broadcast.detailFeed(detail);
    const message = feed.messageFor(this.hasDetail);
    this.hasDetail = feed.sequence;
    if (message !== null) this.write(message);
  }

  private async answer(id: number, question: Question): Promise<void> {
    if (this.asked.has(id) || this.asked.size >= MOST_QUESTIONS) {
      this.decline(id, new MissileError("too much was asked at once; wait for the answers", "tooMuchAsked"));
      return;
    }
    const controller = new AbortController();
    this.asked.set(id, controller);
    try {
      if (question.kind === "act" || question.kind === "reopen") checkOperator(this.options.caller);
      const answer = await this.answerTo(id, question, controller.signal);
      this.send({ kind: "answered", id, answer });
    } catch (cause) {
      this.decline(id, cause);
    } finally {
      this.asked.delete(id);
    }
  }

  private async answerTo(
    id: number,
    question: Question,
    signal: AbortSignal,
  ): Promise<Answers[Question["kind"]]> {
    const { seat, broadcast } = this.options;
    switch (question.kind) {
      case "mix":
        return seat.mix();
      case "tenantConfig":
        return seat.tenantConfig(question.tenant);
      case "kernels":
        return seat.kernels(question.tenant);
      case "requests":
        return seat.requests(question.sinceNs);
      case "shadow":
        return seat.shadow(question.options, (share) => this.send({ kind: "progress", id, share }), signal);
      case "act":
        await checkTraces(question.act, seat);
        await seat.act(question.act);
        broadcast.hurry();
        return null;
      case "reopen":
        await checkTraces(question, seat);
        await seat.reopen(question.mix, (text) => this.send({ kind: "opening", id, text }));
        broadcast.hurry();
        return null;
    }
  }

  private decline(id: number, cause: unknown): void {
    const { message } = cause as Error;
    const code = cause instanceof MissileError ? cause.code : "bug";
    this.send({ kind: "declined", id, message, code });
  }

  private refuse({ message, code }: MissileError): void {
    this.send({ kind: "refused", message, code });
    this.close();
    this.options.call.end();
  }

  private send(message: FromRun): void {
    this.write(toWire(message));
  }

  private write(message: Buffer): void {
    const { call } = this.options;
    if (!this.isOver && !call.destroyed && !call.writableEnded) call.write({ message });
  }
}
