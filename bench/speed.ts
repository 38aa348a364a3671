/** Simulated seconds a wall second, headless, on a light mix and on the heaviest. */
import { runHeadless } from "../src/engine/headless.ts";
import { type Column, table } from "../src/engine/table.ts";
import { loadMix } from "../src/presets/index.ts";

/** The goals are the project's own: 20x and 5x on two cores. */
const GOALS: readonly { readonly mix: string; readonly goal: number }[] = [
  { mix: "two-tenants", goal: 20 },
  { mix: "all-twelve", goal: 5 },
];
const RUNS = 3;
const SIM_SECONDS = 10;

interface Row {
  readonly mix: string;
  readonly goal: number;
  readonly speed: number;
  readonly eventsPerS: number;
  readonly nsPerEvent: number;
}

const columns: readonly Column<Row>[] = [
  { title: "mix", of: (row) => row.mix },
  { title: "sim s / wall s", of: (row) => row.speed, digits: 1 },
  { title: "goal", of: (row) => row.goal },
  { title: "events / wall s", of: (row) => row.eventsPerS },
  { title: "ns / event", of: (row) => row.nsPerEvent },
];

function measure(mix: string, goal: number): Row {
  const reports = Array.from({ length: RUNS }, () => runHeadless(loadMix(mix), SIM_SECONDS));
  const [median] = reports.sort((a, b) => a.wallSeconds - b.wallSeconds).slice(Math.floor(RUNS / 2));
  if (median === undefined) throw new Error("bug: no run");
  const { warmupSeconds, simSeconds, wallSeconds, events } = median;
  return {
    mix,
    goal,
    speed: (warmupSeconds + simSeconds) / wallSeconds,
    eventsPerS: events / wallSeconds,
    nsPerEvent: (wallSeconds * 1e9) / events,
  };
}

export async function speed(): Promise<void> {
  const rows = GOALS.map(({ mix, goal }) => measure(mix, goal));
  console.log(`${SIM_SECONDS} simulated seconds, median of ${RUNS} runs\n${table(columns, rows)}`);
}
