/** `--once`: one snapshot of a run, printed for people or programs. */
import { MissileError } from "../core/error.ts";
import { type HeadlessOptions, viewOnce } from "../engine/headless.ts";
import type { View } from "../engine/session.ts";
import { csv, snapshotDocument, snapshotText } from "../export/index.ts";
import type { MixConfig } from "../presets/mix.ts";
import type { OnceOptions } from "./once-options.ts";

const FORMATS = {
  json: (view) => `${JSON.stringify(snapshotDocument(view), null, 2)}\n`,
  csv: (view) => csv(view.snapshot),
  prom: async (view) => {
    const { exposition, PROMETHEUS } = await import("../metrics/exposition.ts");
    return exposition(view, PROMETHEUS);
  },
} as const satisfies Record<string, (view: View) => string | Promise<string>>;

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
