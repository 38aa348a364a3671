/**
 * The engine's thread: runs one mix at the pace of the wall clock, does acts between slices, and sends views at screen rate.
 * An error that is no MissileError is a bug: it ends the thread, and the session says so.
 */
import { parentPort, workerData } from "node:worker_threads";
import { MissileError } from "../core/error.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { backends } from "./backends.ts";
import { Doorbell } from "./doorbell.ts";
import { Engine } from "./engine.ts";
import { Pacer } from "./pacer.ts";
import { RealTimePacer } from "./real-time-pacer.ts";
import { scavengeOnOneThread } from "./scavenges.ts";
import type { Act, View } from "./session.ts";
import type { FromWorker, Refusal, ToWorker, WorkerOrder } from "./worker-messages.ts";

/** Wall ms between views: some 30 a second is what a terminal shows. More would be drawn over before anyone saw them. */
const VIEW_MS = 33;

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

type Driver = Pick<Pacer, "pace" | "setPaused" | "setSpeed" | "step" | "slice" | "breathe">;

function act(engine: Engine, pacer: Driver, asked: Act): void {
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

function serve(engine: Engine, pacer: Driver): void {
  const { backend } = order.backend;
  const viewOf = (snapshot: Snapshot): View => ({
    backend,
    snapshot,
    pace: pacer.pace,
    health: engine.health(),
  });
  let mayView = false;
  let viewedMs = performance.now();

  /** In pieces, so that a real GPU never waits for a whole view. */
  const sendView = (): void => {
    // What was seen is in the journal, even if this thread is stopped from outside.
    engine.flushJournal();
    const pieces = engine.snapshotPieces();
    for (;;) {
      pacer.breathe();
      const piece = pieces.next();
      if (piece.done === true) {
        pacer.breathe();
        const { tenants, ...rest } = piece.value;
        send({ kind: "view", view: viewOf({ ...rest, tenants: [] }), tenants: tenants.map(({ id }) => id) });
        return;
      }
      send({ kind: "row", row: piece.value });
    }
  };

  const turn = (): void => {
    const waitMs = pacer.slice();
    const nowMs = performance.now();
    if (mayView && nowMs - viewedMs >= VIEW_MS) {
      mayView = false;
      viewedMs = nowMs;
      sendView();
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
  send({ kind: "ready", view: viewOf(engine.snapshot()) });
  turn();
}

const order = workerData as WorkerOrder;
const refusal = refusalOf(() => {
  const { mix, journalPath, backend, speed } = order;
  const doorbell = new Doorbell(order.doorbell);
  const engine = new Engine(mix, {
    journalPath,
    backend,
    doorbell,
    opening: (text) => send({ kind: "opening", text }),
  });
  // Also after a throw: the journal of a run that found a bug is what replays it.
  process.on("exit", () => engine.close());
  const { isReal } = backends[backend.backend];
  serve(
    engine,
    isReal ? new RealTimePacer(engine, doorbell) : new Pacer(engine, speed, () => performance.now()),
  );
});
if (refusal !== null) send({ kind: "refused", refusal });
