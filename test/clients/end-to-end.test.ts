/** Missile's quick start, typed: its server and its three clients, on the simulator. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { consoleClient } from "../../src/rpc/connect.ts";
import { scratch } from "../engine/fixtures.ts";
import { type ServerProcess, startServer, stopServer } from "../rpc/server-process.ts";
import { until } from "../until.ts";
import { type ClientName, startClient } from "./client-process.ts";

const directory = scratch();
const logOf = (name: string): string => join(directory, `${name}.csv`);
const lines = (name: string): string[] => readFileSync(logOf(name), "utf8").split("\n").slice(0, -1);

const servers: ServerProcess[] = [];
afterEach(() => {
  for (const { child } of servers.splice(0)) child.kill("SIGKILL");
});

async function serve(scheduler?: string): Promise<ServerProcess> {
  const server = await startServer(scheduler);
  servers.push(server);
  return server;
}

const RESNET = "ResNet34__shape_1x3x224x224";
const DENSENET = "DenseNet161__shape_1x3x224x224";
const BATCH = "ResNet152__shape_16x3x224x224";

/** Names of those who are there. */
async function tenants({ port }: ServerProcess): Promise<readonly string[]> {
  const client = consoleClient(`127.0.0.1:${port}`);
  try {
    const mix = await new Promise<string>((resolve, reject) => {
      client.GetMix({}, (error, reply) => (error === null ? resolve(reply?.yaml ?? "") : reject(error)));
    });
    return mixSchema.parse(parse(mix)).tenants.map(({ name }) => name);
  } finally {
    client.close();
  }
}

const mixSchema = z.object({ tenants: z.array(z.object({ name: z.string() })) });

/** Command lines without --duration. */
const quickStart = (
  port: number,
  scheduler: string,
): readonly (readonly [ClientName, (string | number)[]])[] => [
  ["trace", [scheduler, port, ".", RESNET, 1, 131072, 100000, "apollo-like", logOf("trace")]],
  ["poisson", [scheduler, port, ".", DENSENET, 1, 131072, 200000, 20, logOf("poisson"), "--slo-ms", 40]],
  ["cont", [scheduler, port, ".", BATCH, 0, 131072, 100000, logOf("cont"), "--concurrency", 2]],
];

describe.each(["missiletemporal", "orion", "mpsplus", "temporal"])(
  "the quick start under %s",
  (scheduler) => {
    it("runs three clients beside one another, and the server ends when told", async () => {
      const server = await serve(scheduler);
      const outcomes = await Promise.all(
        quickStart(server.port, scheduler).map(
          ([name, words]) => startClient(name, [...words, "--duration", 1.5]).ended,
        ),
      );
      for (const { code, err } of outcomes) expect(code, err).toBe(0);
      for (const name of ["trace", "poisson", "cont"]) {
        expect(lines(name).length, name).toBeGreaterThan(0);
        for (const line of lines(name))
          expect(line).toMatch(/^\d{13},\d{13},\d{13},[\d.]+,[\d.]+,(Accept|Reject)$/);
      }
      expect(await stopServer(server)).toBe(0);
    });
  },
);

describe("a real server", () => {
  it("is asked for its scheduler", async () => {
    const server = await serve("orion");
    const [[name, words]] = quickStart(server.port, "temporal") as [
      readonly [ClientName, (string | number)[]],
    ];
    const { code, err } = await startClient(name, words).ended;
    expect(err).toMatch(/schedules by orion, not temporal/);
    expect(code).toBe(2);
  });

  it("brings inputs and outputs through shared memory", async () => {
    const server = await serve();
    const line = ["missiletemporal", server.port, ".", RESNET, 1, 131072, 100000, logOf("blobs")];
    const { code, err } = await startClient("cont", [...line, "--duration", 0.2, "--blobs"]).ended;
    expect(code, err).toBe(0);
    expect(err).toMatch(/input: 602112 bytes\n(.*\n)*.*output: 4000 bytes\n/);
  });

  it("rejects what cannot meet its SLO, and the log says so", async () => {
    const server = await serve();
    const line = ["missiletemporal", server.port, ".", RESNET, 1, 131072, 100000, 20, logOf("rejected")];
    const options = ["--slo-ms", 5, "--estimated-ms", 6, "--duration", 0.5, "--seed", 1];
    const { code, err } = await startClient("poisson", [...line, ...options]).ended;
    expect(code, err).toBe(0);
    expect(lines("rejected").length).toBeGreaterThan(0);
    for (const logged of lines("rejected")) expect(logged).toMatch(/,Reject$/);
    expect(err).toContain(`: 0 accepted, ${lines("rejected").length} rejected, 0 failed\n`);
  });

  it("that is killed is told in one line, with the log complete until then", async () => {
    const server = await serve();
    const line = ["missiletemporal", server.port, ".", RESNET, 1, 131072, 100000, logOf("killed")];
    const { ended } = startClient("cont", line);
    await until(() => existsSync(logOf("killed")) && lines("killed").length > 3);
    server.child.kill("SIGKILL");
    const { code, err } = await ended;
    expect(code).toBe(1);
    expect(err.trimEnd().split("\n").at(-1)).toMatch(/^missile_client_cont: the server at .* has gone/);
    for (const logged of lines("killed")) expect(logged).toMatch(/,Accept$/);
  });

  it("serves the others on when one is killed in mid-request, and keeps nothing of who has gone", async () => {
    const server = await serve();
    const line = (name: string) => [
      "missiletemporal",
      server.port,
      ".",
      RESNET,
      1,
      131072,
      100000,
      logOf(name),
    ];
    const other = startClient("cont", line("other"));
    const victim = startClient("cont", [...line("victim"), "--concurrency", 8]);
    await until(() => existsSync(logOf("victim")) && lines("victim").length > 3);
    await until(() => existsSync(logOf("other")) && lines("other").length > 0);
    expect(await tenants(server)).toHaveLength(2);
    victim.child.kill("SIGKILL");
    expect((await victim.ended).code).toBe(null);
    await until(async () => (await tenants(server)).length === 1);
    const before = lines("other").length;
    await until(() => lines("other").length > before);
    other.child.kill("SIGINT");
    const { code, err } = await other.ended;
    expect(code, err).toBe(0);
    expect(err).toMatch(/ 0 rejected, 0 failed\n/);
    expect(await tenants(server)).toEqual([]);
  });
});
