/** A run of a client from its command line to its exit code: 0, 1 where the server or requests failed, 2 for what the caller can mend. */
import { CommanderError } from "commander";
import { MissileError } from "../core/error.ts";
import { type ClientKind, type ClientPlan, readArguments } from "./arguments.ts";
import { Blobs } from "./blobs.ts";
import { RequestLog } from "./request-log.ts";
import { Run } from "./run.ts";
import { Service } from "./service.ts";
import { Teller } from "./teller.ts";
import { Tenancy } from "./tenancy.ts";

/** What the server does wrong; all else the caller can mend. */
const SERVER_FAULTS: ReadonlySet<string> = new Set(["noServer", "serverGone", "serverRefused"]);

/** Says, and only says, where a server's scheduler cannot be known. Rejects with MissileError "otherScheduler". */
async function checkScheduler({ scheduler }: ClientPlan, service: Service, teller: Teller): Promise<void> {
  const policy = await service.policy();
  if (policy === scheduler) return;
  if (policy === undefined) {
    teller.say(`the server at ${service.server} does not say its scheduler; "${scheduler}" is not checked`);
    return;
  }
  throw new MissileError(
    `the server at ${service.server} schedules by ${policy}, not ${scheduler}; correct SCHEDULER or PORT`,
    "otherScheduler",
  );
}

/** Sends between the input's coming and the output's going. */
async function sendWithBlobs(
  run: Run,
  service: Service,
  mid: number,
  seed: number,
  teller: Teller,
): Promise<void> {
  const blobs = await Blobs.register(service, mid);
  try {
    teller.say(`input: ${await blobs.bringInput(seed)} bytes`);
    await run.send();
    teller.say(`output: ${(await blobs.fetchOutput()).length} bytes`);
  } finally {
    blobs.close();
  }
}

/** Returns whether every request was answered as it should be. Rejects with what cut it short. */
async function drive(plan: ClientPlan, service: Service, log: RequestLog, teller: Teller): Promise<boolean> {
  const tenancy = await Tenancy.begin(service, plan);
  try {
    teller.say(`${plan.modelName} at ${service.server}, seed ${plan.seed}; Ctrl-C ends`);
    const run = new Run(plan, tenancy, log, teller);
    if (plan.blobs) await sendWithBlobs(run, service, tenancy.mid, plan.seed, teller);
    else await run.send();
    return run.isFlawless;
  } finally {
    await tenancy.end();
  }
}

function exitCodeOf(cause: unknown, teller: Teller): number {
  // Commander has said it: help and version are no failures.
  if (cause instanceof CommanderError) return cause.exitCode === 0 ? 0 : 2;
  teller.say(cause instanceof MissileError ? cause.message : String((cause as Error).stack ?? cause));
  return cause instanceof MissileError && !SERVER_FAULTS.has(cause.code) ? 2 : 1;
}

/** Does what the process was told on its command line, and sets its exit code. */
export async function runClient(kind: ClientKind): Promise<void> {
  const teller = new Teller(kind.name);
  try {
    const plan = readArguments(kind, process.argv.slice(2));
    const service = new Service(plan.server, plan);
    try {
      await checkScheduler(plan, service, teller);
      // Not before: it replaces the log of an earlier run.
      const log = new RequestLog(plan.logFile);
      const isFlawless = await drive(plan, service, log, teller).finally(() => log.close());
      process.exitCode = isFlawless ? 0 : 1;
    } finally {
      service.close();
    }
  } catch (cause) {
    process.exitCode = exitCodeOf(cause, teller);
  }
}
