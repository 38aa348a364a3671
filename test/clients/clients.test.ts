/** The three clients as processes, at a server that is not ours. */
import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { scratch } from "../engine/fixtures.ts";
import { until } from "../until.ts";
import { type ClientName, type Outcome, startClient } from "./client-process.ts";
import { type FakeOptions, type FakeServer, FINISHED, fakeServer, REFUSED, REJECTED } from "./fake-server.ts";

const directory = scratch();
const log = join(directory, "log.csv");
const trace = join(directory, "trace.txt");
writeFileSync(trace, "0 5 5 12\n40 59999\n");

/** What stands between NICE and LOG_FILE. */
const arrivals: Readonly<Record<ClientName, readonly string[]>> = {
  trace: [trace],
  cont: [],
  poisson: ["2"],
};

/** Requests that are due in the first 100 ms, whatever else the machine does; of a Poisson client with seed 9. */
const leastIn100Ms: Readonly<Record<ClientName, number>> = { trace: 5, cont: 1, poisson: 20 };

const servers: FakeServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.kill();
});

async function serve(options: FakeOptions): Promise<FakeServer> {
  const server = await fakeServer(options);
  servers.push(server);
  return server;
}

const words = (name: ClientName, port: number | string): (string | number)[] => [
  "missiletemporal",
  port,
  "models/resnet",
  "ResNet34__shape_1x3x224x224",
  1,
  65536,
  200000,
  ...arrivals[name],
  log,
];

const run = (name: ClientName, port: number | string, ...options: string[]): Promise<Outcome> =>
  startClient(name, [...words(name, port), ...options]).ended;

/** Lines of the log, in columns. */
const logged = (): string[][] =>
  readFileSync(log, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split(","));

describe.each(["trace", "cont", "poisson"] as const)("missile_client_%s", (name) => {
  it("asks for what it was told, sends, logs each answer and says goodbye", async () => {
    const server = await serve({
      policy: "missiletemporal",
      infer: (index) => (index % 2 === 0 ? FINISHED : REJECTED),
    });
    const options = ["--duration", "0.1", "--slo-ms", "40", "--estimated-ms", "12", "--seed", "9"];
    const { code, out, err } = await run(name, server.port, ...options);
    expect({ code, out }, err).toEqual({ code: 0, out: "" });
    expect(server.asked).toEqual([
      {
        call: "SetPriority",
        request: {
          rt: true,
          percSmRequest: 0,
          percSmLimit: 100,
          allocMemorySizeKib: 65536,
          percPcieBandwidth: 200000,
        },
      },
      {
        call: "LoadModel",
        request: {
          dir: "models/resnet",
          name: "ResNet34__shape_1x3x224x224",
          qid: 3,
          rt: true,
          estimatedRuntimeMs: 12,
          sloMs: 40,
        },
      },
      { call: "Logout", request: { mid: 7 } },
    ]);
    const lines = logged();
    expect(lines.length).toBe(server.inferences());
    expect(lines.length).toBeGreaterThanOrEqual(leastIn100Ms[name]);
    for (const [enqueue, submit, finish, inference, total, ...answer] of lines) {
      expect(Number(submit)).toBeGreaterThanOrEqual(Number(enqueue));
      expect(Number(finish)).toBeGreaterThanOrEqual(Number(submit));
      expect(Number(total)).toBeGreaterThanOrEqual(Number(inference));
      expect(answer).toHaveLength(1);
    }
    const accepted = lines.filter((line) => line[5] === "Accept").length;
    const rejected = lines.filter((line) => line[5] === "Reject").length;
    expect(accepted + rejected).toBe(lines.length);
    expect(err).toContain(`: ${accepted} accepted, ${rejected} rejected, 0 failed\n`);
  });

  it("ends at Ctrl-C with what is in flight answered and logged", async () => {
    let letGo = (): void => {};
    const answered = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const server = await serve({ infer: () => answered.then(() => FINISHED) });
    const { child, ended } = startClient(name, words(name, server.port));
    await until(() => server.inferences() > 0);
    child.kill("SIGINT");
    // A second signal would cut it short, so it must have heard the first: it sends nothing more.
    letGo();
    const { code, err } = await ended;
    expect(code, err).toBe(0);
    expect(logged()).toHaveLength(server.inferences());
    expect(server.asked.at(-1)?.call).toBe("Logout");
  });

  it("says in one line that the server has gone", async () => {
    const server = await serve({ infer: () => new Promise(() => {}) });
    const { ended } = startClient(name, words(name, server.port));
    await until(() => server.inferences() > 0);
    server.kill();
    const { code, err } = await ended;
    expect(code).toBe(1);
    expect(err.trimEnd().split("\n").at(-1)).toMatch(
      new RegExp(`^missile_client_${name}: the server at 127.0.0.1:${server.port} has gone`),
    );
  });
});

