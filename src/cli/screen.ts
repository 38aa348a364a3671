/** What every console on a terminal begins with, whatever run it shows: its configuration, its keys, its screen. */
import { MissileError } from "../core/error.ts";
import type { ReopenableSession } from "../engine/session.ts";
import type { Keymap, KeyOverrides } from "../tui/action-table.ts";
import type { ConsoleOptions } from "../tui/console.ts";
import { configPath, readConfig, writeOwnLayout } from "./config/file.ts";
import type { Config } from "./config/schema.ts";
import { checkTerminal, type ScreenFlags, screenStart } from "./config/settings.ts";
import { networks, offers } from "./offers.ts";
import { historyPath, PaletteFile } from "./palette-file.ts";

export interface Screen {
  readonly config: Config;
  /** Resolves once the operator has quit. */
  readonly show: (session: ReopenableSession, options: Shown) => Promise<void>;
}

export interface Shown extends Pick<ConsoleOptions, "mixes" | "scene" | "greeting"> {
  readonly flags: ScreenFlags;
  /** Name of a recording of the screen, without its ending. */
  readonly record?: string | undefined;
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

/** Throws MissileError: "noTerminal", what is wrong with the configuration. */
export async function prepareScreen(asked: ScreenFlags): Promise<Screen> {
  if (!process.stdin.isTTY) {
    throw new MissileError("the console reads keys from a terminal on stdin; `run` needs none", "noTerminal");
  }
  checkTerminal(asked, process.env);
  const path = configPath(process.env);
  const config = readConfig(path);
  const keymap = await keymapOf(config, path);
  const paletteLines = new PaletteFile(historyPath(process.env));
  const { runConsole } = await import("../tui/console.ts");
  return {
    config,
    show: (session, { mixes, scene = null, greeting, flags, record }) =>
      runConsole(session, {
        output: process.stdout,
        input: process.stdin,
        offers: offers(),
        networkOf: networks(),
        mixes,
        keymap,
        start: screenStart(flags, config, process.env),
        historyMinutes: config.historyMinutes,
        keepLayout: (tree) => writeOwnLayout(path, tree),
        paletteLines,
        complaint: paletteLines.problem,
        scene,
        greeting,
        recordTo: record === undefined ? undefined : `${record}.cast`,
        speaks: flags.screenReader ?? false,
        env: process.env,
      }),
  };
}
