/**
 * Who may call a server, and as what. On this machine whoever reaches it is an operator, unless tokens or certificates are asked for; from
 * elsewhere nobody gets in without one, over TLS.
 */
import { createHash, timingSafeEqual, X509Certificate } from "node:crypto";
import { createSecureContext, type PeerCertificate, TLSSocket, type TlsOptions } from "node:tls";
import type { Metadata } from "@grpc/grpc-js";
import { MissileError } from "../core/error.ts";
import { type Address, formatAddress, isLocal } from "./address.ts";
import type { Connection } from "./connection.ts";
import { readCertificate, readSecret, readToken } from "./secret-file.ts";
import { everybodyOperates, type Identify, type Identity, type Role } from "./server.ts";

/** Names of files. */
export interface AccessOptions {
  /** The server's own certificate and its key: with them it speaks TLS. */
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  /** The CA of client certificates: who has one is its CN, with the role of its OU. */
  readonly clientCa?: string | undefined;
  /** Tokens: who has one is an operator, or a viewer. */
  readonly tokenFile?: string | undefined;
  readonly viewerTokenFile?: string | undefined;
}

export interface Access {
  readonly tls: TlsOptions | undefined;
  readonly identify: Identify;
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

const BEARER = /^Bearer +(\S+)$/i;

/** The role that the call's token has; null: it shows none, or one that nobody has. */
function roleOfToken(metadata: Metadata, tokens: readonly (readonly [Role, Buffer])[]): Role | null {
  const [shown] = metadata.get("authorization");
  const token = typeof shown === "string" ? BEARER.exec(shown)?.[1] : undefined;
  if (token === undefined) return null;
  const got = digest(token);
  // All are compared, each in the same time: how long it takes tells nothing.
  const found = tokens.filter(([, expected]) => timingSafeEqual(got, expected));
  return found[0]?.[0] ?? null;
}

/** A certificate is an operator's that says so in an OU of its own; any other is a viewer's. */
function identityIn({ subject }: PeerCertificate, peer: string): Identity {
  const units = [subject.OU].flat();
  const [name] = [subject.CN].flat();
  return { role: units.includes("operator") ? "operator" : "viewer", name: name ?? peer };
}

/** Who the client certificate says it is; null: there is none that the CA has signed. */
function identityOf({ socket, peer }: Connection): Identity | null {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return null;
  const certificate = socket.getPeerCertificate();
  return certificate.subject === undefined ? null : identityIn(certificate, peer);
}

/** Throws MissileError "openToAll": the address can be reached from elsewhere, and nothing keeps anybody out. */
function checkClosed(
  address: Address,
  { tlsCert, clientCa, tokenFile, viewerTokenFile }: AccessOptions,
): void {
  if (isLocal(address)) return;
  const hasKey = clientCa !== undefined || tokenFile !== undefined || viewerTokenFile !== undefined;
  if (tlsCert !== undefined && hasKey) return;
  const missing = tlsCert === undefined ? "--tls-cert and --tls-key, and " : "";
  const message = `${formatAddress(address)} can be reached from elsewhere: give ${missing}--client-ca or --token-file (\`missile-console certs\` makes certificates), or listen on 127.0.0.1`;
  throw new MissileError(message, "openToAll");
}

function tlsOf({ tlsCert, tlsKey, clientCa }: AccessOptions, hasTokens: boolean): TlsOptions | undefined {
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new MissileError(
      "--tls-cert and --tls-key go together: a certificate and its private key",
      "halfIdentity",
    );
  if (tlsCert === undefined || tlsKey === undefined) {
    if (clientCa === undefined) return undefined;
    throw new MissileError(
      "--client-ca needs --tls-cert and --tls-key: certificates are shown over TLS",
      "noTls",
    );
  }
  const own = { cert: readCertificate(tlsCert), key: readSecret(tlsKey, "private key") };
  checkUsable([tlsCert, tlsKey], () => createSecureContext(own));
  if (clientCa === undefined) return own;
  const ca = readCertificate(clientCa);
  // TLS itself would take anything, and trust nobody.
  checkUsable([clientCa], () => new X509Certificate(ca));
  // With tokens a client may do without a certificate.
  return { ...own, ca, requestCert: true, rejectUnauthorized: !hasTokens };
}

/** Throws MissileError "badCertificate" where `use` does not take what the files hold. */
function checkUsable(files: readonly string[], use: () => unknown): void {
  try {
    use();
  } catch (cause) {
    const message = `${files.join(", ")}: nothing that TLS can use (${(cause as Error).message})`;
    throw new MissileError(message, "badCertificate");
  }
}

/** Throws MissileError for files that will not do, and "openToAll". */
export function accessTo(address: Address, options: AccessOptions): Access {
  checkClosed(address, options);
  const { tokenFile, viewerTokenFile, clientCa } = options;
  const tokens: (readonly [Role, Buffer])[] = [];
  if (tokenFile !== undefined) tokens.push(["operator", digest(readToken(tokenFile))]);
  if (viewerTokenFile !== undefined) tokens.push(["viewer", digest(readToken(viewerTokenFile))]);
  const tls = tlsOf(options, tokens.length > 0);
  if (tls !== undefined && address.kind === "unix")
    throw new MissileError(
      `${formatAddress(address)}: a Unix socket has no TLS; leave out --tls-cert`,
      "tlsOnSocket",
    );
  if (tokens.length === 0 && clientCa === undefined) return { tls, identify: everybodyOperates };
  const identify: Identify = (connection, metadata) => {
    const known = identityOf(connection);
    if (known !== null) return known;
    const role = roleOfToken(metadata, tokens);
    return role === null ? null : { role, name: connection.peer };
  };
  return { tls, identify };
}