describe("requests", () => {
  it("of an open loop are sent though none is answered", async () => {
    const enough = 20;
    let letGo = (): void => {};
    const answered = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const server = await serve({
      infer: (index) => {
        if (index === enough) letGo();
        return answered.then(() => FINISHED);
      },
    });
    const { code, err } = await run("poisson", server.port, "--duration", "0.5");
    expect(code, err).toBe(0);
    expect(logged().length).toBeGreaterThan(enough);
  });

  it.each(["cont", "poisson"] as const)("of %s are never more in flight than --concurrency", async (name) => {
    let inFlight = 0;
    let most = 0;
    const server = await serve({
      infer: async () => {
        most = Math.max(most, ++inFlight);
        await new Promise((resolve) => setTimeout(resolve, 10));
        inFlight--;
        return FINISHED;
      },
    });
    const { code, err } = await run(name, server.port, "--duration", "0.2", "--concurrency", "3");
    expect(code, err).toBe(0);
    expect(most).toBe(3);
  });

  it("come at the same times for the same seed, and at others for another", async () => {
    const server = await serve({});
    const gaps = async (seed: string): Promise<number[]> => {
      await run("poisson", server.port, "--duration", "0.1", "--seed", seed);
      const at = logged().map(([enqueue]) => Number(enqueue));
      return at.map((time) => time - (at[0] as number)).sort((first, second) => first - second);
    };
    const [first, again, other] = [await gaps("1"), await gaps("1"), await gaps("2")];
    // Whole ms of epochs that began within different ones.
    const isNear = (times: readonly number[]): boolean =>
      times.length === first.length && times.every((time, index) => Math.abs(time - first[index]!) <= 1);
    expect([isNear(again), isNear(other)]).toEqual([true, false]);
  });

  it("that fail are counted and told once, not logged, and the exit code says so", async () => {
    const server = await serve({ infer: (index) => (index === 1 || index === 2 ? REFUSED : FINISHED) });
    const { code, err } = await run("poisson", server.port, "--duration", "0.1");
    expect(code).toBe(1);
    expect(logged()).toHaveLength(server.inferences() - 2);
    expect(err.match(/a request failed: .*refuses an inference/g)).toHaveLength(1);
    expect(err).toContain(" 2 failed\n");
  });

  it("in flight are left alone at a second Ctrl-C", async () => {
    const server = await serve({ infer: () => new Promise(() => {}) });
    const { child, ended } = startClient("cont", words("cont", server.port));
    await until(() => server.inferences() > 0);
    // Two signals of one kind may be heard as one.
    child.kill("SIGINT");
    child.kill("SIGTERM");
    const { code, err } = await ended;
    expect(code, err).toBe(0);
    expect(err).toContain("1 not answered");
  });
});

