/** Opening a real GPU with a pool: how far it is, and what came of it, on the fake driver. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { surveyGpus } from "../../src/native/index.ts";
import { packageRoot } from "../../src/presets/paths.ts";
import { scratch } from "../engine/fixtures.ts";
import { cliOnFake, type FakeSettings, fakeEnvironment } from "./fake-driver/run.ts";

const directory = scratch();
const mixPath = join(directory, "tiny.yaml");
writeFileSync(
  mixPath,
  "tenants: [{ name: launcher, class: LS, model: micro-cnn, load: { closed: { inFlight: 1 } } }]\n",
);

const built = (path: string): string => pathToFileURL(join(packageRoot, "dist", "src", path)).href;

/** What a program of that text prints on the fake GPU, as JSON. */
function printedBy(name: string, text: string, settings: FakeSettings): ReturnType<typeof JSON.parse> {
  const program = join(directory, `${name}.mjs`);
  writeFileSync(program, text);
  const env = fakeEnvironment(settings);
  const { stdout, stderr } = spawnSync(process.execPath, [program], { encoding: "utf8", env });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

/** Opens a session with a pool and prints what it heard meanwhile, and its health once it is known. */
const SESSION = `
import { openWorkerSession } from ${JSON.stringify(built("engine/worker-session.js"))};
import { loadMix } from ${JSON.stringify(built("presets/index.js"))};
const heard = [];
const session = await openWorkerSession(loadMix(${JSON.stringify(mixPath)}), {
  backend: { backend: "cuda", ordinal: 0, poolMiB: 2 },
  opening: (text) => heard.push(text),
});
while (session.view().health === null) await new Promise((resolve) => session.subscribe(resolve));
session.watch(0, true);
while (session.view().blocks === null) await new Promise((resolve) => session.subscribe(resolve));
const { blocks } = session.view();
session.watch(0);
while (session.view().blocks !== null) await new Promise((resolve) => session.subscribe(resolve));
console.log(JSON.stringify({ heard, health: session.view().health, blocks }));
await session.close();
`;

it.runIf(surveyGpus().kernels.includes("contention"))(
  "says how far the search for channels is, and what it found",
  { timeout: 120_000 },
  () => {
    const { heard, health, blocks } = printedBy("session", SESSION, { SMS: 8 });
    const search: string[] = heard.filter((text: string) => text.startsWith("finding VRAM channels"));
    expect(search[0]).toBe("finding VRAM channels 0 %");
    expect(search.at(-1)).toBe("finding VRAM channels 100 %");
    expect(new Set(search).size).toBe(search.length);
    expect(heard).toContain("measuring micro-cnn, batch 1");
    expect(heard.at(-1)).toBe("");
    expect(blocks).toMatchObject({ tenant: 0, poolBlocks: 2048 });
    expect(blocks.isBe).toHaveLength(12);
    expect(health.memory).toMatchObject({ poolMiB: 2, uncolouredWhy: null, partitions: 12, shortage: null });
  },
);

/** Has a GPU that has failed rebuilt, by a host for which no fault is planned, and prints what its views say meanwhile, and at the end. */
const REBUILT = `
import { openWorkerSession } from ${JSON.stringify(built("engine/worker-session.js"))};
import { loadMix } from ${JSON.stringify(built("presets/index.js"))};
const session = await openWorkerSession(loadMix(${JSON.stringify(mixPath)}), {
  backend: { backend: "cuda", ordinal: 0, poolMiB: 2 },
});
const failed = () => session.view().snapshot.failure !== null;
while (!failed()) await new Promise((resolve) => session.subscribe(resolve));
const seen = [];
session.subscribe(() => seen.push([failed(), session.view().preparing ?? null]));
delete process.env.FAKE_CUDA_FAULT;
await session.act({ kind: "restoreDevice" });
const during = seen.length;
while (failed()) await new Promise((resolve) => session.subscribe(resolve));
console.log(JSON.stringify({ seen, during, preparing: session.view().preparing ?? null }));
await session.close();
`;

it.runIf(surveyGpus().kernels.includes("contention"))(
  "a GPU that is rebuilt says in every view how far the search for its new pool's channels is",
  { timeout: 120_000 },
  () => {
    const { seen, during, preparing } = printedBy("rebuilt", REBUILT, { SMS: 8, FAULT: "demand:4000" });
    const told: [boolean, string | null][] = seen.slice(0, during);
    const search = told.filter(([, text]) => text !== null);
    expect(search[0]).toEqual([true, "finding VRAM channels 0 %"]);
    expect(search.at(-1)).toEqual([true, "finding VRAM channels 100 %"]);
    expect(new Set(search.map(([, text]) => text)).size).toBeGreaterThan(10);
    expect(told.at(-1)).toEqual([true, null]);
    expect(preparing).toBeNull();
  },
);

const sharedPath = join(directory, "shared.yaml");
writeFileSync(
  sharedPath,
  `tenants:
  - { name: launcher, class: LS, model: micro-cnn, load: { closed: { inFlight: 1 } } }
  - { name: sorter, class: BE, model: micro-cnn, load: { closed: { inFlight: 1 } } }
`,
);

/** Opens a session with the pool that is usual, waits until all is coloured, adds a tenant that is too large, and says what health was both times. */
const GROWING = `
import { openWorkerSession } from ${JSON.stringify(built("engine/worker-session.js"))};
import { loadMix, tenantWithDefaults } from ${JSON.stringify(built("presets/index.js"))};
const session = await openWorkerSession(loadMix(${JSON.stringify(sharedPath)}), {
  backend: { backend: "cuda", ordinal: 0, poolMiB: null },
});
const until = async (condition) => {
  while (!condition(session.view())) await new Promise((resolve) => session.subscribe(resolve));
  return session.view().health.memory;
};
session.watch(1, true);
const isColoured = ({ blocks }) =>
  blocks?.side === "BE" && blocks.rows.every(({ missing, misplaced, behind }) => missing + misplaced + behind === 0);
await until(isColoured);
const before = await until(({ health }) => health?.memory.bePartitions > 0);
const added = tenantWithDefaults({ name: "streamer", class: "BE", model: "stream", load: { kind: "closed", inFlight: 1, thinkMs: 0 } });
await session.act({ kind: "addTenant", config: added });
const after = await until(({ health }) => health.memory.shortage !== null);
console.log(JSON.stringify({ before, after }));
await session.close();
`;

it.runIf(surveyGpus().kernels.includes("contention"))(
  "the usual pool is as large as the mix needs; who comes later and is too large stays uncoloured",
  { timeout: 120_000 },
  () => {
    const { before, after } = printedBy("growing", GROWING, { SMS: 8 });
    expect(before).toMatchObject({ poolMiB: 64, uncolouredWhy: null, shortage: null });
    expect(after.shortage.tenant).toBe(2);
    expect(after.shortage.why).toMatch(/^needs 128 MiB of BE's channels, .*; it stays uncoloured: /);
  },
);

it.runIf(surveyGpus().kernels.includes("contention"))(
  "a run whose memory cannot be coloured says why, and runs",
  { timeout: 60_000 },
  () => {
    const args = [
      "run",
      mixPath,
      "--backend",
      "cuda",
      "--pool-mib",
      "2",
      "--seconds",
      "0.2",
      "--warmup",
      "0",
    ];
    const { status, stderr } = cliOnFake(args, { SMS: 8, FLAT: 1 });
    expect(stderr).toMatch(
      /\nmissile-console: memory is not coloured: VRAM channels cannot be told apart here[^\n]*\n$/,
    );
    expect(status).toBe(0);
  },
);
