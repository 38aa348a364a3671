/** `missile-console replay FILE`: does the scheduler still decide what a journal says it decided? */
import type { Command } from "commander";
import { type ReplayResult, replay } from "../../engine/replay.ts";
import { BadOutcome } from "../failure.ts";
import { printText } from "../print.ts";

const EXAMPLES = `
Examples:
  missile-console run apollo --seconds 1 --journal run.journal
  missile-console replay run.journal

Exit code: 0 identical, 1 different, 2 not a journal.`;

function describe(
  path: string,
  { header, events, commands, difference, missingAtEnd }: ReplayResult,
): string {
  const lines = [`${header.mix} under ${header.options.policy}: ${events} events, ${commands} commands`];
  if (difference !== null) {
    const { line, expected, got } = difference;
    lines.push(
      `different at ${path}:${line}`,
      `  expected  ${expected ?? "no command"}`,
      `  got       ${got ?? "no command"}`,
    );
  } else if (missingAtEnd > 0) {
    lines.push(
      `identical, up to where the journal was cut off (commands of its last event missing: ${missingAtEnd})`,
    );
  } else {
    lines.push(events === 0 ? "nothing to compare: it was cut off before its first event" : "identical");
  }
  return lines.join("\n");
}

export function defineReplay(command: Command): void {
  command
    .argument("<file>", "journal that --journal has written")
    .addHelpText("after", EXAMPLES)
    .action((path: string) => {
      const result = replay(path);
      printText(describe(path, result));
      if (result.difference !== null) throw new BadOutcome();
    });
}
