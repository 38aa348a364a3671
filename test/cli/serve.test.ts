/** The built commands that reach a run elsewhere, as processes: `serve`, `attach` in pseudo terminals, `ctl`, `certs`. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type IPty, spawn as spawnPty } from "@lydell/node-pty";
import { afterEach, describe, expect, it, vi } from "vitest";
import { packageRoot } from "../../src/presets/paths.ts";
import { startClient } from "../clients/client-process.ts";
import { TerminalModel } from "../tui/terminal-model.ts";

const main = join(packageRoot, "dist", "src", "cli", "main.js");
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const directory = (): string => mkdtempSync(join(tmpdir(), "missile-serve-"));

interface Server {
  readonly address: string;
  readonly process: ChildProcess;
  readonly said: () => string;
}

/** On any port that is free, unless another address is given. */
async function serve(...args: readonly string[]): Promise<Server> {
  const listen = args.includes("--listen") ? [] : ["--listen", "127.0.0.1:0"];
  const child = spawn(process.execPath, [main, "serve", "--mix", "two-tenants", ...listen, ...args]);
  closing.push(() => child.kill("SIGKILL"));
  let text = "";
  child.stderr.on("data", (chunk) => {
    text += chunk;
  });
  await vi.waitFor(() => expect(text).toContain("serving on "), { timeout: 60_000, interval: 20 });
  return { address: /serving on (\S+):(?= )/.exec(text)![1]!, process: child, said: () => text };
}

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(...args: readonly string[]): Promise<Ended> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [main, ...args]);
    return { code: 0, out: stdout, err: stderr };
  } catch (cause) {
    const { code, stdout, stderr } = cause as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}

interface Terminal {
  readonly console: IPty;
  readonly screen: () => string;
  readonly shows: (text: string | RegExp) => Promise<void>;
  readonly ended: Promise<number>;
}

function terminal(...args: readonly string[]): Terminal {
  const [cols, rows] = [160, 45];
  const { CI: _, ...env } = process.env;
  const console = spawnPty(process.execPath, [main, ...args], {
    cols,
    rows,
    env: { ...env, TERM: "xterm-256color", LC_ALL: "C.UTF-8" },
  });
  const model = new TerminalModel(cols, rows);
  let isOver = false;
  const ended = new Promise<number>((resolve) =>
    console.onExit(({ exitCode }) => {
      isOver = true;
      resolve(exitCode);
    }),
  );
  console.onData((bytes) => void model.write(bytes));
  closing.push(() => {
    if (!isOver) console.kill("SIGKILL");
  });
  const screen = (): string => model.text();
  const shows = (text: string | RegExp): Promise<void> =>
    vi.waitFor(() => expect(screen()).toMatch(text), { timeout: 60_000, interval: 50 });
  return { console, screen, shows, ended };
}

