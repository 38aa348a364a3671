/** Whether what is measured of a kernel at loading depends on the kernel alone: equal ones of a network beside one another. */
import { asTenantId } from "../../src/core/ids.ts";
import type { KernelProfile } from "../../src/core/kernel.ts";
import { tpcCount } from "../../src/core/spec.ts";
import { type Column, table } from "../../src/engine/table.ts";
import { model } from "../../src/models/index.ts";
import { quantile } from "../statistics.ts";
import type { BenchGpu } from "./bench-gpu.ts";

export const profilesTitle =
  "equal kernels of a network, each measured for itself at loading: do they seem to need the same?";

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
  { title: "how many", of: ({ profiles }) => profiles.length },
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
    const { kernels } = device.load(asTenantId(0), network);
    const seconds = ((performance.now() - startMs) / 1e3).toFixed(2);
    console.log(`${name}: ${kernels.length} kernels measured in ${seconds} s`);
    device.commands.release(asTenantId(0));
    const groups = new Map<string, KernelProfile[]>();
    for (const [index, profile] of kernels.entries()) {
      const kernel = JSON.stringify({ ...network.kernels[index], name: "" });
      groups.set(kernel, [...(groups.get(kernel) ?? []), profile]);
    }
    return [...groups.values()].map((group) => ({ what: `${name} ${group[0]!.name}`, profiles: group }));
  });
  console.log(`of ${tpcCount(device.spec)} TPCs:`);
  console.log(
    table(
      columns,
      rows.filter(({ profiles }) => profiles.length > 1),
    ),
  );
  device.close();
}
