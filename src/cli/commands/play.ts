/** `missile-console play FILE`: shows a recorded screen again. */
import type { Command } from "commander";
import { readTextFile } from "../../presets/index.ts";

const EXAMPLES = `
Keys: space pauses, arrows and PgUp/PgDn wind, [ and ] go from mark to mark, < and > change the speed, . steps, q quits.
Recordings are asciicast v2 files: other players show them too.

Examples:
  missile-console --record demo          while the console runs: demo.cast and demo.journal
  missile-console play demo.cast`;

export function addPlayCommand(program: Command): void {
  program
    .command("play")
    .argument("<file>", "a recording (asciicast v2)")
    .description("Play a recorded screen, with winding.")
    .addHelpText("after", EXAMPLES)
    .action(async (file: string) => {
      // Only here: the other commands need not wait for the screen's libraries to load.
      const { parseCast } = await import("../../tui/recording/cast.ts");
      const { playCast } = await import("../../tui/recording/player.ts");
      await playCast(parseCast(readTextFile(file), file), { input: process.stdin, output: process.stdout });
    });
}
