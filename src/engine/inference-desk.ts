/**
 * The session's side of requests from outside: hands them to the engine's thread, many in one message, and tells those who wait how
 * they ended.
 */
import type { MissileError } from "../core/error.ts";
import { OUTCOMES } from "../core/request.ts";
import { END_NUMBERS, type Ticket, type TicketOutput } from "./client-requests.ts";
import type { Inference } from "./session.ts";

interface Waiting {
  readonly resolve: (inference: Inference) => void;
  readonly reject: (error: MissileError) => void;
}

/** What goes to the engine's thread at once. sent: pairs of ticket and tenancy. */
export interface RequestBatch {
  readonly sent: readonly number[];
  readonly cancelled: readonly Ticket[];
}

export class InferenceDesk {
  private readonly send: (batch: RequestBatch) => void;
  private readonly waiting = new Map<Ticket, Waiting>();
  private nextTicket = 0;
  private sent: number[] = [];
  private cancelled: Ticket[] = [];
  private isSending = false;

  constructor(send: (batch: RequestBatch) => void) {
    this.send = send;
  }

  /** See ClientTenant.infer. */
  infer(tenancy: number, signal?: AbortSignal): Promise<Inference> {
    const ticket = this.nextTicket++;
    this.sent.push(ticket, tenancy);
    this.sendSoon();
    const ended = new Promise<Inference>((resolve, reject) => this.waiting.set(ticket, { resolve, reject }));
    signal?.addEventListener("abort", () => this.cancel(ticket), { once: true });
    if (signal?.aborted === true) this.cancel(ticket);
    return ended;
  }

  /** Sends what waits: before anything that is to come after it. */
  flush(): void {
    const { sent, cancelled } = this;
    if (sent.length + cancelled.length === 0) return;
    this.sent = [];
    this.cancelled = [];
    this.send({ sent, cancelled });
  }

  /** Rows and outputs as ClientRequests gives them. */
  ended(rows: readonly number[], outputs: readonly TicketOutput[] = []): void {
    const outputOf = new Map(outputs);
    for (let at = 0; at < rows.length; at += END_NUMBERS) {
      const outcome = OUTCOMES[rows[at + 1]!]!;
      const output = outputOf.get(rows[at]!);
      this.take(rows[at]!)?.resolve({
        outcome,
        arrivedNs: rows[at + 2]!,
        endedNs: rows[at + 3]!,
        ...(output === undefined ? {} : { output }),
      });
    }
  }

  refused(ticket: Ticket, error: MissileError): void {
    this.take(ticket)?.reject(error);
  }

  /** Nothing is told any more. */
  end(error: MissileError): void {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }

  /** One that has ended stays as it is. */
  private cancel(ticket: Ticket): void {
    if (!this.waiting.has(ticket)) return;
    this.cancelled.push(ticket);
    this.sendSoon();
  }

  private take(ticket: Ticket): Waiting | undefined {
    const waiting = this.waiting.get(ticket);
    this.waiting.delete(ticket);
    return waiting;
  }

  /** All that come in one turn of the event loop go together. */
  private sendSoon(): void {
    if (this.isSending) return;
    this.isSending = true;
    setImmediate(() => {
      this.isSending = false;
      this.flush();
    });
  }
}
