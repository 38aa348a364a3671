/** Requests that clients outside have sent and wait for: which of the scheduler's they are, and how they ended. */
import type { RequestId, TenantId } from "../core/ids.ts";
import { OUTCOMES, type Outcome } from "../core/request.ts";

/** What a client is told by, chosen by whoever sends for it. */
export type Ticket = number;

/** What a request has computed. */
export type TicketOutput = readonly [ticket: Ticket, output: Uint8Array<ArrayBuffer>];

interface Sent {
  readonly tenant: TenantId;
  readonly request: RequestId;
}

/** Numbers of a row of `takeEnds`: ticket, index of the outcome, arrivedNs, endedNs. */
export const END_NUMBERS = 4;

const CODES = Object.fromEntries(OUTCOMES.map((outcome, code) => [outcome, code])) as Record<Outcome, number>;

export class ClientRequests {
  private readonly tickets = new Map<RequestId, Ticket>();
  private readonly sent = new Map<Ticket, Sent>();
  private ends: number[] = [];
  private outputs: TicketOutput[] = [];

  /** How many have not ended. */
  get size(): number {
    return this.sent.size;
  }

  /** Before the request arrives: it may end in the same moment. */
  expect(ticket: Ticket, tenant: TenantId, request: RequestId): void {
    this.tickets.set(request, ticket);
    this.sent.set(ticket, { tenant, request });
  }

  /** Null: it has ended. */
  find(ticket: Ticket): Sent | null {
    return this.sent.get(ticket) ?? null;
  }

  /** Hears of every request's end; `output`: see RequestContents.ended. */
  ended(
    request: RequestId,
    outcome: Outcome,
    arrivedNs: number,
    endedNs: number,
    output: TicketOutput[1] | null = null,
  ): void {
    const ticket = this.tickets.get(request);
    if (ticket === undefined) return;
    this.tickets.delete(request);
    this.sent.delete(ticket);
    this.ends.push(ticket, CODES[outcome], arrivedNs, endedNs);
    if (output !== null) this.outputs.push([ticket, output]);
  }

  /** Whether takeEnds has anything to tell. */
  get hasEnds(): boolean {
    return this.ends.length > 0;
  }

  /** Rows of END_NUMBERS, one for each that has ended since this was last asked; they are forgotten here. */
  takeEnds(): readonly number[] {
    const { ends } = this;
    if (ends.length > 0) this.ends = [];
    return ends;
  }

  /** The outputs of those, where there are any; likewise. */
  takeOutputs(): readonly TicketOutput[] {
    const { outputs } = this;
    if (outputs.length > 0) this.outputs = [];
    return outputs;
  }
}
