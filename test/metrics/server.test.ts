/** The server that Prometheus scrapes: what it answers, and what it refuses. */
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { View } from "../../src/engine/session.ts";
import { type MetricsServer, serveMetrics } from "../../src/metrics/server.ts";
import { FakeSession } from "../tui/fake-session.ts";
import { parseOpenMetrics, parsePrometheus } from "./parse.ts";

let server: MetricsServer | null = null;

/** A run whose view and end are the test's to change. */
function fakeRun() {
  let die = (_why: string): void => {};
  const died = new Promise<string>((resolve) => {
    die = resolve;
  });
  const run = { shown: new FakeSession().view(), die, died, view: (): View => run.shown };
  return run;
}

async function start(run = fakeRun()): Promise<string> {
  server = await serveMetrics(run, "127.0.0.1:0");
  return `http://${server.address}`;
}

afterEach(async () => {
  await server?.close();
  server = null;
});

describe("GET /metrics", () => {
  it("tells the newest view, each time", async () => {
    const run = fakeRun();
    const base = await start(run);
    const tenants = async (): Promise<number | undefined> =>
      parsePrometheus(await (await fetch(`${base}/metrics`)).text()).get("missile_tenant_nice")?.samples
        .length;
    const before = run.shown.snapshot.tenants.length;
    expect(await tenants()).toBe(before);
    const { snapshot } = run.shown;
    run.shown = { ...run.shown, snapshot: { ...snapshot, tenants: snapshot.tenants.slice(1) } };
    expect(await tenants()).toBe(before - 1);
  });

  it("gives each scraper its format", async () => {
    const base = await start();
    const plain = await fetch(`${base}/metrics`);
    expect(plain.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const accept = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.3";
    const open = await fetch(`${base}/metrics`, { headers: { accept } });
    expect(open.headers.get("content-type")).toBe(
      "application/openmetrics-text; version=1.0.0; charset=utf-8",
    );
    expect(parseOpenMetrics(await open.text()).size).toBe(parsePrometheus(await plain.text()).size);
  });

  it("is 503 once the engine has died: old figures would look like a run", async () => {
    const run = fakeRun();
    const base = await start(run);
    run.die("the engine is gone");
    await run.died;
    const { status } = await fetch(`${base}/metrics`);
    expect(status).toBe(503);
  });
});

describe("GET /healthz", () => {
  it("is ok while the run goes on", async () => {
    const answer = await fetch(`${await start()}/healthz`);
    expect([answer.status, await answer.text()]).toEqual([200, "ok\n"]);
  });

  it("says what is wrong", async () => {
    const run = fakeRun();
    const base = await start(run);
    const failure = { code: "cuLaunchKernel: illegal address", tenant: "camera" };
    run.shown = { ...run.shown, snapshot: { ...run.shown.snapshot, failure } };
    const answer = await fetch(`${base}/healthz`);
    expect([answer.status, await answer.text()]).toEqual([
      503,
      "the GPU failed: cuLaunchKernel: illegal address (camera's launch)\n",
    ]);
  });
});

describe("anything else", () => {
  it.each([
    ["GET", "/", 404],
    ["GET", "/metrics/", 404],
    ["GET", "/../metrics", 404],
    ["POST", "/metrics", 405],
    ["DELETE", "/healthz", 405],
    ["GET", "/metrics?name[]=up", 200],
  ])("%s %s is %i", async (method, path, status) => {
    // fetch would resolve the dots.
    const base = await start();
    const answer = await raw(base, `${method} ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    if (status === 405) expect(answer).toMatch(/^allow: GET\r$/im);
  });

  it("is refused where it is no HTTP or too long, and others are served on", async () => {
    const base = await start();
    expect(await raw(base, "\x16\x03\x01 no http\r\n\r\n")).toMatch(/^HTTP\/1.1 400 /);
    const long = `GET /metrics HTTP/1.1\r\nhost: x\r\nx-long: ${"a".repeat(20_000)}\r\n\r\n`;
    expect(await raw(base, long)).toMatch(/^HTTP\/1.1 431 /);
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
  });
});

describe("too many connections", () => {
  const MOST = 32;

  it("are hung up on, and others come in again once some have gone", async () => {
    const base = await start();
    const { hostname, port } = new URL(base);
    const held = await Promise.all(
      Array.from(
        { length: MOST },
        () =>
          new Promise<Socket>((resolve) => {
            const socket = connect(Number(port), hostname, () => {
              socket.write("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
              socket.once("data", () => resolve(socket));
            });
          }),
      ),
    );
    expect(await raw(base, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")).toBe("");
    for (const socket of held) socket.destroy();
    // The server hears of it a moment later.
    for (;;) {
      const answer = await raw(base, "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
      if (/^HTTP\/1.1 200 /.test(answer)) break;
    }
  });
});

/** What a server says to these bytes until it hangs up. */
function raw(base: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let text = "";
    socket.on("data", (data) => {
      text += data.toString("latin1");
    });
    socket.on("error", () => resolve(text));
    socket.on("close", () => resolve(text));
  });
}

describe("the address", () => {
  it("is this machine's alone where only a port is given", async () => {
    server = await serveMetrics(fakeRun(), "0");
    expect(server.address).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it.each(["", "somewhere", "unix:/tmp/metrics", "127.0.0.1:99999", "::1"])("is not %j", async (text) => {
    await expect(serveMetrics(fakeRun(), text)).rejects.toMatchObject({ code: "badAddress" });
  });

  it("that is taken is one clear line", async () => {
    server = await serveMetrics(fakeRun(), "0");
    await expect(serveMetrics(fakeRun(), server.address)).rejects.toMatchObject({
      message: `--metrics ${server.address}: something listens there already; choose another port`,
      code: "cannotListen",
    });
  });

  it("is free again once the server is closed, with a scraper's connection open", async () => {
    const first = await serveMetrics(fakeRun(), "0");
    await (await fetch(`http://${first.address}/healthz`)).text();
    await first.close();
    server = await serveMetrics(fakeRun(), first.address);
    expect(server.address).toBe(first.address);
  });
});
