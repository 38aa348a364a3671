/** The commands and what they share: names, help, and how a wrong command line is told. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { packageRoot } from "../presets/paths.ts";
import { addChannelsCommand } from "./commands/channels.ts";
import { addCompareCommand } from "./commands/compare.ts";
import { addConsoleAction } from "./commands/console.ts";
import { addDemoCommand } from "./commands/demo.ts";
import { addDoctorCommand } from "./commands/doctor.ts";
import { addListCommand } from "./commands/list.ts";
import { addPlayCommand } from "./commands/play.ts";
import { addReplayCommand } from "./commands/replay.ts";
import { addRunCommand } from "./commands/run.ts";
import { PROGRAM_NAME } from "./failure.ts";

function version(): string {
  return JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")).version;
}

export function buildProgram(): Command {
  const program = new Command(PROGRAM_NAME)
    .description(
      "Shares one GPU between many DNN inference tenants, live: the console, and its figures headless.",
    )
    .version(version())
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .helpCommand(true)
    .configureOutput({
      // Commander puts "(Did you mean ...?)" on a line of its own; an error is one line here.
      outputError: (text, write) =>
        write(
          `${text
            .replace(/^error: /, `${PROGRAM_NAME}: `)
            .trimEnd()
            .replaceAll("\n", " ")}\n`,
        ),
    })
    .exitOverride();
  addConsoleAction(program);
  addDemoCommand(program);
  addRunCommand(program);
  addCompareCommand(program);
  addReplayCommand(program);
  addPlayCommand(program);
  addListCommand(program);
  addDoctorCommand(program);
  addChannelsCommand(program);
  // The console alone takes any word, to say which commands there are.
  for (const command of program.commands) command.allowExcessArguments(false);
  return program;
}