describe("a server", () => {
  it("that schedules otherwise is not used", async () => {
    const server = await serve({ policy: "orion" });
    const { code, err } = await run("cont", server.port);
    expect(err).toBe(
      `missile_client_cont: the server at 127.0.0.1:${server.port} schedules by orion, not missiletemporal; correct SCHEDULER or PORT\n`,
    );
    expect({ code, asked: server.asked }).toEqual({ code: 2, asked: [] });
  });

  it("that does not say how it schedules is used, and that is said", async () => {
    const server = await serve({});
    const { code, err } = await run("cont", server.port, "--duration", "0.01");
    expect(code, err).toBe(0);
    expect(err).toContain('does not say its scheduler; "missiletemporal" is not checked');
  });

  it("that refuses the model ends the client", async () => {
    const server = await serve({ policy: "missiletemporal", canLoad: false });
    const { code, err } = await run("cont", server.port);
    expect(code).toBe(1);
    expect(err).toMatch(/^missile_client_cont: .* refuses the model "ResNet34__[^\n]*log says why\n$/);
  });

  it("that is not there is waited for, then told, and the log of an earlier run stays", async () => {
    writeFileSync(log, "1,1,1,1,1,Accept\n");
    const server = await serve({});
    server.kill();
    const { code, err } = await run("cont", server.port);
    expect(code).toBe(1);
    expect(err).toMatch(
      /^missile_client_cont: 127\.0\.0\.1:\d+: no server answers there \([^\n]*ECONNREFUSED[^\n]*\); start missile_server, or correct PORT\n$/,
    );
    expect(logged()).toHaveLength(1);
  });
});

describe("--token-file", () => {
  const token = "a-token-of-some-length";
  const file = join(directory, "token");
  writeFileSync(file, `${token}\n`, { mode: 0o600 });

  it("shows the token with every call", async () => {
    const server = await serve({ policy: "missiletemporal", token });
    const { code, err } = await run("cont", server.port, "--duration", "0.05", "--token-file", file);
    expect(code, err).toBe(0);
    expect(server.asked.map(({ call }) => call)).toEqual(["SetPriority", "LoadModel", "Logout"]);
  });

  it("is missed where the server wants one", async () => {
    const server = await serve({ policy: "missiletemporal", token });
    const { code, err } = await run("cont", server.port);
    expect({ code, err }).toEqual({
      code: 1,
      err: `missile_client_cont: 127.0.0.1:${server.port}: the server does not know who you are (a token is needed)\n`,
    });
  });
});

describe("--blobs", () => {
  const sizeBytes = (1 << 20) + 13;
  const paths = ["data", "output"].map((name) => `/dev/shm/${process.pid}-7_${name}`);
  afterEach(() => {
    for (const path of paths) rmSync(path, { force: true });
  });

  it("brings an input before the first request and fetches the output after the last", async () => {
    for (const path of paths) {
      writeFileSync(path, "");
      truncateSync(path, sizeBytes);
    }
    const calls: string[] = [];
    const server = await serve({
      blobBytes: sizeBytes,
      infer: () => {
        if (calls.length === 0) calls.push(...server.asked.map(({ call }) => call));
        return FINISHED;
      },
    });
    const { code, err } = await run("cont", server.port, "--duration", "0.05", "--blobs", "--seed", "4");
    expect(code, err).toBe(0);
    expect(calls).toEqual(["SetPriority", "LoadModel", "RegisterBlob", "RegisterBlob", "SetBlob"]);
    expect(server.asked.slice(calls.length)).toEqual([
      { call: "GetBlob", request: { key: `${process.pid}-7_output` } },
      { call: "Logout", request: { mid: 7 } },
    ]);
    const data = readFileSync(paths[0]!);
    expect(data.length).toBe(sizeBytes);
    expect(data.subarray(-13).some((byte) => byte !== 0)).toBe(true);
    expect(err).toContain(`output: ${sizeBytes} bytes\n`);
  });

  it("says what it misses where the memory is not there", async () => {
    const server = await serve({ blobBytes: sizeBytes });
    const { code, err } = await run("cont", server.port, "--blobs");
    expect(code).toBe(2);
    expect(err).toMatch(/\/dev\/shm\/\d+-7_data: cannot be opened \(ENOENT[^\n]*\n$/);
  });
});

describe("a command line that is wrong", () => {
  it.each([
    ["in its form", words("poisson", 1).slice(0, 8), /missing required argument 'LOG_FILE'/],
    ["in its address", words("poisson", "x:y"), /"x:y" is no address/],
    [
      "in its gap",
      words("poisson", 1).toSpliced(7, 1, "0"),
      /AVG_INTERVAL_MS "0" is no number of at least 0.001/,
    ],
  ])("%s: one line and exit code 2", async (_, line, message) => {
    const { code, out, err } = await startClient("poisson", line).ended;
    expect(err).toMatch(message);
    expect(err).toMatch(/^missile_client_poisson: [^\n]*\n$/);
    expect({ code, out }).toEqual({ code: 2, out: "" });
  });

  it("a trace with a slip is told with line and column", async () => {
    const slip = join(directory, "slip.txt");
    writeFileSync(slip, "0 5\n1o 20\n");
    const line = words("trace", 1).toSpliced(7, 1, slip);
    const { code, err } = await startClient("trace", line).ended;
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringMatching(/^missile_client_trace: .*slip\.txt:2:1: "1o" is not a number[^\n]*\n$/),
    });
  });
});

describe("the log", () => {
  it("that cannot be opened is told, and the server is not bothered", async () => {
    const server = await serve({ policy: "missiletemporal" });
    const line = words("cont", server.port).toSpliced(7, 1, directory);
    const { code, err } = await startClient("cont", line).ended;
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringMatching(/^missile_client_cont: .*: the log cannot be written \(EISDIR[^\n]*\n$/),
    });
    expect(server.asked).toEqual([]);
  });

  it("is written to the end though nobody reads stderr", async () => {
    const server = await serve({});
    const { child, ended } = startClient("cont", [...words("cont", server.port), "--duration", 0.2]);
    child.stderr?.destroy();
    expect((await ended).code).toBe(0);
    expect(logged()).toHaveLength(server.inferences());
  });

  it("that breaks ends the run", async () => {
    const server = await serve({});
    const line = words("cont", server.port).toSpliced(7, 1, "/dev/full");
    const { code, err } = await startClient("cont", line).ended;
    expect(code).toBe(2);
    expect(err).toMatch(/\/dev\/full: the log cannot be written \(ENOSPC[^\n]*\n$/);
    expect(server.asked.at(-1)?.call).toBe("Logout");
  });
});
