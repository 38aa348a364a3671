/**
 * The engine's thread: runs one mix at the pace of the wall clock, does acts between slices, and sends views at screen rate.
 * An error that is no MissileError is a bug: it ends the thread, and the session says so.
 */
import { parentPort, workerData } from "node:worker_threads";
import { MissileError } from "../core/error.ts";
import type { Snapshot, TenantDetail } from "../core/snapshot.ts";
import { backends } from "./backends.ts";
import { Doorbell } from "./doorbell.ts";
import { Engine } from "./engine.ts";
import { Pacer } from "./pacer.ts";
import { RealTimePacer } from "./real-time-pacer.ts";
import { scavengeOnOneThread } from "./scavenges.ts";
import type { Act, View } from "./session.ts";
import type {
  Answers,
  Constant,
  FromWorker,
  Question,
  Refusal,
  ToWorker,
  WorkerOrder,
} from "./worker-messages.ts";

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

function answer(engine: Engine, question: Question): Answers[Question["kind"]] {
  switch (question.kind) {
    case "mix":
      return engine.mix();
    case "tenantConfig":
      return engine.tenantConfig(question.tenant);
    case "recording":
      return engine.recording();
  }
}

function serve(engine: Engine, pacer: Driver): void {
  const { backend } = order.backend;
  let watched: number | null = null;
  /** Slow requests that the other side has: they are sent once. */
  let told: readonly number[] = [];
  const viewOf = (snapshot: Snapshot, detail: TenantDetail | null): Omit<View, Constant> => ({
    backend,
    snapshot,
    pace: pacer.pace,
    health: engine.health(),
    detail,
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
        sendRest(piece.value, watched === null ? null : engine.detail(watched));
        return;
      }
      send({ kind: "row", row: piece.value });
    }
  };

  const sendRest = (snapshot: Snapshot, whole: TenantDetail | null): void => {
    const slow = whole?.slowest ?? [];
    for (const request of slow) {
      if (told.includes(request.id)) continue;
      pacer.breathe();
      send({ kind: "slow", request });
    }
    told = slow.map(({ id }) => id);
    pacer.breathe();
    const tenants = snapshot.tenants.map(({ id }) => id);
    const detail = whole === null ? null : { ...whole, slowest: [] };
    send({
      kind: "view",
      parts: { view: viewOf({ ...snapshot, tenants: [] }, detail), tenants, slowest: told },
    });
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
        if (refusal === null) send({ kind: "answered", id: message.id, answer: null });
        else send({ kind: "declined", id: message.id, refusal });
        // Whoever acted waits to see it: the next view need not wait its turn.
        viewedMs = Number.NEGATIVE_INFINITY;
        return;
      }
      case "ask": {
        const { id, question } = message;
        const refusal = refusalOf(() => send({ kind: "answered", id, answer: answer(engine, question) }));
        if (refusal !== null) send({ kind: "declined", id, refusal });
        return;
      }
      case "watch":
        watched = message.tenant;
        return;
      case "taken":
        mayView = true;
        return;
      case "close":
        process.exit(0);
    }
  });
  const first = { ...viewOf(engine.snapshot(), null), gpu: engine.gpu, mix: order.mix.name };
  send({ kind: "ready", view: first });
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
