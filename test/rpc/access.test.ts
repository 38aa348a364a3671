/** Who gets in, with what, and as whom. */
import { chmodSync, mkdtempSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { type AccessOptions, accessTo } from "../../src/rpc/access.ts";
import { formatAddress, parseAddress } from "../../src/rpc/address.ts";
import { makeCertificates } from "../../src/rpc/certificates.ts";
import { type ConnectOptions, channelTo, consoleClient } from "../../src/rpc/connect.ts";
import { Console } from "../../src/rpc/protos.ts";
import { RpcServer } from "../../src/rpc/server.ts";
import { unary } from "../../src/rpc/unary.ts";

const directory = mkdtempSync(join(tmpdir(), "missile-access-"));
const file = (name: string): string => join(directory, name);
const closing: (() => unknown)[] = [];

const secret = (name: string, text: string, mode = 0o600): string => {
  writeFileSync(file(name), text);
  chmodSync(file(name), mode);
  return file(name);
};

const TLS = { tlsCert: file("server.crt"), tlsKey: file("server.key") };
const CA = { ca: file("ca.crt") };
const OPERATOR = { ...CA, cert: file("operator.crt"), key: file("operator.key") };
const VIEWER = { ...CA, cert: file("viewer.crt"), key: file("viewer.key") };
let operatorToken: string;
let viewerToken: string;
let wrongToken: string;
let others: string;

beforeAll(async () => {
  await makeCertificates(directory, { hosts: ["localhost", "127.0.0.1"], days: 2 });
  others = mkdtempSync(join(tmpdir(), "missile-others-"));
  await makeCertificates(others, { hosts: ["127.0.0.1"], days: 2 });
  operatorToken = secret("operator.token", "operator-0123456789abcdef\n");
  viewerToken = secret("viewer.token", "viewer-0123456789abcdef\n");
  wrongToken = secret("wrong.token", "wrong-0123456789abcdefgh\n");
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** GetVersion alone, which says what the caller may do; the mix stands for his name. */
async function start(options: AccessOptions, at = "127.0.0.1:0"): Promise<string> {
  const address = parseAddress(at);
  const server = new RpcServer({ address, ...accessTo(address, options) });
  const not = (): never => {
    throw new Error("not called here");
  };
  const handlers = Object.fromEntries(Object.keys(Console.service).map((name) => [name, not]));
  const GetVersion = unary(server.callerOf, (_, { identity }) => ({
    role: identity.role,
    mix: identity.name,
  }));
  server.add({ definition: Console.service, handlers: { ...handlers, GetVersion } });
  const bound = await server.listen();
  closing.push(() => server.stop(0));
  return formatAddress(bound);
}

type Outcome = { readonly role: string; readonly name: string } | { readonly code: status };

function call(address: string, options: ConnectOptions = {}): Promise<Outcome> {
  const client = consoleClient(address, options);
  closing.push(() => client.close());
  return new Promise((resolve) =>
    client.getVersion({}, { deadline: Date.now() + 20_000 }, (error, reply) =>
      resolve(error === null ? { role: reply!.role, name: reply!.mix } : { code: error.code }),
    ),
  );
}

const UNKNOWN = { code: status.UNAUTHENTICATED };
const NO_TRUST = { code: status.UNAVAILABLE };

describe("on this machine", () => {
  it("everybody operates, named by the connection", async () => {
    expect(await call(await start({}))).toEqual({
      role: "operator",
      name: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    });
  });

  it("a Unix socket is its owner's alone", async () => {
    const address = await start({}, `unix:${file("socket")}`);
    expect(statSync(file("socket")).mode & 0o777).toBe(0o600);
    expect(await call(address)).toMatchObject({ role: "operator" });
  });

  it("a token is asked for where there is one", async () => {
    const address = await start({ tokenFile: operatorToken, viewerTokenFile: viewerToken });
    expect(await call(address)).toEqual(UNKNOWN);
    expect(await call(address, { tokenFile: wrongToken })).toEqual(UNKNOWN);
    expect(await call(address, { tokenFile: operatorToken })).toMatchObject({ role: "operator" });
    expect(await call(address, { tokenFile: viewerToken })).toMatchObject({ role: "viewer" });
  });
});

describe("over TLS", () => {
  it("a client certificate tells role and name", async () => {
    const address = await start({ ...TLS, clientCa: file("ca.crt") });
    expect(await call(address, OPERATOR)).toEqual({ role: "operator", name: "operator" });
    expect(await call(address, VIEWER)).toEqual({ role: "viewer", name: "viewer" });
  });

  it("nobody comes in without one, with another CA's, or in the clear", async () => {
    const address = await start({ ...TLS, clientCa: file("ca.crt") });
    expect(await call(address, CA)).toEqual(NO_TRUST);
    const foreign = { ...CA, cert: join(others, "operator.crt"), key: join(others, "operator.key") };
    expect(await call(address, foreign)).toEqual(NO_TRUST);
    expect(await call(address)).toEqual(NO_TRUST);
  });

  it("a client does not talk to a server that another CA has signed", async () => {
    const address = await start({ ...TLS, clientCa: file("ca.crt") });
    expect(await call(address, { ...OPERATOR, ca: join(others, "ca.crt") })).toEqual(NO_TRUST);
    expect(await call(address, { ...OPERATOR, ca: undefined })).toEqual(NO_TRUST);
  });

  it("a server is the one that its certificate names", async () => {
    const named = mkdtempSync(join(tmpdir(), "missile-named-"));
    await makeCertificates(named, { hosts: ["localhost"], days: 2 });
    const own = { tlsCert: join(named, "server.crt"), tlsKey: join(named, "server.key") };
    const address = await start({ ...own, tokenFile: operatorToken });
    const shown = { ca: join(named, "ca.crt"), tokenFile: operatorToken };
    expect(await call(address, shown)).toEqual(NO_TRUST);
    expect(await call(address.replace("127.0.0.1", "localhost"), shown)).toMatchObject({ role: "operator" });
  });

  it("a client's certificate is no server's", async () => {
    const address = await start({
      tlsCert: file("operator.crt"),
      tlsKey: file("operator.key"),
      tokenFile: operatorToken,
    });
    expect(await call(address, { ...CA, tokenFile: operatorToken })).toEqual(NO_TRUST);
  });

  it("a token does as well, beside certificates or alone", async () => {
    const alone = await start({ ...TLS, tokenFile: operatorToken });
    expect(await call(alone, { ...CA, tokenFile: operatorToken })).toMatchObject({ role: "operator" });
    expect(await call(alone, CA)).toEqual(UNKNOWN);
    const both = await start({ ...TLS, clientCa: file("ca.crt"), viewerTokenFile: viewerToken });
    expect(await call(both, { ...CA, tokenFile: viewerToken })).toMatchObject({ role: "viewer" });
    expect(await call(both, OPERATOR)).toMatchObject({ role: "operator" });
    expect(await call(both, CA)).toEqual(UNKNOWN);
    const foreign = { ...CA, cert: join(others, "operator.crt"), key: join(others, "operator.key") };
    expect(await call(both, foreign)).toEqual(UNKNOWN);
  });
});

describe("what is refused before anybody listens", () => {
  const anywhere = parseAddress("0.0.0.0:34543");

  it.each([
    ["nothing", {}],
    ["a token in the clear", { tokenFile: file("operator.token") }],
    ["TLS for everybody", TLS],
  ])("an address that can be reached from elsewhere, with %s", (_, options) => {
    expect(() => accessTo(anywhere, options)).toThrow(expect.objectContaining({ code: "openToAll" }));
  });

  it("none of that where TLS and a key to it are given", () => {
    expect(accessTo(anywhere, { ...TLS, tokenFile: operatorToken }).tls).toBeDefined();
    expect(accessTo(anywhere, { ...TLS, clientCa: file("ca.crt") }).tls).toMatchObject({
      rejectUnauthorized: true,
    });
  });

  it.each([
    ["others may read", "open.token", "0123456789abcdef0123", 0o644, "secretExposed"],
    ["is short", "short.token", "0123", 0o600, "badToken"],
    ["fits no header", "odd.token", "0123456789 abcdef\n0123", 0o600, "badToken"],
  ])("a token that %s", (_, name, text, mode, code) => {
    const tokenFile = secret(name, text, mode);
    expect(() => accessTo(anywhere, { ...TLS, tokenFile })).toThrow(expect.objectContaining({ code }));
    expect(() => channelTo("127.0.0.1", { tokenFile })).toThrow(expect.objectContaining({ code }));
  });

  it("a private key that others may read", () => {
    const tlsKey = secret("open.key", "x", 0o640);
    expect(() => accessTo(anywhere, { ...TLS, tlsKey, tokenFile: operatorToken })).toThrow(
      expect.objectContaining({ code: "secretExposed" }),
    );
  });

  it("a client's token for another machine without TLS", () => {
    expect(() => channelTo("gpu1:34543", { tokenFile: operatorToken })).toThrow(
      expect.objectContaining({ code: "tokenInClear" }),
    );
  });

  it.each([
    ["a certificate", "tlsCert"],
    ["a private key", "tlsKey"],
    ["a CA", "clientCa"],
  ])("%s that TLS cannot use", (_, option) => {
    const options = { ...TLS, clientCa: file("ca.crt"), [option]: secret("no.pem", "no PEM at all\n") };
    expect(() => accessTo(anywhere, options)).toThrow(expect.objectContaining({ code: "badCertificate" }));
  });

  it("certificates where there can be no directory", async () => {
    const at = join(secret("plain", "a file"), "trial");
    await expect(makeCertificates(at, { hosts: [], days: 1 })).rejects.toMatchObject({
      code: "certificatesNotWritten",
    });
  });

  it("certificates beyond the last year that one can be valid in", async () => {
    await expect(makeCertificates(file("later"), { hosts: [], days: 3_000_000 })).rejects.toMatchObject({
      code: "badDays",
    });
  });

  it("certificates over others", async () => {
    await expect(makeCertificates(directory, { hosts: [], days: 1 })).rejects.toMatchObject({
      code: "certificatesThere",
    });
  });
});

it("keys are their owner's alone", () => {
  for (const name of ["ca", "server", "operator", "viewer"])
    expect(statSync(file(`${name}.key`)).mode & 0o777, name).toBe(0o600);
});
