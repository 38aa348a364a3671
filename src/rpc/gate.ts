/**
 * What every call passes: it is known who calls, nobody has more calls in flight than the limits say, and a server that stops lets
 * unary calls end, then ends them. Before it no byte of a message is read.
 */
import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  status,
} from "@grpc/grpc-js";
import type { Connection } from "./connection.ts";

/** Viewers look on; operators act too. */
export type Role = "operator" | "viewer";

export interface Identity {
  readonly role: Role;
  /** For people: who acted is told to all. */
  readonly name: string;
}

/** Who calls, from the connection (its certificate) or the call's metadata (a token); null: nobody who may. */
export type Identify = (connection: Connection, metadata: Metadata) => Identity | null;

/** One call's, as its handler sees it. */
export interface Caller {
  readonly connection: Connection;
  readonly identity: Identity;
}

export interface CallLimits {
  /** Calls in flight, of the whole server and of one connection. */
  readonly calls: number;
  readonly callsPerConnection: number;
  readonly connections: number;
}

interface OpenCall {
  readonly call: ServerInterceptingCallInterface;
  readonly isStream: boolean;
}

interface Refusal {
  readonly code: status;
  readonly details: string;
}

const STOPPING: Refusal = { code: status.UNAVAILABLE, details: "the server is stopping" };

export class Gate {
  private readonly limits: CallLimits;
  private readonly identify: Identify;
  private readonly connectionOf: (peer: string) => Connection | undefined;
  private readonly open = new Set<OpenCall>();
  private readonly openOf = new Map<Connection, number>();
  private readonly callers = new WeakMap<Metadata, Caller>();
  private isStopping = false;
  private whenUnaryDone: (() => void) | null = null;

  constructor(
    limits: CallLimits,
    identify: Identify,
    connectionOf: (peer: string) => Connection | undefined,
  ) {
    this.limits = limits;
    this.identify = identify;
    this.connectionOf = connectionOf;
  }

  /** Calls in flight. */
  get size(): number {
    return this.open.size;
  }

  /** Whose call it is, by the call's own metadata. */
  callerOf(metadata: Metadata): Caller {
    const caller = this.callers.get(metadata);
    if (caller === undefined) throw new Error("bug: a call that did not pass the gate");
    return caller;
  }

  readonly intercept: ServerInterceptor = (method, call) => {
    const entry: OpenCall = { call, isStream: method.requestStream || method.responseStream };
    let connection: Connection | undefined;
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, proceed) => {
            const peer = this.connectionOf(call.getPeer());
            const answer = this.admit(peer, metadata);
            if ("code" in answer) {
              call.sendStatus(answer);
              return;
            }
            connection = answer.connection;
            this.callers.set(metadata, answer);
            this.enter(entry, connection);
            proceed(metadata);
          },
          // Told of every call that has begun, however it ends.
          onCancel: () => {
            if (connection !== undefined) this.leave(entry, connection);
          },
        }),
    });
  };

  /** Refuses what comes from now on, ends streams, and gives unary calls until the deadline. */
  async stop(deadlineMs: number): Promise<void> {
    this.isStopping = true;
    for (const { call, isStream } of [...this.open]) if (isStream) call.sendStatus(STOPPING);
    const done = new Promise<void>((resolve) => {
      this.whenUnaryDone = resolve;
    });
    this.tellWhenDone();
    const timer = setTimeout(() => {
      for (const { call } of [...this.open]) call.sendStatus(STOPPING);
      this.whenUnaryDone?.();
    }, deadlineMs);
    await done;
    clearTimeout(timer);
  }

  private admit(connection: Connection | undefined, metadata: Metadata): Caller | Refusal {
    const { calls, callsPerConnection, connections } = this.limits;
    if (this.isStopping || connection === undefined) return STOPPING;
    const exhausted = (details: string): Refusal => ({ code: status.RESOURCE_EXHAUSTED, details });
    if (connection.isExcess)
      return exhausted(`there are ${connections} connections, the most; try again later`);
    if (this.open.size >= calls)
      return exhausted(`there are ${calls} calls in flight, the most; try again later`);
    if ((this.openOf.get(connection) ?? 0) >= callsPerConnection)
      return exhausted(
        `this connection has ${callsPerConnection} calls in flight, the most; wait for answers`,
      );
    const identity = this.identify(connection, metadata);
    return identity === null
      ? {
          code: status.UNAUTHENTICATED,
          details: "a token or a client certificate is needed, or this one is wrong",
        }
      : { connection, identity };
  }

  private enter(entry: OpenCall, connection: Connection): void {
    this.open.add(entry);
    this.openOf.set(connection, (this.openOf.get(connection) ?? 0) + 1);
  }

  private leave(entry: OpenCall, connection: Connection): void {
    if (!this.open.delete(entry)) return;
    const left = this.openOf.get(connection)! - 1;
    if (left === 0) this.openOf.delete(connection);
    else this.openOf.set(connection, left);
    this.tellWhenDone();
  }

  private tellWhenDone(): void {
    if (this.whenUnaryDone === null) return;
    for (const { isStream } of this.open) if (!isStream) return;
    this.whenUnaryDone();
  }
}
