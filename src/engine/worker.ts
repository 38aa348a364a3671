/**
 * The engine's thread: runs one mix paced by the wall clock, does acts between slices, and sends views at screen rate.
 * An error that is no MissileError is a bug: it ends the thread, and the session says so.
 */
import { parentPort, workerData } from "node:worker_threads";
import { MissileError } from "../core/error.ts";
import { Engine } from "./engine.ts";
import { Pacer } from "./pacer.ts";
import { scavengeOnOneThread } from "./scavenges.ts";
import type { Act, View } from "./session.ts";
import type { FromWorker, Refusal, ToWorker, WorkerOrder } from "./worker-messages.ts";

/** Views a second: what a terminal shows. More would be drawn over before anyone saw them. */
const VIEW_HZ = 30;

scavengeOnOneThread();
if (parentPort === null) throw new Error("bug: engine/worker.ts must be started as a worker thread");
const port = parentPort;
const send = (message: FromWorker): void => port.postMessage(message);

/** What `work` refuses; null when it is done. Bugs pass through. */
function refusalOf(work: () => void): Refusal | null {
  try {
    work();
    return null;
  } catch (cause) {
    if (!(cause instanceof MissileError)) throw cause;
    return { message: cause.message, code: cause.code };
  }
}

function act(engine: Engine, pacer: Pacer, asked: Act): void {
  switch (asked.kind) {
    case "setPaused":
      pacer.setPaused(asked.paused);
      break;
    case "setSpeed":
      pacer.setSpeed(asked.factor);
      break;
    case "step":
      pacer.step();
      break;
    default:
      engine.act(asked);
  }
}

function serve(engine: Engine, pacer: Pacer): void {
  const view = (): View => ({ snapshot: engine.snapshot(), pace: pacer.pace });
  let mayView = false;
  let viewedMs = performance.now();

  const turn = (): void => {
    const waitMs = pacer.slice();
    const nowMs = performance.now();
    if (mayView && nowMs - viewedMs >= 1000 / VIEW_HZ) {
      mayView = false;
      viewedMs = nowMs;
      // What was seen is in the journal, even if this thread is stopped from outside.
      engine.flushJournal();
      send({ kind: "view", view: view() });
    }
    if (waitMs > 0) setTimeout(turn, waitMs);
    else setImmediate(turn);
  };

  port.on("message", (message: ToWorker) => {
    switch (message.kind) {
      case "act": {
        const refusal = refusalOf(() => act(engine, pacer, message.act));
        send({ kind: "acted", id: message.id, refusal });
        // Whoever acted waits to see it: the next view need not wait its turn.
        viewedMs = Number.NEGATIVE_INFINITY;
        return;
      }
      case "taken":
        mayView = true;
        return;
      case "close":
        process.exit(0);
    }
  });
  send({ kind: "ready", view: view() });
  turn();
}

const order = workerData as WorkerOrder;
const refusal = refusalOf(() => {
  const engine = new Engine(order.mix, { journalPath: order.journalPath });
  // Also after a throw: the journal of a run that found a bug is what replays it.
  process.on("exit", () => engine.close());
  serve(engine, new Pacer(engine, order.speed, () => performance.now()));
});
if (refusal !== null) send({ kind: "refused", refusal });
