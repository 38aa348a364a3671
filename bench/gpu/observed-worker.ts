/**
 * The engine's worker as the console starts it, watched from beside: its garbage collections are counted, and the GPU that it opens
 * is asked for its statistics.
 */
import { PerformanceObserver } from "node:perf_hooks";
import { BroadcastChannel } from "node:worker_threads";
import { backends } from "../../src/engine/backends.ts";
import type { CudaGpu } from "../../src/native/index.ts";
import { OBSERVATIONS, type Observation } from "./observation.ts";

const collectionsMs: number[] = [];
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) collectionsMs.push(duration);
}).observe({ entryTypes: ["gc"] });

const { open } = backends.cuda;
const channel = new BroadcastChannel(OBSERVATIONS);
Object.assign(backends.cuda, {
  open: (...order: Parameters<typeof open>) => {
    const opened = open(...order);
    const gpu = opened.device as CudaGpu;
    channel.onmessage = () => {
      const observation: Observation = { statistics: gpu.statistics(), collectionsMs };
      channel.postMessage(observation);
    };
    return opened;
  },
});
await import("../../src/engine/worker.ts");
