/** The journal of a run on the GPU, fed to the scheduler alone. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runHeadless } from "../../src/engine/headless.ts";
import { replay } from "../../src/engine/replay.ts";
import { loadMix } from "../../src/presets/index.ts";
import type { BenchGpu } from "./bench-gpu.ts";

export const replayTitle = `the journal of h200-micro on the GPU, replayed without it: the same commands?`;

export function replayed(bench: BenchGpu): void {
  const folder = mkdtempSync(join(tmpdir(), "missile-bench-"));
  const journalPath = join(folder, "gpu.journal");
  try {
    const seconds = bench.by({ full: 4, quick: 1, tiny: 0.1 });
    const { backend } = bench;
    runHeadless(loadMix(bench.mix), seconds, {
      backend,
      openDevice: bench.lend,
      warmupSeconds: 0,
      journalPath,
    });
    const megabytes = (statSync(journalPath).size / 1e6).toFixed(1);
    const { events, commands, difference, missingAtEnd } = replay(journalPath);
    console.log(`${seconds} s, ${megabytes} MB: ${events} events, ${commands} commands equal`);
    if (difference !== null) console.log(`the first difference: ${JSON.stringify(difference)}`);
    else
      console.log(missingAtEnd === 0 ? "no difference" : `${missingAtEnd} commands are missing at the end`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
