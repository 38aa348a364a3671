/** The commands and what they share: names, help, and how a wrong command line is told. */
import { Command } from "commander";
import { commandLineError } from "../core/error.ts";
import { addAttachCommand } from "./commands/attach.ts";
import { addCertsCommand } from "./commands/certs.ts";
import { addChannelsCommand } from "./commands/channels.ts";
import { addCompareCommand } from "./commands/compare.ts";
import { addConsoleAction } from "./commands/console.ts";
import { addCtlCommand } from "./commands/ctl.ts";
import { addDemoCommand } from "./commands/demo.ts";
import { addDoctorCommand } from "./commands/doctor.ts";
import { addListCommand } from "./commands/list.ts";
import { addModelsCommand } from "./commands/models.ts";
import { addPlayCommand } from "./commands/play.ts";
import { addProfileCommand } from "./commands/profile.ts";
import { addReplayCommand } from "./commands/replay.ts";
import { addRunCommand } from "./commands/run.ts";
import { addServeCommand } from "./commands/serve.ts";
import { PROGRAM_NAME } from "./failure.ts";
import { productVersion } from "./product-version.ts";

export function buildProgram(): Command {
  const program = new Command(PROGRAM_NAME)
    .description(
      "Shares one GPU between many DNN inference tenants, live: the console, and its figures headless.",
    )
    .version(productVersion())
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .helpCommand(true)
    .configureOutput({
      outputError: (text, write) => write(commandLineError(PROGRAM_NAME, text)),
    })
    .exitOverride();
  addConsoleAction(program);
  addDemoCommand(program);
  addServeCommand(program);
  addAttachCommand(program);
  addCtlCommand(program);
  addCertsCommand(program);
  addRunCommand(program);
  addCompareCommand(program);
  addReplayCommand(program);
  addPlayCommand(program);
  addListCommand(program);
  addProfileCommand(program);
  addModelsCommand(program);
  addDoctorCommand(program);
  addChannelsCommand(program);
  // The console alone takes any word, to say which commands there are.
  for (const command of program.commands) command.allowExcessArguments(false);
  return program;
}
