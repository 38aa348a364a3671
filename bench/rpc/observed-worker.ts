/** The engine's worker as a server starts it, watched from beside: each step of its scheduler is timed. */
import { BroadcastChannel } from "node:worker_threads";
import { Scheduler } from "../../src/core/scheduler.ts";
import { STEPS } from "./steps.ts";

/** Steps that are kept: some ten seconds of them. */
const KEPT = 1 << 21;

const durationsUs = new Float32Array(KEPT);
let count = 0;

const { step } = Scheduler.prototype;
Scheduler.prototype.step = function timed(event, out) {
  const startMs = performance.now();
  step.call(this, event, out);
  durationsUs[count++ % KEPT] = (performance.now() - startMs) * 1e3;
};

const channel = new BroadcastChannel(STEPS);
channel.onmessage = () => {
  channel.postMessage(durationsUs.slice(0, Math.min(count, KEPT)));
  count = 0;
};
await import("../../src/engine/worker.ts");
