/** `ctl snapshot`, `events` and `journal`: streams, until there are enough, the reader has gone, or the server has. */
import type { ClientReadableStream, ServiceError } from "@grpc/grpc-js";
import { failureOf } from "../rpc/call.ts";
import type { ConsoleClient } from "../rpc/generated/missile/console/v1/Console.ts";
import type { Event__Output } from "../rpc/generated/missile/console/v1/Event.ts";
import type { CtlFlags } from "./ctl.ts";
import { sayAside } from "./failure.ts";
import { printJson, printText } from "./print.ts";

/** Takes messages one by one: whoever reads stdout slowly is not waited for by the server. */
async function each<Message>(
  stream: ClientReadableStream<Message>,
  address: string,
  most: number,
  take: (message: Message) => boolean,
): Promise<void> {
  let left = most;
  try {
    for await (const message of stream) {
      if (!take(message)) await new Promise((resolve) => process.stdout.once("drain", resolve));
      if (--left === 0) break;
    }
  } catch (cause) {
    throw failureOf(cause as ServiceError, address);
  } finally {
    stream.cancel();
  }
}

export async function streamSnapshots(
  client: ConsoleClient,
  { at, perSecond, count = 1 }: CtlFlags,
): Promise<void> {
  await each(client.watchSnapshots({ ratePerS: perSecond }), at, count, ({ json, dropped }) => {
    if (dropped > 0) sayAside(`${dropped} snapshots were dropped: read faster, or ask for fewer`);
    // One is for people's eyes too; several are a line each.
    return count === 1 ? printJson(JSON.parse(json)) : printText(json);
  });
}

const sayEvent = ({ atS, kind, by, text }: Event__Output): string =>
  `${atS.toFixed(3).padStart(10)} ${kind.padEnd(8)} ${text}${by === "" ? "" : ` · by ${by}`}`;

export async function streamEvents(client: ConsoleClient, flags: CtlFlags): Promise<void> {
  const { at, json, count = Number.POSITIVE_INFINITY } = flags;
  await each(client.watchEvents({}), at, count, (event) => {
    if (json === true) return printText(JSON.stringify(event));
    return printText(`${event.dropped > 0 ? `… ${event.dropped} more\n` : ""}${sayEvent(event)}`);
  });
}

export async function streamJournal(client: ConsoleClient, { at }: CtlFlags): Promise<void> {
  await each(client.downloadJournal({}), at, Number.POSITIVE_INFINITY, ({ text }) =>
    process.stdout.write(text),
  );
}
