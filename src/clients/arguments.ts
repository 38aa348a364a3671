/** The command line of the three clients: Missile's arguments in Missile's order, then options of our own. */
import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError, type Option } from "commander";
import { commandLineError } from "../core/error.ts";
import type { LoadSpec } from "../core/spec.ts";
import { packageRoot } from "../presets/paths.ts";
import { formatAddress, parseAddress } from "../rpc/address.ts";
import type { ConnectOptions } from "../rpc/connect.ts";

export interface Options extends ConnectOptions {
  /** Seconds in which requests are sent; undefined: until stopped. */
  readonly duration?: number;
  readonly sloMs: number;
  readonly estimatedMs: number;
  /** Most requests in flight; undefined: as the kind of client has it. */
  readonly concurrency?: number;
  readonly seed: number;
  /** Of a trace file with several. */
  readonly stream?: string;
  readonly blobs: boolean;
}

/** What one run of a client is to do. */
export interface ClientPlan extends Options {
  /** As the server was told it on its own command line. */
  readonly scheduler: string;
  /** Its address, as parseAddress reads it. */
  readonly server: string;
  readonly modelDir: string;
  readonly modelName: string;
  readonly isRealTime: boolean;
  readonly vramKiB: number;
  readonly nice: number;
  readonly logFile: string;
  readonly load: LoadSpec;
}

/** What makes one of the three clients. */
export interface ClientKind {
  readonly name: string;
  readonly summary: string;
  /** Its argument between NICE and LOG_FILE, if it has one. */
  readonly argument?: { readonly name: string; readonly says: string };
  /** Options that it alone has. */
  readonly options?: readonly Option[];
  /** When it sends. Throws MissileError. @param text that argument, else "". */
  readonly loadOf: (text: string, options: Options) => LoadSpec;
}

/** The largest number of the fields that carry these. */
const MOST = 2 ** 31 - 1;
/** Seeds chosen by us are short enough to be typed again. */
const SEEDS = 1_000_000;

const wholeNumber =
  (least: number, most = MOST) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("It must be a number of seconds above 0.");
}

/** As Missile's scripts write it, and in words. */
function truth(text: string): boolean {
  if (text === "1" || text === "true") return true;
  if (text === "0" || text === "false") return false;
  throw new InvalidArgumentError("It must be 1 (latency-sensitive) or 0 (best-effort).");
}

const addressOf = (text: string): string => formatAddress(parseAddress(text));

function addOptions(command: Command): Command {
  return command
    .option("--duration <s>", "send for so many seconds (default: until Ctrl-C)", seconds)
    .option("--slo-ms <ms>", "latency promised to each request; 0: none", wholeNumber(0), 0)
    .option(
      "--estimated-ms <ms>",
      "what an inference takes, for rejection; 0: the server knows",
      wholeNumber(0),
      0,
    )
    .option("--concurrency <n>", "most requests in flight", wholeNumber(1))
    .option("--seed <n>", "of what is random (default: another each time)", wholeNumber(0))
    .option("--blobs", "bring an input and fetch an output through shared memory", false)
    .option("--token-file <file>", "shows the token in it to the server")
    .option("--ca <file>", "TLS: trusts servers of this authority")
    .option("--cert <file>", "TLS: shows this certificate to the server")
    .option("--key <file>", "of --cert");
}

/**
 * Reads a command line without node and the script.
 * Throws CommanderError for one that is wrong, having said so, and MissileError from `loadOf`.
 */
export function readArguments(kind: ClientKind, words: readonly string[]): ClientPlan {
  const command = new Command(kind.name)
    .description(kind.summary)
    .version(JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")).version)
    .argument("<SCHEDULER>", "the server's, such as missiletemporal")
    .argument("<PORT>", "of a server on this machine; or HOST:PORT, or unix:PATH", addressOf)
    .argument("<MODEL_DIR>", "folder of the model, as the server sees it")
    .argument("<MODEL_NAME>", "such as ResNet34__shape_1x3x224x224")
    .argument("<IS_REAL_TIME>", "1: latency-sensitive, 0: best-effort", truth)
    .argument(
      "<VRAM_KIB>",
      "memory for parameters, the rest is streamed in; 0: for all of them",
      wholeNumber(0),
    )
    .argument("<NICE>", "weight on PCIe, more is more; 0: the usual 100000", wholeNumber(0));
  if (kind.argument !== undefined) command.argument(`<${kind.argument.name}>`, kind.argument.says);
  command
    .argument(
      "<LOG_FILE>",
      "CSV: enqueue_epoch_ms,submit_epoch_ms,finish_epoch_ms,inference_ms,total_ms,Accept|Reject",
    )
    .configureOutput({ outputError: (text, write) => write(commandLineError(kind.name, text)) })
    .exitOverride();
  for (const option of kind.options ?? []) command.addOption(option);
  addOptions(command).parse(words, { from: "user" });

  const given = command.opts<Omit<Options, "seed"> & { seed?: number }>();
  const options: Options = { ...given, seed: given.seed ?? randomInt(SEEDS) };
  const [scheduler, server, modelDir, modelName, isRealTime, vramKiB, nice, ...rest] =
    command.processedArgs as [string, string, string, string, boolean, number, number, ...string[]];
  const logFile = rest.at(-1) as string;
  const load = kind.loadOf(rest.length > 1 ? (rest[0] as string) : "", options);
  return { ...options, scheduler, server, modelDir, modelName, isRealTime, vramKiB, nice, logFile, load };
}
