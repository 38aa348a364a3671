/** Where a server listens: host and port, or the path of a Unix socket. */
import { MissileError } from "../core/error.ts";

export type Address =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** Of servers with index 0; the one with index n listens n above. */
export const FIRST_PORT = 34543;
export const LOOPBACK = "127.0.0.1";

const UNIX = "unix:";
const MAX_PORT = 65535;

/**
 * Reads "HOST:PORT", "[IPv6]:PORT", "PORT", "HOST" (port 34543) or "unix:PATH". Port 0: any that is free.
 * Throws MissileError "badAddress".
 */
export function parseAddress(text: string): Address {
  const refuse = (): never => {
    throw new MissileError(`"${text}" is no address; write HOST:PORT, PORT or unix:PATH`, "badAddress");
  };
  if (text.startsWith(UNIX)) {
    const path = text.slice(UNIX.length);
    return path === "" ? refuse() : { kind: "unix", path };
  }
  const parts = /^(?:\[([\da-fA-F:.]+)\]|([^\s:[\]]*))(?::(\d+))?$/.exec(text);
  if (text === "" || parts === null) return refuse();
  const [, v6, name = "", digits] = parts;
  const isPortAlone = v6 === undefined && digits === undefined && /^\d+$/.test(name);
  const port = Number(isPortAlone ? name : (digits ?? FIRST_PORT));
  if (port > MAX_PORT) return refuse();
  const host = v6 ?? (isPortAlone || name === "" ? LOOPBACK : name);
  return { kind: "tcp", host, port };
}

/** As parseAddress reads it, and as clients of gRPC take it. */
export function formatAddress(address: Address): string {
  if (address.kind === "unix") return `${UNIX}${address.path}`;
  const { host, port } = address;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether none but this machine's users can reach it. */
export function isLocal(address: Address): boolean {
  if (address.kind === "unix") return true;
  return address.host === "localhost" || address.host === "::1" || /^127(\.\d{1,3}){3}$/.test(address.host);
}
