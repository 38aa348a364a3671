#!/usr/bin/env node
/** The command `missile-wallboard ADDRESS`: a board for a big screen, read-only, in a process of its own. */
import blessed from "blessed";
import { Command, CommanderError } from "commander";
import { commandLineError, MissileError } from "../core/error.ts";
import { formatAddress, parseAddress } from "../rpc/address.ts";
import { type ConnectOptions, consoleClient } from "../rpc/connect.ts";
import { Board } from "./board.ts";
import { Feed } from "./feed.ts";
import { Output } from "./output.ts";

const NAME = "missile-wallboard";

/** More than eyes across a room follow, fewer than a chart of two minutes needs to move. */
const SNAPSHOTS_PER_S = 2;
/** While the server is away, the header counts seconds. */
const LOST_CLOCK_MS = 1000;

/** What a process that a signal ended tells its shell. */
const SIGNAL_EXIT = { SIGINT: 130, SIGQUIT: 131, SIGTERM: 143 } as const;

const say = (line: string): boolean => process.stderr.write(`${NAME}: ${line}\n`);

function command(): Command {
  return new Command(NAME)
    .description(
      "Shows a scheduler's run on a big screen: latencies against SLOs, SMs, PCIe, attainment, log.",
    )
    .argument("<address>", "of the server: HOST:PORT, PORT of this machine, or unix:PATH")
    .option("--token-file <file>", "show the token in this file")
    .option("--ca <file>", "trust a server that this CA has signed for; the connection is TLS")
    .option("--cert <file>", "show this client certificate")
    .option("--key <file>", "its private key")
    .allowExcessArguments(false)
    .configureOutput({
      outputError: (text, write) => write(commandLineError(NAME, text)),
    })
    .exitOverride();
}

/** Runs until the operator quits, a signal comes or a bug does: the exit code. The terminal is then as it was. */
function run(text: string, options: ConnectOptions): Promise<number> {
  if (!process.stdout.isTTY || !process.stdin.isTTY) {
    throw new MissileError(
      "the board needs a terminal; `missile-console ctl snapshot` needs none",
      "noTerminal",
    );
  }
  // Before the screen is taken: what is wrong with the address or a file is one line.
  const address = formatAddress(parseAddress(text));
  const client = consoleClient(address, options);
  const isColourless = (process.env.NO_COLOR ?? "") !== "";
  const output = new Output(process.stdout, isColourless);
  const screen = blessed.screen({
    input: process.stdin,
    output: output as never,
    fullUnicode: true,
    forceUnicode: true,
  });
  const board = new Board(screen, { address, isColourless });
  const feed = new Feed({ client, address, ratePerS: SNAPSHOTS_PER_S }, board);
  const clock = setInterval(() => board.request(), LOST_CLOCK_MS);
  return new Promise((resolve) => {
    const leave = (code: number, line = ""): void => {
      clearInterval(clock);
      feed.close();
      board.close();
      if (line !== "") say(line);
      resolve(code);
    };
    screen.key(["q", "C-c"], () => leave(0));
    for (const [signal, code] of Object.entries(SIGNAL_EXIT)) process.on(signal, () => leave(code));
    for (const event of ["uncaughtException", "unhandledRejection"])
      process.on(event, (cause: Error) => leave(1, `stopped by a bug: ${cause.message}`));
  });
}

async function main(): Promise<number> {
  const program = command();
  try {
    program.parse();
    return await run(program.args[0]!, program.opts<ConnectOptions>());
  } catch (cause) {
    if (cause instanceof CommanderError) return cause.exitCode === 0 ? 0 : 2;
    if (!(cause instanceof MissileError)) throw cause;
    say(cause.message);
    return 2;
  }
}

process.exit(await main());
