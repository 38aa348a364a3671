/** A load in one line of words: "poisson 100/s", "uniform 30/s", "closed x4", "closed x1, think 5 ms", "trace FILE STREAM", "clients". */
import { MissileError } from "../core/error.ts";
import type { LoadConfig } from "../presets/mix.ts";

export const LOAD_FORMS = [
  "poisson 100/s",
  "uniform 30/s",
  "closed x1",
  "closed x1, think 5 ms",
  "trace FILE",
  "clients",
];

/** A rate beyond this is a slip of the unit: no GPU here ends a million inferences a second. */
export const MAX_RATE_PER_S = 1e6;
/** More requests of one tenant in flight than this only wait. */
export const MAX_IN_FLIGHT = 1024;

function refuse(words: string): never {
  const said = words === "" ? "say one" : `"${words}" is none`;
  throw new MissileError(`load: ${said}; loads are ${LOAD_FORMS.join(" · ")}`, "badArgument");
}

function within(value: number, least: number, most: number, what: string): number {
  if (value >= least && value <= most && value > 0) return value;
  throw new MissileError(
    `load: ${what} must be ${least === 0 ? "above 0" : `at least ${least}`} and at most ${most}`,
    "badArgument",
  );
}

/** Throws MissileError "badArgument". */
export function parseLoad(words: string): LoadConfig {
  const text = words.trim();
  if (text === "clients") return { kind: "clients" };
  const open = /^(poisson|uniform)\s+([\d.]+)\s*(?:\/s)?$/.exec(text);
  if (open !== null && Number.isFinite(Number(open[2]))) {
    const kind = open[1] as "poisson" | "uniform";
    return { kind, ratePerS: within(Number(open[2]), 0, MAX_RATE_PER_S, "the rate a second") };
  }
  const closed = /^closed(?:\s+x?(\d+))?(?:,?\s*think\s+([\d.]+)\s*(?:ms)?)?$/.exec(text);
  if (closed !== null && Number.isFinite(Number(closed[2] ?? 0))) {
    const inFlight = within(Number(closed[1] ?? 1), 1, MAX_IN_FLIGHT, "the requests in flight");
    return { kind: "closed", inFlight, thinkMs: Number(closed[2] ?? 0) };
  }
  const trace = /^trace\s+(?:"([^"]+)"|(\S+))(?:\s+(?:"([^"]+)"|(\S+)))?$/.exec(text);
  if (trace !== null) {
    const [, quotedFile, file = quotedFile ?? "", quotedStream, stream = quotedStream] = trace;
    return { kind: "trace", file, stream };
  }
  return refuse(text);
}

const quoted = (word: string): string => (/\s/.test(word) ? `"${word}"` : word);

/** The words for a load: `parseLoad` takes them back. */
export function sayLoad(load: LoadConfig): string {
  switch (load.kind) {
    case "trace":
      return `trace ${quoted(load.file)}${load.stream === undefined ? "" : ` ${quoted(load.stream)}`}`;
    case "closed":
      return `closed x${load.inFlight}${load.thinkMs > 0 ? `, think ${load.thinkMs} ms` : ""}`;
    case "poisson":
    case "uniform":
      return `${load.kind} ${load.ratePerS}/s`;
    case "clients":
      return "clients";
  }
}
