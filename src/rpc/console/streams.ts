/** Streams for whoever looks on: snapshots at a rate, events as they come, the journal. None of them makes a queue for a slow reader. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ServerWritableStream } from "@grpc/grpc-js";
import { MissileError } from "../../core/error.ts";
import type { DecisionEntry } from "../../core/snapshot.ts";
import type { Session, View } from "../../engine/session.ts";
import { snapshotDocument } from "../../export/index.ts";
import type { Event as EventMessage } from "../generated/missile/console/v1/Event.ts";
import type { JournalChunk } from "../generated/missile/console/v1/JournalChunk.ts";
import type { Snapshot as SnapshotMessage } from "../generated/missile/console/v1/Snapshot.ts";

type Watched = Pick<Session, "view" | "subscribe">;

/** Views of a run come no faster. */
const MOST_PER_S = 30;
/** Messages that may wait in this process for a reader: then it is slow. */
const MOST_WAITING = 2;

/** Calls `see` after each new view until the call is over. */
function whileOpen(call: ServerWritableStream<never, never>, run: Watched, see: () => void): void {
  const stop = run.subscribe(see);
  for (const event of ["cancelled", "close", "error"]) call.on(event, stop);
}

const isSlow = ({ writableLength, writableNeedDrain }: ServerWritableStream<never, never>): boolean =>
  writableNeedDrain || writableLength > MOST_WAITING;

/** JSON of the latest view, made once for all that watch. */
export class SnapshotText {
  private of: View | null = null;
  private text = "";
  /** Views so far. */
  count = 0;

  constructor(run: Watched) {
    run.subscribe(() => this.count++);
  }

  say(view: View): string {
    if (view !== this.of) this.text = JSON.stringify(snapshotDocument(view));
    this.of = view;
    return this.text;
  }
}

/** `ratePerS`: 0 is one. Throws MissileError "badArgument". */
export function watchSnapshots(
  call: ServerWritableStream<unknown, SnapshotMessage>,
  ratePerS: number,
  run: Watched,
  texts: SnapshotText,
): void {
  if (!(ratePerS >= 0 && ratePerS <= MOST_PER_S))
    throw new MissileError(`rate_per_s is 0 to ${MOST_PER_S}, not ${ratePerS}`, "badArgument");
  const everyMs = 1000 / (ratePerS === 0 ? 1 : ratePerS);
  let dueMs = performance.now();
  let dropped = 0;
  const see = (): void => {
    const nowMs = performance.now();
    if (nowMs < dueMs) return;
    // In step with the rate, but never in a hurry after a pause.
    dueMs = Math.max(dueMs + everyMs, nowMs);
    if (isSlow(call as never)) {
      dropped++;
      return;
    }
    call.write({ sequence: texts.count, dropped, json: texts.say(run.view()) });
    dropped = 0;
  };
  see();
  whileOpen(call as never, run, see);
}

const KINDS = { operator: "act", client: "client", scheduler: "decision", device: "warning" } as const;

const sayBy = ({ by, who }: DecisionEntry): string => (by === "scheduler" ? "" : (who ?? by));

/** What is written down from now on. Entries that the log has renewed or pushed out before they were sent are counted as dropped. */
export function watchEvents(call: ServerWritableStream<unknown, EventMessage>, run: Watched): void {
  const newest = (): number =>
    run.view().snapshot.log.reduce((most, { sequence }) => Math.max(most, sequence), -1);
  let last = newest();
  let lastNs = run.view().snapshot.atNs;
  const see = (): void => {
    const { snapshot } = run.view();
    // Another run begins at 0.
    if (snapshot.atNs < lastNs) last = -1;
    lastNs = snapshot.atNs;
    if (isSlow(call as never)) return;
    for (const entry of snapshot.log.filter(({ sequence }) => sequence > last)) {
      const { sequence, by, atNs, text } = entry;
      const dropped = sequence - last - 1;
      last = sequence;
      call.write({ sequence, dropped, atS: atNs / 1e9, kind: KINDS[by], by: sayBy(entry), text });
    }
  };
  whileOpen(call as never, run, see);
}

/** The journal as far as it is written. `path`: null: there is none. Rejects with MissileError "noJournal". */
export async function downloadJournal(
  call: ServerWritableStream<unknown, JournalChunk>,
  path: string | null,
): Promise<void> {
  if (path === null)
    throw new MissileError("the run keeps no journal: start the server with --journal FILE", "noJournal");
  const { size } = await stat(path);
  if (size === 0) return;
  const file = createReadStream(path, { end: size - 1 });
  const chunks = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<JournalChunk> {
    for await (const text of source) yield { text };
  };
  // A call is a Writable of objects, whatever its type says.
  await pipeline(file, chunks, call as unknown as Writable, { end: false });
}
