/** `missile-console play FILE`: shows a recorded screen again. */
import type { Command } from "commander";
import { readTextFile } from "../../presets/index.ts";
import { parseCast } from "../../tui/recording/cast.ts";
import { playCast } from "../../tui/recording/player.ts";

const EXAMPLES = `
Keys: space pauses, arrows and PgUp/PgDn wind, [ and ] go from mark to mark, < and > change the speed, . steps, q quits.
Recordings are asciicast v2 files: other players show them too.

Examples:
  missile-console --record demo          while the console runs: demo.cast and demo.journal
  missile-console play demo.cast`;

export function definePlay(command: Command): void {
  command
    .argument("<file>", "a recording (asciicast v2)")
    .addHelpText("after", EXAMPLES)
    .action(async (file: string) => {
      await playCast(parseCast(readTextFile(file), file), { input: process.stdin, output: process.stdout });
    });
}
