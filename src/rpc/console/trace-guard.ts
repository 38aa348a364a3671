/**
 * Which files a console from elsewhere may have read: traces that the run has already, and those of presets/traces. A reader's complaint quotes
 * what it has read, so any other file of this machine would be told.
 */
import { resolve, sep } from "node:path";
import { MissileError } from "../../core/error.ts";
import type { Act, Session } from "../../engine/session.ts";
import type { LoadConfig, MixConfig } from "../../presets/mix.ts";
import { presetPath } from "../../presets/paths.ts";

type Asked = Act | { readonly kind: "reopen"; readonly mix: MixConfig };

function loadsOf(asked: Asked): readonly LoadConfig[] {
  switch (asked.kind) {
    case "addTenant":
      return [asked.config.load];
    case "changeLoad":
      return [asked.load];
    case "reopen":
      return asked.mix.tenants.map(({ load }) => load);
    default:
      return [];
  }
}

const filesOf = (loads: readonly LoadConfig[]): string[] =>
  loads.flatMap((load) => (load.kind === "trace" ? [load.file] : []));

/** Relative names are of presets/traces, or of files where the server was started, which its operator chose. */
function isPreset(file: string): boolean {
  const folder = presetPath("traces");
  return resolve(folder, file).startsWith(folder + sep);
}

/** Rejects with MissileError "traceElsewhere". */
export async function checkTraces(asked: Asked, session: Pick<Session, "mix">): Promise<void> {
  const files = filesOf(loadsOf(asked)).filter((file) => !isPreset(file));
  if (files.length === 0) return;
  const { tenants } = await session.mix();
  const known = new Set(filesOf(tenants.map(({ load }) => load)));
  const unknown = files.find((file) => !known.has(file));
  if (unknown === undefined) return;
  const message = `${unknown}: over a connection a load's trace is one of presets/traces, or one that the run has`;
  throw new MissileError(message, "traceElsewhere");
}
