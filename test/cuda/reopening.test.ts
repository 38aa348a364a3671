/** What a session does beside acting, on the fake driver: what it tells of the run, shadow runs, and another mix. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { packageRoot } from "../../src/presets/paths.ts";
import { scratch } from "../engine/fixtures.ts";
import { describeWithKernels } from "./fake-driver/kernels.ts";
import { fakeEnvironment } from "./fake-driver/run.ts";

const directory = scratch();
const mixPath = join(directory, "tiny.yaml");
writeFileSync(
  mixPath,
  `tenants:
  - { name: launcher, class: LS, model: micro-cnn, load: { uniform: { ratePerS: 2 } } }
  - { name: batch, class: BE, model: micro-cnn, load: { closed: { inFlight: 1, thinkMs: 300 } } }
`,
);

const built = (path: string): string => pathToFileURL(join(packageRoot, "dist", "src", path)).href;

/** A program of its own, since the driver is found when a process starts. Says what it saw as JSON. */
const SESSION = `
import { openSession } from ${JSON.stringify(built("engine/session-holder.js"))};
import { loadMix } from ${JSON.stringify(built("presets/index.js"))};
const backend = { backend: "cuda", ordinal: 0, poolMiB: 0 };
const mix = loadMix(${JSON.stringify(mixPath)});
const session = await openSession(mix, { backend });
const until = (condition) => new Promise((resolve) => {
  const stop = session.subscribe(() => {
    if (!condition(session.view().snapshot)) return;
    stop();
    resolve();
  });
});
const refusalOf = (work) => work.then(() => "", (error) => error.code);
const ran = ({ tenants }) => tenants.every(({ requests }) => requests.completed > 0);
await until(ran);
await session.act({ kind: "changeLoad", tenant: 0, load: { kind: "uniform", ratePerS: 3 } });
await session.act({ kind: "changeTenant", tenant: 0, change: { vramKiB: 1 } });
await session.act({ kind: "mark", text: "here" });
await until(({ marks }) => marks.length > 0);
const asked = { sinceNs: 0, policy: "streams", cfsPeriodPackets: 512, beChannelShare: 0.5 };
const comparison = await session.shadow(asked, () => {});
const records = await session.requests(0);
const changed = await session.mix();
const refused = await refusalOf(session.reopen({ ...mix, policy: "nonesuch" }));
const still = session.view().snapshot.policy;
await session.reopen({ ...changed, policy: "temporal" });
await until(ran);
const { snapshot, backend: on } = session.view();
console.log(JSON.stringify({ comparison, count: records.count, changed, refused, still, snapshot, on }));
await session.close();
`;

describeWithKernels("a session on a real GPU", () => {
  it("is saved as a mix, shadowed on a simulated one, and given another run", () => {
    const program = join(directory, "session.mjs");
    writeFileSync(program, SESSION);
    const { stdout, stderr } = spawnSync(process.execPath, [program], {
      encoding: "utf8",
      env: fakeEnvironment({ SMS: 16 }),
    });
    expect(stderr).toBe("");
    const said = JSON.parse(stdout);
    expect(said.changed.tenants[0]).toMatchObject({ vramKiB: 1, load: { kind: "uniform", ratePerS: 3 } });
    expect(said.comparison).toMatchObject({ actualIsReal: true, gpu: "Fake GPU", changes: 2 });
    for (const { actual, shadow } of said.comparison.tenants) {
      expect(actual.completed).toBeGreaterThan(0);
      expect(shadow.completed).toBeGreaterThan(0);
    }
    expect(said.count).toBeGreaterThan(1);
    expect([said.refused, said.still]).toEqual(["noSuchPolicy", "missiletemporal"]);
    expect([said.on, said.snapshot.policy]).toEqual(["cuda", "temporal"]);
    expect(said.snapshot.tenants[0]).toMatchObject({ name: "launcher", load: "uniform 3/s", vramKiB: 1 });
  });
});
