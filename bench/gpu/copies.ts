/** Completely fair copies on the real GPU: bench/pcie.ts there. */
import { copyTable } from "../pcie.ts";
import type { BenchGpu } from "./bench-gpu.ts";

export const copiesTitle =
  "shares against nice and bandwidth by cfsPeriod, and a 1 MiB LS copy beside a flood and alone";

export function copies(bench: BenchGpu): void {
  const device = bench.lend();
  const { spec } = device;
  device.close();
  const [warmNs, measuredNs] = bench.by({ full: [1e9, 2e9], quick: [5e8, 1e9], tiny: [1e8, 5e8] }) as [
    number,
    number,
  ];
  const periods = bench.by({ full: undefined, quick: [64, 512, 4096, 65_536], tiny: [512, 65_536] });
  copyTable({ open: bench.lend, warmNs, measuredNs }, spec, periods);
}