describe("consoles attached to one server", () => {
  it("see each other's acts and those of scripts, with who did them", async () => {
    const { address } = await serve();
    const one = terminal("attach", address);
    const other = terminal("attach", address);
    await one.shows(/attached to 127\.0\.0\.1:\d+ as operator/);
    await other.shows("SMs by who ran");
    one.console.write("+");
    await one.shows(/cfsPeriod: \d+ → \d+/);
    await other.shows(/cfsPeriodPackets \d+ -> \d+ · by/);
    const done = await run("ctl", "mark", "--text", "hello", "--at", address);
    expect(done).toMatchObject({ code: 0, out: "marked: hello\n" });
    for (const { shows } of [one, other]) await shows(/mark: hello · by/);
    one.console.write("q");
    expect(await one.ended).toBe(0);
    // The run is not the console's to end.
    expect((await run("ctl", "version", "--at", address)).out).toContain('"mix": "two-tenants"');
  });

  it("see the tenants that clients bring, and act on them", async () => {
    const { address } = await serve();
    const log = join(directory(), "log.csv");
    const model = "ResNet34__shape_1x3x224x224";
    const client = startClient("cont", ["missiletemporal", address, ".", model, 0, 0, 0, log]);
    closing.push(() => client.child.kill("SIGKILL"));
    const consoles = [terminal("attach", address), terminal("attach", address)];
    for (const { shows } of consoles) await shows(/resnet34 #1 BE resnet34 +< 127\.0\.0\.1:\d+/);
    const { out } = await run("ctl", "snapshot", "--at", address);
    const brought = JSON.parse(out).tenants.at(-1);
    expect(brought.client).toMatch(/^127\.0\.0\.1:\d+$/);
    await run("ctl", "nice", brought.name, "--nice", "7", "--at", address);
    for (const { shows } of consoles) await shows(/resnet34 #1: nice 100000 -> 7/);
    client.child.kill("SIGINT");
    expect((await client.ended).code).toBe(0);
    await vi.waitFor(
      () => expect(consoles.every(({ screen }) => !/resnet34 #1 BE/.test(screen()))).toBe(true),
      {
        timeout: 60_000,
      },
    );
  });

  it("act on nothing where they only look", async () => {
    const { address } = await serve();
    const { console, shows } = terminal("attach", address, "--read-only");
    await shows("READ-ONLY");
    console.write("+");
    await shows("read-only: cfs-period-double would act on the run");
  });

  it("say that the server has gone, and go on when it is back", async () => {
    const socket = join(directory(), "socket");
    const first = await serve("--listen", `unix:${socket}`);
    const { shows, console, ended } = terminal("attach", socket.startsWith("/") ? `unix:${socket}` : socket);
    await shows(/running/);
    first.process.kill("SIGKILL");
    await once(first.process, "exit");
    await shows("NO CONNECTION");
    await shows(/connection lost \d+ s ago, trying again/);
    await serve("--listen", `unix:${socket}`);
    await shows(/running/);
    console.write("q");
    expect(await ended).toBe(0);
  });

  it("begin with one line where nobody listens", async () => {
    const { console, ended } = terminal("attach", "127.0.0.1:1");
    let text = "";
    console.onData((bytes) => {
      text += bytes;
    });
    expect(await ended).toBe(2);
    expect(text.trim()).toBe(
      "missile-console: 127.0.0.1:1: no server answers there (connect ECONNREFUSED 127.0.0.1:1)",
    );
  });
});

describe("a console with a screen of its own", () => {
  it("serves others, who see what it does", async () => {
    const own = terminal("--mix", "two-tenants", "--listen", "127.0.0.1:0");
    await own.shows(/serving on 127\.0\.0\.1:\d+/);
    const [, address] = /serving on (\S+)/.exec(own.screen())!;
    const other = terminal("attach", address!);
    await other.shows("SMs by who ran");
    own.console.write("+");
    // The last word is on a line of its own, behind other panes.
    await other.shows(/cfsPeriodPackets \d+ -> \d+ · by/);
    await other.shows(/ {2}console +│/);
    own.console.write("q");
    expect(await own.ended).toBe(0);
    await other.shows("NO CONNECTION");
  });

  it("refuses an address that others reach, in one line", async () => {
    const { console, ended } = terminal("--listen", "0.0.0.0:0");
    let text = "";
    console.onData((bytes) => {
      text += bytes;
    });
    expect(await ended).toBe(2);
    expect(text).toMatch(/0\.0\.0\.0:0 can be reached from elsewhere: give --tls-cert/);
  });
});

describe("ctl", () => {
  it("has an exit code for each end", async () => {
    const { address } = await serve();
    const at = ["--at", address];
    expect((await run("ctl", ...at)).out).toContain("nice TENANT... --nice …");
    expect(await run("ctl", "policy", "--policy", "orion", ...at)).toMatchObject({
      code: 1,
      err: expect.stringContaining("not done: --yes does it all the same"),
    });
    expect(await run("ctl", "policy", "--policy", "orion", "--yes", "--json", ...at)).toMatchObject({
      code: 0,
    });
    expect(await run("ctl", "polyci", ...at)).toMatchObject({
      code: 2,
      err: expect.stringContaining('"policy"'),
    });
    expect(await run("ctl", "mix", "camera", ...at)).toMatchObject({ code: 2 });
    expect(await run("ctl", "version", "--at", "127.0.0.1:1")).toMatchObject({ code: 1 });
    expect((await run("ctl", "mix", ...at)).out).toContain("policy: orion");
    const lines = (await run("ctl", "snapshot", "--count", "3", "--per-second", "20", ...at)).out
      .trim()
      .split("\n");
    expect(lines.map((line) => JSON.parse(line).policy)).toEqual(["orion", "orion", "orion"]);
  });
});

describe("serve", () => {
  it("ends in good order at SIGTERM, with the journal complete", async () => {
    const journal = join(directory(), "run.journal");
    const { address, process: server } = await serve("--journal", journal);
    const { out } = await run("ctl", "journal", "--at", address);
    expect(out.startsWith("missile-journal ")).toBe(true);
    server.kill("SIGTERM");
    const [code] = await once(server, "exit");
    expect(code).toBe(0);
    expect(await run("replay", journal)).toMatchObject({ code: 0 });
  });

  it("goes on where its journal cannot be written any more, and marks that", async () => {
    const journal = join(directory(), "run.journal");
    const { address, process: server } = await serve("--journal", journal);
    const events = spawn(process.execPath, [main, "ctl", "events", "--at", address]);
    closing.push(() => events.kill("SIGKILL"));
    let told = "";
    events.stdout.on("data", (chunk) => {
      told += chunk;
    });
    await vi.waitFor(() => expect(told).not.toBe(""), { timeout: 60_000, interval: 50 });
    // As on a disk that is full.
    await promisify(execFile)("prlimit", ["--pid", String(server.pid), "--fsize=0"]);
    await vi.waitFor(() => expect(told).toContain("mark: the journal ends here: EFBIG"), { timeout: 60_000 });
    const after = told.length;
    await vi.waitFor(() => expect(told.length).toBeGreaterThan(after), { timeout: 60_000 });
    const { code, out } = await run("replay", journal);
    expect([code, out]).toEqual([0, expect.stringContaining("identical")]);
  });

  it("speaks TLS to who shows a certificate that `certs` made, with his name and role", async () => {
    const at = join(directory(), "trial");
    expect(await run("certs", at, "--host", "gpu1")).toMatchObject({ code: 0 });
    const own = ["--tls-cert", join(at, "server.crt"), "--tls-key", join(at, "server.key")];
    const { address } = await serve(...own, "--client-ca", join(at, "ca.crt"));
    const as = (role: string): string[] => [
      ...["--at", address, "--ca", join(at, "ca.crt")],
      ...["--cert", join(at, `${role}.crt`), "--key", join(at, `${role}.key`)],
    ];
    expect(await run("ctl", "pause", ...as("viewer"))).toMatchObject({
      code: 2,
      err: expect.stringContaining("you are a viewer here"),
    });
    expect(await run("ctl", "pause", ...as("operator"))).toMatchObject({ code: 0, err: "" });
    const { out } = await run("ctl", "snapshot", ...as("viewer"));
    expect(JSON.parse(out).log).toContainEqual(expect.objectContaining({ text: "paused", who: "operator" }));
    expect(await run("ctl", "version", "--at", address, "--ca", join(at, "ca.crt"))).toMatchObject({
      code: 1,
    });
  });

  it.each([
    ["an address of others", ["--listen", "0.0.0.0:0"], /can be reached from elsewhere/],
    ["an address that is none", ["--listen", "here or there"], /is no address/],
    ["a token that is not there", ["--token-file", "/nowhere"], /\/nowhere: the token cannot be read/],
  ])("refuses %s with one line", async (_, args, line) => {
    const { code, err } = await run("serve", "--mix", "two-tenants", ...args);
    expect(code).toBe(2);
    expect(err).toMatch(line);
    expect(err.trim().split("\n")).toHaveLength(1);
  });

  it("keeps out who shows no token", async () => {
    const token = join(directory(), "token");
    writeFileSync(token, "0123456789abcdef0123456789abcdef\n", { mode: 0o600 });
    const { address } = await serve("--token-file", token);
    expect(await run("ctl", "version", "--at", address)).toMatchObject({
      code: 2,
      err: expect.stringContaining("the server does not know who you are"),
    });
    expect(await run("ctl", "version", "--at", address, "--token-file", token)).toMatchObject({ code: 0 });
  });
});
