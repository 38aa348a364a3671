/** The thread of a shadow run: it does one, says how far it is and what it has found, and ends. */
import { parentPort, workerData } from "node:worker_threads";
import { MissileError } from "../core/error.ts";
import { scavengeOnOneThread } from "./scavenges.ts";
import { type ShadowOrder, shadowOf } from "./shadow.ts";
import type { FromShadow } from "./shadow-thread.ts";

scavengeOnOneThread();
const send = (message: FromShadow): void => parentPort?.postMessage(message);

/** Wall ms between words on how far it is, after the first. */
const WORD_MS = 50;

let saidMs = Number.NEGATIVE_INFINITY;
const progress = (share: number): void => {
  const nowMs = performance.now();
  if (nowMs - saidMs < WORD_MS) return;
  saidMs = nowMs;
  send({ kind: "progress", share });
};

try {
  send({ kind: "done", comparison: shadowOf(workerData as ShadowOrder, progress) });
} catch (cause) {
  if (!(cause instanceof MissileError)) throw cause;
  send({ kind: "refused", refusal: { message: cause.message, code: cause.code } });
}
