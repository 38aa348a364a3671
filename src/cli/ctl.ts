/** One act on a run elsewhere, or a look at it. */
import { MissileError } from "../core/error.ts";
import { answerOf, ServerTrouble } from "../rpc/call.ts";
import { type ConnectOptions, consoleClient } from "../rpc/connect.ts";
import type { Action__Output } from "../rpc/generated/missile/console/v1/Action.ts";
import type { ActReply__Output } from "../rpc/generated/missile/console/v1/ActReply.ts";
import type { ConsoleClient } from "../rpc/generated/missile/console/v1/Console.ts";
import { connectOptions } from "./connect-options.ts";
import { streamEvents, streamJournal, streamSnapshots } from "./ctl-streams.ts";
import { parseWords } from "./ctl-words.ts";
import { BadOutcome, sayAside } from "./failure.ts";
import { printJson, printText } from "./print.ts";

export interface CtlFlags extends ConnectOptions {
  readonly at: string;
  readonly yes?: true;
  readonly preview?: true;
  readonly json?: true;
  readonly perSecond: number;
  readonly count?: number;
}

/** A server that does not answer a question within this has a problem, and so has the script that waits. */
const PATIENCE_MS = 30_000;

const deadline = (): { readonly deadline: number } => ({ deadline: Date.now() + PATIENCE_MS });

async function list(client: ConsoleClient, { at, json }: CtlFlags): Promise<void> {
  const { actions } = await answerOf<{ actions: Action__Output[] }>(at, (done) =>
    client.listActions({}, deadline(), done),
  );
  if (json === true) {
    printJson(actions);
    return;
  }
  const usage = ({ id, scope, arguments: all }: Action__Output): string =>
    [
      id,
      ...(scope === "tenant" ? ["TENANT..."] : []),
      ...all.map((one) => (one.required ? `--${one.id} …` : `[--${one.id} …]`)),
    ].join(" ");
  printText(actions.map((action) => `${action.title}\n    ${usage(action)}`).join("\n"));
}

function tell({ done, says, warnings, effects }: ActReply__Output, { json, preview }: CtlFlags): void {
  if (json === true) printJson({ done, says, warnings, effects });
  else {
    printText(done ? says : `would do: ${says}`);
    for (const { what, before, after } of effects) printText(`  ${what}: ${before} → ${after}`);
  }
  if (done) return;
  for (const warning of warnings) sayAside(warning);
  if (preview === true) return;
  sayAside("not done: --yes does it all the same");
  throw new BadOutcome();
}

async function act(
  client: ConsoleClient,
  action: string,
  words: readonly string[],
  flags: CtlFlags,
): Promise<void> {
  const request = {
    action,
    ...parseWords(words),
    preview: flags.preview ?? false,
    confirmed: flags.yes ?? false,
  };
  const reply = await answerOf<ActReply__Output>(flags.at, (done) => client.act(request, deadline(), done));
  tell(reply, flags);
}

/** The calls that look on; each takes no words. */
const LOOKING: Readonly<Record<string, (client: ConsoleClient, flags: CtlFlags) => Promise<void>>> = {
  version: async (client, { at }) =>
    void printJson(await answerOf(at, (done) => client.getVersion({}, deadline(), done))),
  mix: async (client, { at }) => {
    const { yaml } = await answerOf<{ yaml: string }>(at, (done) => client.getMix({}, deadline(), done));
    process.stdout.write(yaml);
  },
  snapshot: streamSnapshots,
  events: streamEvents,
  journal: streamJournal,
};

/** Throws MissileError where the command is wrong, BadOutcome where it was not done or no server answered. */
export async function ctl(
  action: string | undefined,
  words: readonly string[],
  flags: CtlFlags,
): Promise<void> {
  const client = consoleClient(flags.at, connectOptions(flags));
  try {
    if (action === undefined) await list(client, flags);
    else if (!Object.hasOwn(LOOKING, action)) await act(client, action, words, flags);
    else if (words.length > 0) throw new MissileError(`ctl ${action} takes no words`, "badArgument");
    else await LOOKING[action]!(client, flags);
  } catch (cause) {
    if (!(cause instanceof ServerTrouble)) throw cause;
    sayAside(cause.message);
    throw new BadOutcome();
  } finally {
    client.close();
  }
}
