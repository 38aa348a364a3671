/** The way to a server: its address, and what shows each side to the other (TLS, a client's certificate, a token). */
import { isIP } from "node:net";
import { checkServerIdentity } from "node:tls";
import {
  type ChannelCredentials,
  type ClientOptions,
  credentials,
  InterceptingCall,
  type Interceptor,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { MissileError } from "../core/error.ts";
import { type Address, formatAddress, isLocal, parseAddress } from "./address.ts";
import type { ConsoleClient } from "./generated/missile/console/v1/Console.ts";
import type { MISSILEServiceClient } from "./generated/missile/rpc/MISSILEService.ts";
import { Console, MISSILEService } from "./protos.ts";
import { readCertificate, readSecret, readToken } from "./secret-file.ts";

/** Names of files. With `ca` the connection is TLS, with `cert` and `key` the client shows who it is. */
export interface ConnectOptions {
  readonly tokenFile?: string | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** What a client's constructor takes. */
export interface Channel {
  readonly target: string;
  readonly credentials: ChannelCredentials;
  readonly options: ClientOptions;
}

/** A server that has silently gone is noticed after these two together. */
const KEEPALIVE_MS = 5_000;
const KEEPALIVE_PATIENCE_MS = 5_000;
/** Between attempts to reach a server that is away: soon at first, and never long, since somebody watches. */
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 2_000;

function credentialsOf({ ca, cert, key }: ConnectOptions, address: Address): ChannelCredentials {
  if ((cert === undefined) !== (key === undefined))
    throw new MissileError("--cert and --key go together: a certificate and its private key", "halfIdentity");
  if (ca === undefined && cert === undefined) return credentials.createInsecure();
  if (address.kind === "unix")
    throw new MissileError(
      `${formatAddress(address)}: a Unix socket has no TLS; leave out --ca, --cert and --key`,
      "tlsOnSocket",
    );
  try {
    return credentials.createSsl(
      ca === undefined ? null : readCertificate(ca),
      key === undefined ? null : readSecret(key, "private key"),
      cert === undefined ? null : readCertificate(cert),
      isUnnamed(address)
        ? { checkServerIdentity: (_, shown) => checkServerIdentity(address.host, shown) }
        : {},
    );
  } catch (cause) {
    if (cause instanceof MissileError) throw cause;
    const files = [ca, cert, key].filter((file) => file !== undefined).join(", ");
    throw new MissileError(
      `${files}: no certificates that TLS can use (${(cause as Error).message})`,
      "badCertificate",
    );
  }
}

/**
 * grpc-js sends the host as the server's name, which must be no IP address: Node warns of it into the middle of a screen. So another name is
 * sent, and the certificate is checked against the address all the same.
 */
const UNNAMED = "localhost";

const isUnnamed = (address: Address): boolean => address.kind === "tcp" && isIP(address.host) !== 0;

/** Shows the token with each call. */
const bearer =
  (token: string): Interceptor =>
  (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start: (metadata, listener, next) => {
        metadata.set("authorization", `Bearer ${token}`);
        next(metadata, listener);
      },
    });

/** Throws MissileError for an address or a file that will not do; nothing is connected yet. */
export function channelTo(text: string, options: ConnectOptions = {}): Channel {
  const address = parseAddress(text);
  const { tokenFile, ca, cert } = options;
  const isSecret = ca !== undefined || cert !== undefined;
  if (tokenFile !== undefined && !isSecret && !isLocal(address)) {
    throw new MissileError(
      `a token is not sent to ${formatAddress(address)} in the clear: give the server's CA with --ca`,
      "tokenInClear",
    );
  }
  return {
    target: formatAddress(address),
    credentials: credentialsOf(options, address),
    options: {
      "grpc.keepalive_time_ms": KEEPALIVE_MS,
      "grpc.keepalive_timeout_ms": KEEPALIVE_PATIENCE_MS,
      "grpc.initial_reconnect_backoff_ms": FIRST_RETRY_MS,
      "grpc.min_reconnect_backoff_ms": FIRST_RETRY_MS,
      "grpc.max_reconnect_backoff_ms": LAST_RETRY_MS,
      // Nobody else's server is meant, whatever http_proxy says.
      "grpc.enable_http_proxy": 0,
      // A connection of its own: who hangs up ends it.
      "grpc.use_local_subchannel_pool": 1,
      ...(isUnnamed(address) ? { "grpc.ssl_target_name_override": UNNAMED } : {}),
      ...(tokenFile === undefined ? {} : { interceptors: [bearer(readToken(tokenFile))] }),
    },
  };
}

/** A client of the control service. Throws as channelTo does; close() hangs up. */
export function consoleClient(address: string, options?: ConnectOptions): ConsoleClient {
  const { target, credentials: shown, options: how } = channelTo(address, options);
  return new Console(target, shown, how);
}

/** A client of Missile's own service. Throws as channelTo does; close() hangs up. */
export function missileClient(address: string, options?: ConnectOptions): MISSILEServiceClient {
  const { target, credentials: shown, options: how } = channelTo(address, options);
  return new MISSILEService(target, shown, how);
}

/** What grpc-js says of a connection that failed, without what is nobody's to mend. */
const reasonIn = (details: string): string =>
  (/Last error: (?:Error: )?(.*?)\. Resolution note/s.exec(details)?.[1] ?? details).replace(/\s+/g, " ");

/** One line for a call that failed: what, where, what to do. */
export function sayCallFailure({ code, details: all }: ServiceError, address: string): string {
  const details = reasonIn(all);
  switch (code) {
    case status.UNAVAILABLE:
      // What the server's side of TLS says (RFC 8446, 6.2) comes in OpenSSL's words, with the line of its source.
      if (/alert certificate required/.test(details))
        return `${address}: the server asks for a certificate of yours: give --cert and --key`;
      return /certificate|self.signed|altname|SSL|TLS/i.test(details)
        ? `${address}: no trust in the server (${details}); is --ca the CA that signed its certificate?`
        : `${address}: no server answers there (${details})`;
    case status.UNIMPLEMENTED:
      return `${address}: that server has no such call (${details})`;
    case status.UNAUTHENTICATED:
      return `${address}: the server does not know who you are (${details})`;
    default:
      return `${address}: ${details}`;
  }
}
