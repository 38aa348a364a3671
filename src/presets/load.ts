/** Loads as people write them, turned into what the scheduler's arrivals need, and into a few words. */
import { existsSync } from "node:fs";
import { extname, isAbsolute, resolve } from "node:path";
import { MissileError } from "../core/error.ts";
import type { LoadSpec } from "../core/spec.ts";
import type { LoadConfig } from "./mix.ts";
import { presetPath } from "./paths.ts";
import { readCsvTrace } from "./trace-csv.ts";
import { readDisbFile } from "./trace-disb.ts";
import { readOffsetsTrace } from "./trace-offsets.ts";

type TraceConfig = Extract<LoadConfig, { kind: "trace" }>;

const NS_PER_MS = 1e6;

/** A name without an extension means the form that fits: .json holds several streams, .txt one. */
function fileName({ file, stream }: TraceConfig): string {
  if (extname(file) !== "") return file;
  return stream === undefined ? `${file}.txt` : `${file}.json`;
}

/**
 * The trace file's absolute path: as named where that is absolute, else in `directory`, else in presets/traces.
 * Throws MissileError ("traceNotFound").
 */
export function locateTrace(load: TraceConfig, directory: string): string {
  const name = fileName(load);
  const candidates = isAbsolute(name) ? [name] : [resolve(directory, name), presetPath("traces", name)];
  const found = candidates.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new MissileError(`no trace file ${candidates.join(" and no ")}; correct the name`, "traceNotFound");
}

function readDisbStream(path: string, stream: string | undefined): LoadSpec {
  const tasks = readDisbFile(path);
  const task = tasks.find(({ id }) => id === stream);
  if (task !== undefined) return task.load;
  const wanted = stream === undefined ? "name one of its streams" : `it has no stream "${stream}"; choose`;
  throw new MissileError(`${path}: ${wanted}: ${tasks.map(({ id }) => id).join(", ")}`, "noSuchStream");
}

function readTrace(path: string, stream: string | undefined): LoadSpec {
  if (extname(path) === ".json") return readDisbStream(path, stream);
  if (stream !== undefined) {
    throw new MissileError(`${path}: has one stream only; remove stream: ${stream}`, "noSuchStream");
  }
  return extname(path) === ".csv" ? readCsvTrace(path) : readOffsetsTrace(path);
}

/**
 * Reads the load's trace, if it has one (a relative path is looked for in the working directory, then in
 * presets/traces), and turns ms into ns. Throws MissileError with the file's line and column where there is one.
 */
export function resolveLoad(load: LoadConfig): LoadSpec {
  switch (load.kind) {
    case "trace":
      return readTrace(locateTrace(load, process.cwd()), load.stream);
    case "closed":
      return { kind: "closed", inFlight: load.inFlight, thinkNs: Math.round(load.thinkMs * NS_PER_MS) };
    case "poisson":
    case "uniform":
    case "clients":
      return load;
  }
}

/** The load in a few words: "poisson 100/s", "closed x2, think 5 ms", "trace camera-front", "clients". */
export function describeLoad(load: LoadConfig): string {
  switch (load.kind) {
    case "trace":
      return `trace ${load.stream ?? load.file.replace(/^.*[/\\]/, "").replace(/\.[^.]+$/, "")}`;
    case "closed":
      return `closed x${load.inFlight}${load.thinkMs > 0 ? `, think ${load.thinkMs} ms` : ""}`;
    case "poisson":
    case "uniform":
      return `${load.kind} ${load.ratePerS}/s`;
    case "clients":
      return "clients";
  }
}
