/**
 * Who is connected: a listener of our own, so that the end of a connection is known, each has a name, and there are never more than
 * a server bears. What speaks gRPC gets the sockets handed in.
 */
import { lstatSync, unlinkSync } from "node:fs";
import { createServer, connect as dial, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { MissileError } from "../core/error.ts";
import { type Address, formatAddress } from "./address.ts";

export interface Connection {
  /** Rises with every connection of this server. */
  readonly id: number;
  /** Names it among those of its server at this moment: "127.0.0.1:40000", "unix:3". */
  readonly peer: string;
  /** A TLSSocket where the server has TLS. */
  readonly socket: Socket;
  /** One too many: its calls are refused, and it is closed soon. */
  readonly isExcess: boolean;
  /** Resolves once it has ended, in whatever way. */
  readonly ended: Promise<void>;
}

/** Wall ms from which TCP asks whether the other end is there, on connections on which nothing comes. */
const TCP_KEEPALIVE_MS = 30_000;
/** Wall ms within which TLS must be agreed upon. */
const HANDSHAKE_MS = 10_000;
/** Connections beyond the limit that are told why; those beyond these are closed at once. */
const EXCESS_CONNECTIONS = 32;
/** Wall ms in which one too many can hear why. */
const EXCESS_MS = 2_000;

export interface ListenerOptions {
  readonly address: Address;
  readonly tls?: TlsOptions | undefined;
  readonly maxConnections: number;
  /** Takes a new connection. */
  readonly accept: (connection: Connection) => void;
}

export class Listener {
  private readonly options: ListenerOptions;
  private readonly server: Server;
  private readonly connections = new Map<string, Connection>();
  private nextId = 1;

  /** Use `listen`. */
  private constructor(options: ListenerOptions) {
    this.options = options;
    const { tls } = options;
    const take = (socket: Socket): void => this.take(socket);
    this.server =
      tls === undefined
        ? createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: TCP_KEEPALIVE_MS }, take)
        : createTlsServer({ ...tls, ALPNProtocols: ["h2"], handshakeTimeout: HANDSHAKE_MS }, take);
    // A handshake that fails ends its socket, nothing else.
    this.server.on("tlsClientError", () => {});
  }

  /** Rejects with MissileError "addressInUse" or "cannotListen". */
  static async listen(options: ListenerOptions): Promise<Listener> {
    const { address } = options;
    if (address.kind === "unix") await removeStaleSocket(address.path);
    const listener = new Listener(options);
    await listener.bind();
    return listener;
  }

  /** Where it listens: the port that was found where any was asked for. */
  get address(): Address {
    const { address } = this.options;
    const bound = this.server.address();
    return address.kind === "tcp" && bound !== null && typeof bound !== "string"
      ? { ...address, port: bound.port }
      : address;
  }

  /** Those that count against the limit, and those beyond it. */
  get size(): number {
    return this.connections.size;
  }

  of(peer: string): Connection | undefined {
    return this.connections.get(peer);
  }

  /** Takes no more connections. */
  close(): void {
    this.server.close();
  }

  /** Ends all that there are. */
  destroyAll(): void {
    for (const { socket } of this.connections.values()) socket.destroy();
  }

  private bind(): Promise<void> {
    const { address } = this.options;
    const place =
      address.kind === "tcp" ? { host: address.host, port: address.port } : { path: address.path };
    return new Promise((resolve, reject) => {
      this.server.once("error", (cause: NodeJS.ErrnoException) => reject(bindingError(address, cause)));
      // A Unix socket is its owner's from the first moment on: it is made within `listen`.
      const former = process.umask(0o177);
      this.server.listen(place, resolve);
      process.umask(former);
    });
  }

  private take(socket: Socket): void {
    const { maxConnections, accept } = this.options;
    const id = this.nextId++;
    if (this.connections.size >= maxConnections + EXCESS_CONNECTIONS) {
      socket.destroy();
      return;
    }
    if (socket.remoteAddress === undefined) {
      if (this.options.address.kind === "tcp") {
        // Gone already.
        socket.destroy();
        return;
      }
      // Peers of Unix sockets have no address: without one, calls of different connections could not be told apart.
      Object.defineProperty(socket, "remoteAddress", { value: `unix:${id}` });
    }
    const { remoteAddress, remotePort } = socket;
    const peer = remotePort === undefined ? `${remoteAddress}` : `${remoteAddress}:${remotePort}`;
    const isExcess = this.connections.size >= maxConnections;
    const ended = new Promise<void>((resolve) => {
      socket.once("close", () => {
        this.connections.delete(peer);
        resolve();
      });
    });
    // Broken ones end with "close" all the same.
    socket.on("error", () => {});
    const connection = { id, peer, socket, isExcess, ended };
    this.connections.set(peer, connection);
    if (isExcess) {
      const timer = setTimeout(() => socket.destroy(), EXCESS_MS);
      void ended.then(() => clearTimeout(timer));
    }
    accept(connection);
  }
}

function bindingError(address: Address, cause: NodeJS.ErrnoException): MissileError {
  const where = formatAddress(address);
  return cause.code === "EADDRINUSE"
    ? new MissileError(
        `${where} is taken; stop what listens there, or choose another address`,
        "addressInUse",
      )
    : new MissileError(`cannot listen on ${where}: ${cause.message}; choose another address`, "cannotListen");
}

/** A server that was killed leaves its socket behind: one at which nobody answers is removed. */
async function removeStaleSocket(path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return;
  const answer = await new Promise<string>((resolve) => {
    const socket = dial(path, () => {
      socket.destroy();
      resolve("answered");
    });
    socket.once("error", (cause: NodeJS.ErrnoException) => resolve(cause.code ?? ""));
  });
  if (answer === "ECONNREFUSED") unlinkSync(path);
}
