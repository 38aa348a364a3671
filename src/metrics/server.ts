/** The HTTP server that Prometheus scrapes: GET /metrics and GET /healthz, nothing else. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { MissileError } from "../core/error.ts";
import { sayFailure } from "../core/snapshot.ts";
import type { Session } from "../engine/session.ts";
import { type Address, formatAddress, parseAddress } from "../rpc/address.ts";
import { exposition } from "./exposition.ts";
import { formatFor } from "./negotiate.ts";

/** A few scrapers, each with a connection that it keeps. */
const MAX_CONNECTIONS = 32;
/** What a scraper sends is some hundred bytes of header, at once. */
const MAX_HEADER_BYTES = 8192;
const REQUEST_MS = 5_000;
/** Longer than the usual interval between two scrapes: the connection is used again. */
const KEEP_ALIVE_MS = 75_000;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const plain = (status: number, line: string): Answer => ({
  status,
  type: "text/plain; charset=utf-8",
  text: `${line}\n`,
});

/** What is looked at: a session, of which this needs no more. */
export type Watched = Pick<Session, "view" | "died">;

export interface MetricsServer {
  /** Where it listens: "127.0.0.1:9464". */
  readonly address: string;
  /** Resolves once it is closed, every connection too. */
  close(): Promise<void>;
}

/** Reads "PORT" (of this machine alone), "HOST:PORT" or "[IPv6]:PORT". Throws MissileError "badAddress". */
function metricsAddress(text: string): Address & { readonly kind: "tcp" } {
  const address = parseAddress(text);
  if (address.kind === "tcp" && /(^|:)\d+$/.test(text)) return address;
  throw new MissileError(
    `--metrics listens on PORT or HOST:PORT, such as 9464; "${text}" is neither`,
    "badAddress",
  );
}

class Endpoint {
  private readonly watched: Watched;
  /** How the engine died; null while it lives. */
  private death: string | null = null;

  constructor(watched: Watched) {
    this.watched = watched;
    void watched.died.then((why) => {
      this.death = why;
    });
  }

  async answer({ method, url = "", headers }: IncomingMessage): Promise<Answer> {
    const path = url.split("?", 1)[0];
    if (path !== "/metrics" && path !== "/healthz") return plain(404, "there are /metrics and /healthz");
    if (method !== "GET") return { ...plain(405, "only GET"), headers: { allow: "GET" } };
    if (path === "/healthz") return this.health();
    if (this.death !== null) return plain(503, this.death);
    const type = formatFor(headers.accept);
    return { status: 200, type, text: await exposition(this.watched.view(), type) };
  }

  private health(): Answer {
    const { failure } = this.watched.view().snapshot;
    const complaint = this.death ?? (failure === null ? null : sayFailure(failure));
    return complaint === null ? plain(200, "ok") : plain(503, complaint);
  }
}

async function respond(
  endpoint: Endpoint,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A scrape that cannot be answered is the scraper's to show; the run goes on.
  const { status, type, text, headers } = await endpoint
    .answer(request)
    .catch((cause: Error) => plain(500, cause.message));
  response.writeHead(status, { ...headers, "content-type": type, "cache-control": "no-store" }).end(text);
}

function listen(server: Server, { host, port }: Address & { readonly kind: "tcp" }): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const where = formatAddress({ kind: "tcp", host, port });
      const why =
        cause.code === "EADDRINUSE" ? "something listens there already; choose another port" : cause.message;
      reject(new MissileError(`--metrics ${where}: ${why}`, "cannotListen"));
    });
    server.listen(port, host, () => resolve(server.address() as AddressInfo));
  });
}

/** Begins to serve. Rejects with MissileError: "badAddress", "cannotListen". */
export async function serveMetrics(watched: Watched, text: string): Promise<MetricsServer> {
  const endpoint = new Endpoint(watched);
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: REQUEST_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: REQUEST_MS / 5,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    (request, response) => void respond(endpoint, request, response),
  );
  server.maxConnections = MAX_CONNECTIONS;
  const { address: host, port } = await listen(server, metricsAddress(text));
  return {
    address: formatAddress({ kind: "tcp", host, port }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
