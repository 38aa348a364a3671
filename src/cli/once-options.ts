/** The flags of `--once`. */
import { type Command, Option } from "commander";
import { MissileError } from "../core/error.ts";
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

/** Throws MissileError "formatWithoutOnce" where a format was asked for and no snapshot. */
export function checkFormatless({ json, csv: asCsv, prom }: OnceOptions): void {
  if (json !== true && asCsv !== true && prom !== true) return;
  throw new MissileError(
    "--json, --csv and --prom are formats of --once; `run --json` prints a whole run",
    "formatWithoutOnce",
  );
}
