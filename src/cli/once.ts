/** `--once`: one snapshot of a run, printed for people or programs. */
import { type Command, Option } from "commander";
import { MissileError } from "../core/error.ts";
import { type HeadlessOptions, viewOnce } from "../engine/headless.ts";
import type { View } from "../engine/session.ts";
import { csv, snapshotDocument, snapshotText } from "../export/index.ts";
import type { MixConfig } from "../presets/mix.ts";
import { positiveNumber } from "./number-arguments.ts";

/** Seconds of the run before the snapshot: rates and percentiles are of the last ten. */
const SECONDS = 10;

export interface OnceOptions {
  readonly once?: true;
  readonly after: number;
  readonly json?: true;
  readonly csv?: true;
  readonly prom?: true;
}

const FORMATS = {
  json: (view) => `${JSON.stringify(snapshotDocument(view), null, 2)}\n`,
  csv: (view) => csv(view.snapshot),
  prom: async (view) => {
    const { exposition, PROMETHEUS } = await import("../metrics/exposition.ts");
    return exposition(view, PROMETHEUS);
  },
} as const satisfies Record<string, (view: View) => string | Promise<string>>;

export function addOnceOptions(command: Command): Command {
  return command
    .option("--once", "print one snapshot and leave; as text, or by --json, --csv or --prom")
    .addOption(
      new Option("--after <s>", "seconds of the run before that snapshot")
        .argParser(positiveNumber)
        .default(SECONDS),
    )
    .option("--json", "the snapshot as JSON (docs/snapshot.schema.json)")
    .option("--csv", "the snapshot as CSV, a line a tenant")
    .option("--prom", "the snapshot as Prometheus metrics");
}

/** The text to print. Rejects with MissileError "twoFormats", and as viewOnce throws. */
export async function snapshotOnce(
  mix: MixConfig,
  options: OnceOptions,
  run: HeadlessOptions,
): Promise<string> {
  const asked = (Object.keys(FORMATS) as (keyof typeof FORMATS)[]).filter(
    (format) => options[format] === true,
  );
  if (asked.length > 1) {
    throw new MissileError(`a snapshot has one format: give --${asked.join(" or --")}`, "twoFormats");
  }
  const view = viewOnce(mix, options.after, run);
  const [format] = asked;
  return format === undefined ? `${snapshotText(view)}\n` : FORMATS[format](view);
}

/** Throws MissileError "formatWithoutOnce" where a format was asked for and no snapshot. */
export function checkFormatless({ json, csv: asCsv, prom }: OnceOptions): void {
  if (json !== true && asCsv !== true && prom !== true) return;
  throw new MissileError(
    "--json, --csv and --prom are formats of --once; `run --json` prints a whole run",
    "formatWithoutOnce",
  );
}
