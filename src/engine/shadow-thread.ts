/** Starts a shadow run in a thread of its own, and ends it when that is asked for. */
import { Worker } from "node:worker_threads";
import { MissileError } from "../core/error.ts";
import type { ShadowOrder } from "./shadow.ts";
import type { ShadowComparison } from "./shadow-figures.ts";
import type { Refusal } from "./worker-messages.ts";

export type FromShadow =
  | { readonly kind: "progress"; readonly share: number }
  | { readonly kind: "done"; readonly comparison: ShadowComparison }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/**
 * `progress` hears 0..1. Rejects with MissileError: "aborted" once the signal is given, "shadowDied", or what shadowOf refuses.
 * @param workerUrl the built shadow-worker.
 */
export async function runShadow(
  order: ShadowOrder,
  progress: (share: number) => void,
  signal: AbortSignal,
  workerUrl: URL,
): Promise<ShadowComparison> {
  const stopped = (): MissileError => new MissileError("the shadow run was stopped", "aborted");
  if (signal.aborted) throw stopped();
  const worker = new Worker(workerUrl, { workerData: order });
  let onAbort = (): void => {};
  try {
    return await new Promise((resolve, reject) => {
      onAbort = () => reject(stopped());
      signal.addEventListener("abort", onAbort);
      const die = (why: string): void =>
        reject(new MissileError(`the shadow run ended early: ${why}`, "shadowDied"));
      worker.once("error", (cause) => die((cause as Error).message));
      worker.once("exit", (code) => die(`exit code ${code}`));
      worker.on("message", (message: FromShadow) => {
        if (message.kind === "progress") progress(message.share);
        else if (message.kind === "done") resolve(message.comparison);
        else reject(new MissileError(message.refusal.message, message.refusal.code));
      });
    });
  } finally {
    signal.removeEventListener("abort", onAbort);
    void worker.terminate();
  }
}
