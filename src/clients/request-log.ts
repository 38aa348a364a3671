/**
 * The log of a client, in Missile's form: CSV without a header, one line for each request that was answered, in the order of the answers:
 *
 *     enqueue_epoch_ms,submit_epoch_ms,finish_epoch_ms,inference_ms,total_ms,Accept|Reject
 *
 * Epochs are whole ms since 1970. inference_ms is from submit to finish, total_ms from enqueue to finish, both to the microsecond.
 * The form has no word for a request that failed, so these are counted and told, not logged.
 */
import { createWriteStream, openSync, type WriteStream } from "node:fs";
import { MissileError } from "../core/error.ts";
import { reasonOf } from "../presets/index.ts";
import { epochMs } from "./clock.ts";
import type { Answered } from "./sender.ts";

const NS_PER_US = 1e3;
const US_PER_MS = 1e3;

const wholeEpochMs = (atNs: number): number => Math.floor(epochMs(atNs));
const msOf = (ns: number): number => Math.round(ns / NS_PER_US) / US_PER_MS;

/** A request as a line of the log, without its end. */
export function logLine({ enqueuedNs, submittedNs, finishedNs, answer }: Answered): string {
  return [
    wholeEpochMs(enqueuedNs),
    wholeEpochMs(submittedNs),
    wholeEpochMs(finishedNs),
    msOf(finishedNs - submittedNs),
    msOf(finishedNs - enqueuedNs),
    answer === "rejected" ? "Reject" : "Accept",
  ].join(",");
}

export class RequestLog {
  private readonly stream: WriteStream;
  /** Rejects with MissileError "logNotWritable" once it cannot be written; never resolves. */
  readonly broken: Promise<never>;

  /** Replaces a file that is there. Throws MissileError ("logNotWritable"). */
  constructor(path: string) {
    const complaint = (cause: unknown): MissileError =>
      new MissileError(`${path}: the log cannot be written (${reasonOf(cause)})`, "logNotWritable");
    let fd: number;
    try {
      fd = openSync(path, "w");
    } catch (cause) {
      throw complaint(cause);
    }
    this.stream = createWriteStream(path, { fd });
    this.broken = new Promise((_, reject) => {
      this.stream.on("error", (cause) => reject(complaint(cause)));
    });
    this.broken.catch(() => {});
  }

  write(request: Answered): void {
    if (request.answer !== "failed") this.stream.write(`${logLine(request)}\n`);
  }

  /** Resolves once every line is in the file, or it has broken. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.stream.destroyed) return resolve();
      this.stream.once("close", resolve);
      this.stream.end();
    });
  }
}
