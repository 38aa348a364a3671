/** How a mix file names a trace, so that it is found again from where that file lies. */
import { basename, extname, relative } from "node:path";
import { MissileError } from "../core/error.ts";
import { locateTrace } from "./load.ts";
import type { LoadConfig } from "./mix.ts";

type TraceConfig = Extract<LoadConfig, { kind: "trace" }>;

/**
 * The name for a mix file in `directory`: `written`, how it was named before, where that finds the same file, else the shortest that does.
 * @param load its trace by its absolute path.
 */
export function traceNameIn(load: TraceConfig, directory: string, written?: string): string {
  const { file } = load;
  const finds = (name: string): boolean => {
    try {
      return locateTrace({ ...load, file: name }, directory) === file;
    } catch (cause) {
      if (cause instanceof MissileError) return false;
      throw cause;
    }
  };
  const names = [basename(file, extname(file)), basename(file), relative(directory, file)];
  const short = [
    ...(written === undefined ? [] : [written]),
    ...names.filter((name) => !name.startsWith("..")),
  ];
  return short.find((name) => name !== "" && finds(name)) ?? file;
}
