/** Whether what is measured of a kernel at loading depends on the kernel alone: one load after the other. */
import { asTenantId } from "../../src/core/ids.ts";
import type { KernelProfile } from "../../src/core/kernel.ts";
import { tpcCount } from "../../src/core/spec.ts";
import { type Column, table } from "../../src/engine/table.ts";
import { model } from "../../src/models/index.ts";
import { quantile } from "../statistics.ts";
import type { BenchGpu } from "./bench-gpu.ts";

export const profilesTitle =
  "kernels of a network, measured at each load: do they seem to need the same every time?";

/** Loads of a network. */
const LOADS = 5;

interface Row {
  readonly what: string;
  readonly profiles: readonly KernelProfile[];
}

const sorted = (values: readonly number[]): Float64Array => Float64Array.from(values).sort();

const spread = (title: string, of: (profile: KernelProfile) => number, digits = 0): Column<Row>[] =>
  [0, 0.5, 1].map((share, index) => ({
    title: index === 0 ? `${title} least` : index === 1 ? "median" : "most",
    of: ({ profiles }) => quantile(sorted(profiles.map(of)), share),
    digits,
  }));

const columns: readonly Column<Row>[] = [
  { title: "kernels", of: ({ what }) => what },
  ...spread("TPCs needed:", ({ tpcsNeeded }) => tpcsNeeded),
  ...spread("alone us:", ({ aloneNs }) => aloneNs / 1e3, 2),
];

export function profiles(bench: BenchGpu): void {
  const device = bench.lend();
  const names = bench.by({
    full: ["l2-resident", "micro-cnn", "fma"],
    quick: ["l2-resident", "micro-cnn"],
    tiny: ["fma"],
  });
  const rows = names.flatMap((name): Row[] => {
    const network = model(name).lowered(1);
    const startMs = performance.now();
    const loads = Array.from({ length: LOADS }, () => {
      const { kernels } = device.load(asTenantId(0), network);
      device.commands.release(asTenantId(0));
      return kernels;
    });
    const seconds = ((performance.now() - startMs) / 1e3 / LOADS).toFixed(2);
    console.log(`${name}: ${network.kernels.length} kernels measured in ${seconds} s`);
    // Equal kernels share a measurement.
    const kinds = new Map<string, number>();
    for (const [index, kernel] of network.kernels.entries()) {
      const kind = JSON.stringify({ ...kernel, name: "" });
      if (!kinds.has(kind)) kinds.set(kind, index);
    }
    return [...kinds.values()].map((index) => ({
      what: `${name} ${network.kernels[index]!.name}`,
      profiles: loads.map((kernels) => kernels[index]!),
    }));
  });
  console.log(`${LOADS} loads, of ${tpcCount(device.spec)} TPCs:`);
  console.log(table(columns, rows));
  device.close();
}
