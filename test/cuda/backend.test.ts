/** The cuda backend from the command line and from a session, on the fake driver: real time, journal, failure, rebuilding. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { replay } from "../../src/engine/replay.ts";
import { reportSchema } from "../../src/engine/report.ts";
import { packageRoot } from "../../src/presets/paths.ts";
import { scratch } from "../engine/fixtures.ts";
import { describeWithKernels } from "./fake-driver/kernels.ts";
import { cliOnFake, fakeEnvironment } from "./fake-driver/run.ts";

const directory = scratch();
const mixPath = join(directory, "tiny.yaml");
writeFileSync(
  mixPath,
  `tenants:
  - { name: launcher, class: LS, model: micro-cnn, load: { closed: { inFlight: 1 } } }
  - { name: shipper, class: BE, model: pcie-bound, load: { closed: { inFlight: 1 } } }
`,
);
const SMS = 16;
/**
 * A kernel that faults some time after the run has begun: the driver refuses the process that launched it from then on. More launches than
 * it takes to begin, where the kernels were measured before.
 */
const FAILING = { SMS, FAULT: "demand:500" };
/** So late that acts come before it. */
const FAILING_LATER = { SMS, FAULT: "demand:4000" };
const CUDA = ["--backend", "cuda", "--pool-mib", "0"];

const journal = join(directory, "run.journal");
let run: ReturnType<typeof cliOnFake> | null = null;

/** One run for all, in which the networks are measured. */
function ran(): ReturnType<typeof cliOnFake> {
  const times = ["--seconds", "1", "--warmup", "0.2"];
  run ??= cliOnFake(["run", mixPath, ...CUDA, ...times, "--json", "--journal", journal], { SMS });
  return run;
}

const journalPath = join(directory, "session.journal");

/**
 * Tries what is refused, waits until the GPU has failed, has it rebuilt, by a host for which no fault is planned, and waits until requests are
 * completed again; says what it saw as JSON. A program of its own, since the driver is found when a process starts.
 */
const SESSION = `
import { openWorkerSession } from ${JSON.stringify(built("engine/worker-session.js"))};
import { loadMix } from ${JSON.stringify(built("presets/index.js"))};
const backend = { backend: "cuda", ordinal: 0, poolMiB: 0 };
const journalPath = ${JSON.stringify(journalPath)};
const session = await openWorkerSession(loadMix(${JSON.stringify(mixPath)}), { backend, journalPath });
const until = (condition) => new Promise((resolve) => {
  const stop = session.subscribe(() => {
    if (!condition(session.view().snapshot)) return;
    stop();
    resolve();
  });
});
const refusalOf = (act) => session.act(act).then(() => "", (error) => error.code);
const completed = () => session.view().snapshot.tenants.reduce((sum, { requests }) => sum + requests.completed, 0);
const refused = [];
for (const act of [{ kind: "setPaused", paused: true }, { kind: "setSpeed", factor: 2 }, { kind: "step" }, { kind: "restoreDevice" }])
  refused.push(await refusalOf(act));
await until(({ failure }) => failure !== null);
const failed = session.view().snapshot;
const before = completed();
delete process.env.FAKE_CUDA_FAULT;
const restored = await refusalOf({ kind: "restoreDevice" });
await until(({ failure }) => failure === null && completed() > before + 1);
// Looked up now and then: the last time may have been before the first launch.
const healthy = () => session.view().health?.telemetry && session.view().health.launches > 0;
while (!healthy()) await new Promise((resolve) => setTimeout(resolve, 20));
console.log(JSON.stringify({ refused, failure: failed.failure, tenants: failed.tenants, restored, view: session.view() }));
await session.close();
`;

function built(path: string): string {
  return pathToFileURL(join(packageRoot, "dist", "src", path)).href;
}

describeWithKernels("run --backend cuda", () => {
  it("runs in real time and reports what was measured; its journal replays without a GPU", () => {
    const { status, stdout, stderr } = ran();
    expect(stderr).toMatch(/^missile-console: no preset is of Fake GPU: [^\n]*\n$/);
    expect(status).toBe(0);
    const report = reportSchema.parse(JSON.parse(stdout));
    expect(report).toMatchObject({ backend: "cuda", gpu: "Fake GPU", simSeconds: 1 });
    expect(report.wallSeconds).toBeGreaterThanOrEqual(1.2);
    expect(report.tenants.some(({ requests }) => requests.completed > 0)).toBe(true);
    expect(replay(journal)).toMatchObject({ difference: null, missingAtEnd: 0 });
  });

  it("says what each tenant truly ran, of what it held", () => {
    const { tenants } = reportSchema.parse(JSON.parse(ran().stdout));
    const launcher = tenants.find(({ name }) => name === "launcher");
    expect(launcher?.smRan).toBeGreaterThan(0);
    expect(launcher?.smRan).toBeLessThanOrEqual(1);
  });

  it("says which call failed, and ends there", () => {
    ran();
    const args = ["run", mixPath, ...CUDA, "--seconds", "3600"];
    const { status, stdout, stderr } = cliOnFake(args, FAILING);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/\nmissile-console: the GPU failed: cu\w+: CUDA_ERROR_[^\n]* s into the run\n$/);
  });

  it("refuses a GPU that is not there", () => {
    const { status, stderr } = cliOnFake(["run", mixPath, ...CUDA, "--gpu", "3"], { SMS });
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: "missile-console: there is no GPU 3; there are 1 (see doctor)\n",
    });
  });
});

describeWithKernels("a session on a real GPU", () => {
  it("refuses to pause, tells of a failure, and goes on with a rebuilt GPU", () => {
    ran();
    const env = fakeEnvironment(FAILING_LATER);
    const program = join(directory, "session.mjs");
    writeFileSync(program, SESSION);
    const { stdout, stderr } = spawnSync(process.execPath, [program], {
      encoding: "utf8",
      env,
      timeout: 100_000,
    });
    expect(stderr).toBe("");
    const said = JSON.parse(stdout);
    expect(said.refused).toEqual(["realTime", "realTime", "realTime", "deviceWorks"]);
    expect(said.failure).toMatchObject({ code: expect.stringMatching(/^cu\w+: CUDA_ERROR_ILLEGAL_ADDRESS/) });
    const blamed = said.tenants.filter(({ loadOn }: { loadOn: boolean }) => !loadOn);
    const { tenant } = said.failure;
    expect(blamed.map(({ name }: { name: string }) => name)).toEqual(tenant === null ? [] : [tenant]);
    expect(said.restored).toBe("");
    expect(said.view).toMatchObject({
      backend: "cuda",
      pace: { paused: false },
      snapshot: { failure: null },
      health: {
        memory: { uncolouredWhy: "there is no pool (--pool-mib 0)" },
        telemetry: { smMhz: 1980, milliwatts: 77_000, celsius: 30, memoryUsedBytes: 30 * 2 ** 30 },
      },
    });
    const { decisions } = said.view.health;
    expect(decisions.p50Ns).toBeLessThanOrEqual(decisions.p99Ns);
    expect(replay(journalPath)).toMatchObject({ difference: null });
  });
});
