/**
 * The frame of a server: who may connect and call, how much of it, health and reflection, and an end without loose ends. The services
 * themselves are added to it.
 */
import type { TlsOptions } from "node:tls";
import {
  type ConnectionInjector,
  type Metadata,
  Server,
  ServerCredentials,
  type ServerOptions,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { ReflectionService } from "@grpc/reflection";
import { HealthImplementation } from "grpc-health-check";
import type { Address } from "./address.ts";
import { Listener } from "./connection.ts";
import { type Caller, type CallLimits, Gate, type Identify } from "./gate.ts";
import { definition } from "./protos.ts";

export type { Caller, Identify, Identity, Role } from "./gate.ts";

export interface Limits extends CallLimits {
  /** Bytes of one message, either way. */
  readonly messageBytes: number;
}

/** What two people's consoles and a hundred clients stay far below. */
const DEFAULT_LIMITS: Limits = {
  connections: 512,
  calls: 16_384,
  callsPerConnection: 4_096,
  messageBytes: 4 << 20,
};

/** Wall ms between questions whether a peer is there, and in which it has to answer. */
export interface Keepalive {
  readonly everyMs: number;
  readonly answerMs: number;
}

/** Together: as long do half-open connections stay. */
const DEFAULT_KEEPALIVE: Keepalive = { everyMs: 10_000, answerMs: 5_000 };
/** Streams beyond the limit of calls that a connection may open, to hear that they are too many. */
const REFUSABLE_STREAMS = 1_024;
/** MB of memory that one connection may keep busy. */
const SESSION_MB = 64;
/** Wall ms in which the last answers are written before sockets are closed. */
const FLUSH_MS = 200;

/** On this machine whoever reaches the server may act: see isLocal. */
export const everybodyOperates: Identify = ({ peer }) => ({ role: "operator", name: peer });

export interface RpcServerOptions {
  readonly address: Address;
  /** Of node:tls: key, cert, and for client certificates ca, requestCert, rejectUnauthorized. Absent: none. */
  readonly tls?: TlsOptions | undefined;
  readonly identify?: Identify | undefined;
  readonly limits?: Partial<Limits> | undefined;
  readonly keepalive?: Keepalive | undefined;
}

export interface Service {
  readonly definition: ServiceDefinition;
  readonly handlers: UntypedServiceImplementation;
}

/** Full name of a service: "missile.rpc.MISSILEService". */
function nameOf(service: ServiceDefinition): string {
  const [method] = Object.values(service);
  return method?.path.split("/")[1] ?? "";
}

function transportOptions(
  { messageBytes, callsPerConnection }: Limits,
  { everyMs, answerMs }: Keepalive,
): ServerOptions {
  return {
    "grpc.max_receive_message_length": messageBytes,
    "grpc.max_send_message_length": -1,
    "grpc.max_concurrent_streams": callsPerConnection + REFUSABLE_STREAMS,
    "grpc.keepalive_time_ms": everyMs,
    "grpc.keepalive_timeout_ms": answerMs,
    "grpc-node.max_session_memory": SESSION_MB,
    "grpc.enable_channelz": 0,
  };
}

export class RpcServer {
  private readonly server: Server;
  private readonly gate: Gate;
  private readonly injector: ConnectionInjector;
  private readonly health = new HealthImplementation({ "": "SERVING" });
  private readonly options: RpcServerOptions;
  private readonly limits: Limits;
  private listener: Listener | null = null;
  private stopped: Promise<void> | null = null;

  constructor(options: RpcServerOptions) {
    this.options = options;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    const { identify = everybodyOperates, keepalive = DEFAULT_KEEPALIVE } = options;
    this.gate = new Gate(this.limits, identify, (peer) => this.listener?.of(peer));
    this.server = new Server({
      ...transportOptions(this.limits, keepalive),
      interceptors: [this.gate.intercept],
    });
    // Plain HTTP/2 inside: TLS is the listener's.
    this.injector = this.server.createConnectionInjector(ServerCredentials.createInsecure());
    this.health.addToServer(this.server);
    new ReflectionService(definition).addToServer(this.server);
  }

  /** Before `listen`. */
  add({ definition: service, handlers }: Service): void {
    this.server.addService(service, handlers);
    this.health.setStatus(nameOf(service), "SERVING");
  }

  /** Resolves once it listens, with the address. Rejects with MissileError "addressInUse" or "cannotListen". */
  async listen(): Promise<Address> {
    const { address, tls } = this.options;
    const { connections: maxConnections } = this.limits;
    this.listener = await Listener.listen({
      address,
      tls,
      maxConnections,
      accept: ({ socket }) => this.injector.injectConnection(socket),
    });
    return this.listener.address;
  }

  /** Who calls: for handlers of the services, with the call that they are given. */
  readonly callerOf = (call: { readonly metadata: Metadata }): Caller => this.gate.callerOf(call.metadata);

  /** What there is now. */
  get load(): { readonly connections: number; readonly calls: number } {
    return { connections: this.listener?.size ?? 0, calls: this.gate.size };
  }

  /**
   * Takes nothing new, ends streams, waits for unary calls until the deadline (wall ms), answers the others UNAVAILABLE, and closes all
   * connections. Asked again it is the same end.
   */
  stop(deadlineMs: number): Promise<void> {
    this.stopped ??= this.end(deadlineMs);
    return this.stopped;
  }

  private async end(deadlineMs: number): Promise<void> {
    this.health.setStatus("", "NOT_SERVING");
    this.listener?.close();
    await this.gate.stop(deadlineMs);
    // Says GOAWAY; sessions without a call end by themselves.
    const closed = new Promise<void>((resolve) => this.server.tryShutdown(() => resolve()));
    const timer = setTimeout(() => this.listener?.destroyAll(), FLUSH_MS);
    await closed;
    clearTimeout(timer);
    this.listener?.destroyAll();
  }
}
