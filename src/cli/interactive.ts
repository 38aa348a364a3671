/** Opens the console on a terminal: its configuration, its session, its screen. */
import { MissileError } from "../core/error.ts";
import { openSession } from "../engine/session-holder.ts";
import type { MixConfig } from "../presets/mix.ts";
import type { Keymap, KeyOverrides } from "../tui/action-table.ts";
import { SCENES, type SceneName } from "../tui/demo/scenes.ts";
import { chosenBackend } from "./backend-options.ts";
import { configPath, readConfig, writeOwnLayout } from "./config/file.ts";
import type { Config } from "./config/schema.ts";
import { type ScreenFlags, screenStart } from "./config/settings.ts";
import { MixFiles } from "./mix-files.ts";
import { chosenMix, type MixOptions, originOf } from "./mix-options.ts";
import { networks, offers } from "./offers.ts";
import { showProgress } from "./progress-line.ts";

export interface InteractiveFlags extends MixOptions, ScreenFlags {
  readonly speed?: number;
  readonly journal?: string;
  /** Name of a recording: of NAME.cast and NAME.journal. */
  readonly record?: string;
}

/** The keymap with the configuration's keys. Throws MissileError that names the file. */
async function keymapOf(config: Config, path: string): Promise<Keymap> {
  const { makeKeymap } = await import("../tui/action-table.ts");
  try {
    return makeKeymap(config.keys as KeyOverrides);
  } catch (error) {
    if (error instanceof MissileError) throw new MissileError(`${path}: ${error.message}`, error.code);
    throw error;
  }
}

/** The flags, and where they say nothing of what runs the configuration's defaults: a policy or GPU there is for any mix. */
function withDefaults(flags: InteractiveFlags, { mix, policy, gpu }: Config["defaults"]): InteractiveFlags {
  return {
    ...(policy === undefined ? {} : { policy }),
    ...(gpu === undefined || flags.backend === "cuda" ? {} : { gpu }),
    ...(mix === undefined || flags.trace !== undefined ? {} : { mix }),
    ...flags,
  };
}

function speedOf({ speed, backend }: InteractiveFlags, { defaults }: Config): number {
  return speed ?? (backend === "cuda" ? 1 : (defaults.speed ?? 1));
}

/**
 * Runs until the operator quits. `scene` is played on its own mix, whatever the configuration says. Throws MissileError: "noTerminal", what
 * is wrong with the configuration or the mix.
 */
export async function openInteractive(given: InteractiveFlags, scene: SceneName | null): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new MissileError("the console reads keys from a terminal on stdin; `run` needs none", "noTerminal");
  }
  const path = configPath(process.env);
  const config = readConfig(path);
  const flags = scene === null ? withDefaults(given, config.defaults) : given;
  const keymap = await keymapOf(config, path);
  const { runConsole } = await import("../tui/console.ts");
  const mix: MixConfig = chosenMix(scene === null ? undefined : SCENES[scene].mix, flags);
  const { record } = flags;
  const session = await openSession(mix, {
    backend: chosenBackend(flags),
    speed: speedOf(flags, config),
    journalPath: flags.journal ?? (record === undefined ? undefined : `${record}.journal`),
    opening: showProgress,
  });
  try {
    await runConsole(session, {
      output: process.stdout,
      input: process.stdin,
      offers: offers(),
      networkOf: networks(),
      mixes: new MixFiles(mix, originOf(flags)),
      keymap,
      start: screenStart(flags, config, process.env),
      historyMinutes: config.historyMinutes,
      keepLayout: (tree) => writeOwnLayout(path, tree),
      scene,
      recordTo: record === undefined ? undefined : `${record}.cast`,
      speaks: flags.screenReader ?? false,
      env: process.env,
    });
  } finally {
    await session.close();
  }
}
