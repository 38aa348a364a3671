/** Files that hold what nobody else may know: tokens and private keys. */
import { readFileSync, statSync } from "node:fs";
import { MissileError } from "../core/error.ts";

/** Bits of a mode that let the group or others in. */
const OTHERS = 0o077;

function read(path: string, what: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const reason =
      (cause as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : (cause as Error).message;
    throw new MissileError(`${path}: the ${what} cannot be read (${reason})`, "fileNotReadable");
  }
}

/** What of TLS is no secret: a certificate. Throws MissileError "fileNotReadable". */
export const readCertificate = (path: string): Buffer => read(path, "certificate");

/** Throws MissileError "fileNotReadable", "secretExposed" where others may read it. */
export function readSecret(path: string, what: string): Buffer {
  const bytes = read(path, what);
  if ((statSync(path).mode & OTHERS) !== 0) {
    throw new MissileError(`${path}: others may read this ${what}; do: chmod 600 ${path}`, "secretExposed");
  }
  return bytes;
}

/** Shorter ones can be guessed. */
const MIN_TOKEN_CHARACTERS = 16;

/** The token that is a file's only line. Throws MissileError "badToken", and as readSecret does. */
export function readToken(path: string): string {
  const token = readSecret(path, "token").toString("utf8").trim();
  // RFC 6750's alphabet: anything else fits no header.
  if (token.length >= MIN_TOKEN_CHARACTERS && /^[A-Za-z0-9\-._~+/]+=*$/.test(token)) return token;
  throw new MissileError(
    `${path}: a token is one line of at least ${MIN_TOKEN_CHARACTERS} letters, digits and -._~+/ (openssl rand -hex 32 makes one)`,
    "badToken",
  );
}
