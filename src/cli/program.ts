/** The commands and what they share: names, help, and how a wrong command line is told. */
import { Command, Help } from "commander";
import { commandLineError, MissileError } from "../core/error.ts";
import { suggestion } from "../presets/nearest.ts";
import { defineConsole } from "./commands/console.ts";
import { PROGRAM_NAME } from "./failure.ts";
import { productVersion } from "./product-version.ts";

interface CommandRow {
  /** As the list of commands has it; its first word is the name. */
  readonly usage: string;
  readonly description: string;
  /** What gives it its arguments, options and action: read once the command is named, so that each waits for what it needs alone. */
  readonly load: () => Promise<(command: Command) => void>;
}

const COMMANDS: readonly CommandRow[] = [
  {
    usage: "demo [options] [scene]",
    description: "Play a guided scene: captions explain what happens, and the first key takes over.",
    load: async () => (await import("./commands/demo.ts")).defineDemo,
  },
  {
    usage: "serve [options]",
    description: "Run a mix without a screen, and serve it: to consoles elsewhere, scripts and clients.",
    load: async () => (await import("./commands/serve.ts")).defineServe,
  },
  {
    usage: "attach [options] <address>",
    description: "Open the console of a run elsewhere; several may be attached at once.",
    load: async () => (await import("./commands/attach.ts")).defineAttach,
  },
  {
    usage: "ctl [options] [action] [words...]",
    description: "Do one act on a run elsewhere, or look at it: for scripts.",
    load: async () => (await import("./commands/ctl.ts")).defineCtl,
  },
  {
    usage: "certs [options] <directory>",
    description:
      "Make a CA of your own and certificates of a server, an operator and a viewer: for trials, not for the world.",
    load: async () => (await import("./commands/certs.ts")).defineCerts,
  },
  {
    usage: "run [options] [mix]",
    description:
      "Run a mix headless and print its figures: simulated as fast as this machine can, or on a real GPU.",
    load: async () => (await import("./commands/run.ts")).defineRun,
  },
  {
    usage: "compare [options] [mix]",
    description: "Run each policy, each tenant alone, and the LS tenants without BE, on the same arrivals.",
    load: async () => (await import("./commands/compare.ts")).defineCompare,
  },
  {
    usage: "replay <file>",
    description: "Run the scheduler alone over a journal's events and compare every command.",
    load: async () => (await import("./commands/replay.ts")).defineReplay,
  },
  {
    usage: "play <file>",
    description: "Play a recorded screen, with winding.",
    load: async () => (await import("./commands/play.ts")).definePlay,
  },
  {
    usage: "list [options] <what>",
    description: "List the preset mixes, the GPUs, the models or the policies.",
    load: async () => (await import("./commands/list.ts")).defineList,
  },
  {
    usage: "profile [options] <model>",
    description:
      "Measure each kernel alone by number of TPCs: its time, bandwidth, rate, and what bounds it.",
    load: async () => (await import("./commands/profile.ts")).defineProfile,
  },
  {
    usage: "models [command]",
    description: "Import, export, plan, run and tune networks.",
    load: async () => (await import("./commands/models.ts")).defineModels,
  },
  {
    usage: "doctor [options]",
    description: "Say what this machine has for running on a real GPU, and what to do about the rest.",
    load: async () => (await import("./commands/doctor.ts")).defineDoctor,
  },
  {
    usage: "channels [command]",
    description: "VRAM channels of a real GPU, found by timing alone.",
    load: async () => (await import("./commands/channels.ts")).defineChannels,
  },
];

const nameOf = ({ usage }: CommandRow): string => usage.split(" ")[0]!;
const rowOf = (name: string): CommandRow | undefined => COMMANDS.find((row) => nameOf(row) === name);

async function define(command: Command): Promise<void> {
  const row = rowOf(command.name());
  if (row === undefined) return;
  const defineIt = await row.load();
  defineIt(command);
  // The console alone takes any word, to say which commands there are.
  command.allowExcessArguments(false);
}

async function helpWith(program: Command, name: string | undefined): Promise<void> {
  if (name === undefined) program.help();
  const command = program.commands.find((each) => each.name() === name);
  if (command === undefined) {
    throw new MissileError(`no command "${name}"${suggestion(name, COMMANDS.map(nameOf))}`, "noSuchCommand");
  }
  await define(command);
  command.help();
}

export function buildProgram(): Command {
  const program: Command = new Command(PROGRAM_NAME)
    .description(
      "Shares one GPU between many DNN inference tenants, live: the console, and its figures headless.",
    )
    .version(productVersion())
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .helpCommand(false)
    .configureOutput({
      outputError: (text, write) => write(commandLineError(PROGRAM_NAME, text)),
    })
    .configureHelp({
      subcommandTerm: (command) =>
        (command.parent === program && rowOf(command.name())?.usage) || new Help().subcommandTerm(command),
    })
    .exitOverride()
    .hook("preSubcommand", (_, command) => define(command));
  defineConsole(program);
  for (const row of COMMANDS) program.command(nameOf(row)).description(row.description);
  program
    .command("help")
    .argument("[command]")
    .description("display help for command")
    .action((name: string | undefined) => helpWith(program, name));
  return program;
}
