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
import type { RequestBatch } from "./inference-desk.ts";
import { Pacer } from "./pacer.ts";
import { RealTimePacer } from "./real-time-pacer.ts";
import { scavengeOnOneThread } from "./scavenges.ts";
import type { Act } from "./session.ts";
import type {
  Answer,
  Answers,
  FromWorker,
  Question,
  Refusal,
  ToWorker,
  ViewParts,
  WorkerOrder,
} from "./worker-messages.ts";

/**
 * Wall ms between slices while clients outside wait for their requests. Too large: they hear of the end that much later. Too small: the
 * thread does nothing but look.
 */
const CLIENT_TICK_MS = 0.25;

/** Wall ms between views: some 30 a second is what a terminal shows. More would be drawn over before anyone saw them. */
const VIEW_MS = 33;

scavengeOnOneThread();
if (parentPort === null) throw new Error("bug: engine/worker.ts must be started as a worker thread");
const port = parentPort;
const send = (message: FromWorker, transfer: readonly ArrayBuffer[] = []): void =>
  port.postMessage(message, transfer);

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

/** Answers with what `work` returns, or with what it refuses. */
function reply(id: number, work: () => Answer): void {
  const refusal = refusalOf(() => send({ kind: "answered", id, answer: work() }));
  if (refusal !== null) send({ kind: "declined", id, refusal });
}

type Driver = Pick<Pacer, "pace" | "setPaused" | "setSpeed" | "step" | "slice" | "breathe" | "catchUp">;

function act(engine: Engine, pacer: Driver, asked: Act, who: string): void {
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
      engine.act(asked, who);
      return;
  }
  engine.notePace(asked, who);
}

function answer(engine: Engine, question: Question): Answers[Question["kind"]] {
  switch (question.kind) {
    case "mix":
      return engine.mix();
    case "tenantConfig":
      return engine.tenantConfig(question.tenant);
    case "recording":
      return engine.recording();
    case "kernels":
      return engine.kernels(question.tenant);
  }
}

/** Takes requests from outside, and drops those for which nobody waits. */
function takeRequests(engine: Engine, { sent, cancelled }: RequestBatch): void {
  for (let at = 0; at < sent.length; at += 2) {
    const ticket = sent[at]!;
    const refusal = refusalOf(() => engine.infer(ticket, sent[at + 1]!));
    if (refusal !== null) send({ kind: "requestRefused", ticket, refusal });
  }
  for (const ticket of cancelled) engine.cancel(ticket);
}

function serve(engine: Engine, pacer: Driver, doorbell: Doorbell): void {
  const { backend } = order.backend;
  let watched: number | null = null;
  let withBlocks = false;
  /** Where the watched tenant's blocks lie, as the other side has it. */
  let toldBlocks: Float64Array | null = null;
  /** Slow requests that the other side has: they are sent once. */
  let told: readonly number[] = [];
  const viewOf = (snapshot: Snapshot, detail: TenantDetail | null): ViewParts["view"] => ({
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
    const blocks = watched !== null && withBlocks ? engine.blocks(watched) : null;
    if (blocks !== null && blocks !== toldBlocks) {
      send({ kind: "blocks", numbers: blocks });
      toldBlocks = blocks;
    }
    pacer.breathe();
    const tenants = snapshot.tenants.map(({ id }) => id);
    const detail = whole === null ? null : { ...whole, slowest: [] };
    send({
      kind: "view",
      parts: {
        view: viewOf({ ...snapshot, tenants: [] }, detail),
        tenants,
        slowest: told,
        hasBlocks: blocks !== null,
      },
    });
  };

  const tellEnds = (): void => {
    const ends = engine.takeEnds();
    if (ends.length === 0) return;
    const outputs = engine.takeOutputs();
    send(
      { kind: "requestsEnded", ends, outputs },
      outputs.map(([, { buffer }]) => buffer),
    );
  };

  /** Null: the next turn comes by itself, at once. */
  let timer: NodeJS.Timeout | null = null;
  const turnAfter = (waitMs: number): void => {
    timer = null;
    if (waitMs > 0 && engine.isAwaited && !pacer.pace.paused) {
      doorbell.wait(CLIENT_TICK_MS);
      doorbell.hush();
      setImmediate(turn);
    } else if (waitMs > 0) timer = setTimeout(turn, waitMs);
    else setImmediate(turn);
  };

  const turn = (): void => {
    const waitMs = pacer.slice();
    tellEnds();
    const nowMs = performance.now();
    if (mayView && nowMs - viewedMs >= VIEW_MS) {
      mayView = false;
      viewedMs = nowMs;
      sendView();
    }
    turnAfter(waitMs);
  };

  port.on("message", (message: ToWorker) => {
    switch (message.kind) {
      case "act": {
        const refusal = refusalOf(() => act(engine, pacer, message.act, message.who));
        if (refusal === null) send({ kind: "answered", id: message.id, answer: null });
        else send({ kind: "declined", id: message.id, refusal });
        // Whoever acted waits to see it: the next view need not wait its turn.
        viewedMs = Number.NEGATIVE_INFINITY;
        return;
      }
      case "ask":
        reply(message.id, () => answer(engine, message.question));
        return;
      case "bring":
        reply(message.id, () => engine.bring(message.config, message.client));
        return;
      case "setInput":
        reply(message.id, () => {
          engine.setInput(message.tenancy, message.bytes);
          return null;
        });
        return;
      case "wantOutputs":
        reply(message.id, () => {
          engine.wantOutputs(message.tenancy);
          return null;
        });
        return;
      case "dismiss":
        engine.dismiss(message.tenancy);
        send({ kind: "answered", id: message.id, answer: null });
        tellEnds();
        return;
      case "noteRefused":
        engine.noteRefused(message.client, message.text);
        return;
      case "requests":
        pacer.catchUp();
        takeRequests(engine, message);
        tellEnds();
        if (timer === null) return;
        clearTimeout(timer);
        turnAfter(0);
        return;
      case "watch":
        watched = message.tenant;
        withBlocks = message.withBlocks;
        return;
      case "taken":
        mayView = true;
        return;
      case "close":
        process.exit(0);
    }
  });
  const first = { ...viewOf(engine.snapshot(), null), blocks: null, gpu: engine.gpu, mix: order.mix.name };
  send({ kind: "ready", view: first });
  turn();
}

const order = workerData as WorkerOrder;
const refusal = refusalOf(() => {
  const { mix, journalPath, backend, speed } = order;
  const doorbell = new Doorbell(order.doorbell);
  const engine = new Engine(mix, {
    journalPath,
    outlivesJournal: true,
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
    doorbell,
  );
});
if (refusal !== null) send({ kind: "refused", refusal });
