/** A small CA for trials: its certificate, a server's, and one for each role. */
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { MissileError } from "../core/error.ts";
import { reasonOf } from "../presets/index.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const MS_PER_DAY = 86_400_000;
/** A century: nobody's trial lasts longer, and X.509 knows no year beyond 9999. */
const MOST_DAYS = 36_500;
/** Clocks of machines differ. */
const EARLIER_MS = 3_600_000;

type Keys = webcrypto.CryptoKeyPair;

interface Signed {
  readonly certificate: x509.X509Certificate;
  readonly keys: Keys;
}

export interface CertificateOptions {
  /** Names and addresses of the server, beside those of this machine. */
  readonly hosts: readonly string[];
  readonly days: number;
}

const newKeys = (): Promise<Keys> => webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);

const validity = (days: number): { readonly notBefore: Date; readonly notAfter: Date } => ({
  notBefore: new Date(Date.now() - EARLIER_MS),
  notAfter: new Date(Date.now() + days * MS_PER_DAY),
});

async function makeCa(days: number): Promise<Signed> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=missile-console trial CA",
    ...validity(days),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, keys };
}

/** `usage`: of RFC 5280, serverAuth or clientAuth. */
async function sign(
  ca: Signed,
  subject: string,
  usage: x509.ExtendedKeyUsage,
  days: number,
  extensions: readonly x509.Extension[] = [],
): Promise<Signed> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: ca.certificate.subject,
    ...validity(days),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: ca.keys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([usage]),
      await x509.AuthorityKeyIdentifierExtension.create(ca.certificate),
      ...extensions,
    ],
  });
  return { certificate, keys };
}

const alternativeNames = (hosts: readonly string[]): x509.Extension =>
  new x509.SubjectAlternativeNameExtension(
    [...new Set(hosts)].map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value })),
  );

async function keyText({ privateKey }: Keys): Promise<string> {
  const bytes = await webcrypto.subtle.exportKey("pkcs8", privateKey);
  return `${x509.PemConverter.encode(bytes, "PRIVATE KEY")}\n`;
}

/** The files of a directory that is made where it is not there. Rejects with MissileError "certificatesNotWritten". */
async function write(
  directory: string,
  signed: Readonly<Record<string, Signed>>,
): Promise<readonly string[]> {
  const files: string[] = [];
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const [name, { certificate, keys }] of Object.entries(signed)) {
      const [crt, key] = [join(directory, `${name}.crt`), join(directory, `${name}.key`)];
      writeFileSync(crt, `${certificate.toString("pem")}\n`);
      writeFileSync(key, await keyText(keys), { mode: 0o600 });
      chmodSync(key, 0o600);
      files.push(crt, key);
    }
  } catch (cause) {
    const message = `${directory}: the certificates cannot be written (${reasonOf(cause)}); choose another directory`;
    throw new MissileError(message, "certificatesNotWritten");
  }
  return files;
}

/**
 * Writes ca, server, operator and viewer, each as NAME.crt and NAME.key, into a directory that is made where it is not there. Returns the
 * files. Rejects with MissileError "certificatesThere": what is there is not replaced, since others may trust it; "badDays",
 * "certificatesNotWritten".
 */
export async function makeCertificates(
  directory: string,
  { hosts, days }: CertificateOptions,
): Promise<readonly string[]> {
  const { clientAuth, serverAuth } = x509.ExtendedKeyUsage;
  if (existsSync(join(directory, "ca.crt")))
    throw new MissileError(
      `${directory} has certificates already; choose another directory, or remove it`,
      "certificatesThere",
    );
  if (days > MOST_DAYS)
    throw new MissileError(`certificates are valid for ${MOST_DAYS} days at most, not ${days}`, "badDays");
  const ca = await makeCa(days);
  return write(directory, {
    ca,
    server: await sign(ca, "CN=missile-console server", serverAuth, days, [alternativeNames(hosts)]),
    operator: await sign(ca, "CN=operator, OU=operator", clientAuth, days),
    viewer: await sign(ca, "CN=viewer, OU=viewer", clientAuth, days),
  });
}
