/**
 * What the console's screen costs: the built console in a pseudo terminal with the heaviest mix. CPU is that of its main
 * thread alone, where the screen is drawn, as Linux counts it; the scheduler has a thread of its own.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type IPty, spawn } from "@lydell/node-pty";
import { type Column, table } from "../src/engine/table.ts";
import { packageRoot } from "../src/presets/paths.ts";

const MIX = "all-twelve";
const SIZES = [
  [80, 24],
  [200, 50],
] as const;
/** Until the first requests have brought their parameters and V8 has compiled what is hot. */
const WARM_MS = 6000;
const MEASURED_MS = 10_000;
/** Between two keys: long enough for the first to be seen, and not a multiple of the time of a frame. */
const KEY_MS = 171;
const KEYS = 60;
const BURSTS = 5;
/** What is on no screen of its own. */
const LAST_KEY = "§";
const SETTLED_MS = 500;
const BEGIN_UPDATE = "\x1b[?2026h";
/** What a press of j or k moves, and nothing else does. */
const MARK = "▸";

interface Row {
  readonly size: string;
  readonly cpuPercent: number;
  readonly framesPerS: number;
  readonly kBPerS: number;
  readonly frameP50Ms: number;
  readonly frameP99Ms: number;
  readonly keyP50Ms: number;
  readonly keyP99Ms: number;
  readonly burstMs: number;
  readonly burstCpuMs: number;
}

const columns: readonly Column<Row>[] = [
  { title: "screen", of: (row) => row.size },
  { title: "main thread, % of a core", of: (row) => row.cpuPercent, digits: 1 },
  { title: "frames/s", of: (row) => row.framesPerS, digits: 1 },
  { title: "KB/s", of: (row) => row.kBPerS, digits: 1 },
  { title: "ms between frames p50", of: (row) => row.frameP50Ms, digits: 1 },
  { title: "p99", of: (row) => row.frameP99Ms, digits: 1 },
  { title: "key to screen ms p50", of: (row) => row.keyP50Ms, digits: 1 },
  { title: "p99", of: (row) => row.keyP99Ms, digits: 1 },
  { title: "50 keys at once ms", of: (row) => row.burstMs, digits: 0 },
  { title: "CPU ms", of: (row) => row.burstCpuMs, digits: 0 },
];

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Time that a process's main thread has run. Source: Linux's Documentation/scheduler/sched-stats.rst. */
const mainThreadNs = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ")[0]);

/** Presses j and k in turn and waits each time until the mark has moved; ms for each. */
async function keyTimes(console: IPty): Promise<number[]> {
  const times: number[] = [];
  let seen: ((atMs: number) => void) | null = null;
  const listener = console.onData((text) => {
    if (text.includes(MARK)) seen?.(performance.now());
  });
  for (let press = 0; press < KEYS; press++) {
    const startMs = performance.now();
    const shown = new Promise<number>((resolve) => {
      seen = resolve;
    });
    console.write(press % 2 === 0 ? "j" : "k");
    times.push((await shown) - startMs);
    seen = null;
    await sleep(KEY_MS);
  }
  listener.dispose();
  return ascending(times);
}

/** Types 50 keys at once into the palette, some times over: median ms until the last is on the screen, and of the main thread. */
async function burst(console: IPty): Promise<{ burstMs: number; burstCpuMs: number }> {
  const wallMs: number[] = [];
  const cpuMs: number[] = [];
  for (let nth = 0; nth < BURSTS; nth++) {
    console.write(":");
    await sleep(SETTLED_MS);
    const startMs = performance.now();
    const startNs = mainThreadNs(console.pid);
    const shown = new Promise<void>((resolve) => {
      const listener = console.onData((text) => {
        if (!text.includes(LAST_KEY)) return;
        listener.dispose();
        resolve();
      });
    });
    console.write("policy orion ".padEnd(49, "x") + LAST_KEY);
    await shown;
    wallMs.push(performance.now() - startMs);
    cpuMs.push((mainThreadNs(console.pid) - startNs) / 1e6);
    console.write("\x1b");
    await sleep(SETTLED_MS);
  }
  return { burstMs: quantile(ascending(wallMs), 0.5), burstCpuMs: quantile(ascending(cpuMs), 0.5) };
}

async function measure(cols: number, rows: number): Promise<Row> {
  const main = join(packageRoot, "dist", "src", "cli", "main.js");
  const env = {
    ...process.env,
    TERM: "xterm-256color",
    COLORTERM: "truecolor",
    XDG_CONFIG_HOME: "/nowhere",
    XDG_STATE_HOME: "/nowhere",
  };
  const console = spawn(process.execPath, [main, "--mix", MIX], { cols, rows, env });
  let sizeBytes = 0;
  let frameMs: number[] = [];
  console.onData((text) => {
    sizeBytes += Buffer.byteLength(text);
    for (let at = text.indexOf(BEGIN_UPDATE); at >= 0; at = text.indexOf(BEGIN_UPDATE, at + 1)) {
      frameMs.push(performance.now());
    }
  });
  while (sizeBytes === 0) await sleep(50);
  await sleep(WARM_MS);
  sizeBytes = 0;
  frameMs = [];
  const startMs = performance.now();
  const startNs = mainThreadNs(console.pid);
  await sleep(MEASURED_MS);
  const seconds = (performance.now() - startMs) / 1e3;
  const cpuNs = mainThreadNs(console.pid) - startNs;
  const between = ascending(frameMs.slice(1).map((ms, index) => ms - frameMs[index]!));
  const figures = { sizeBytes, frames: frameMs.length };
  const keyMs = await keyTimes(console);
  const typed = await burst(console);
  console.write("q");
  await new Promise((resolve) => console.onExit(resolve));
  return {
    size: `${cols}x${rows}`,
    cpuPercent: cpuNs / seconds / 1e7,
    framesPerS: figures.frames / seconds,
    kBPerS: figures.sizeBytes / seconds / 1e3,
    frameP50Ms: quantile(between, 0.5),
    frameP99Ms: quantile(between, 0.99),
    keyP50Ms: quantile(keyMs, 0.5),
    keyP99Ms: quantile(keyMs, 0.99),
    ...typed,
  };
}

export async function screen(): Promise<void> {
  const measured: Row[] = [];
  for (const [cols, rows] of SIZES) measured.push(await measure(cols, rows));
  console.log(`${MIX}, ${MEASURED_MS / 1e3} s each\n${table(columns, measured)}`);
}
