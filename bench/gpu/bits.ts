/** Whether networks compute the same bits however their requests run: evicted, in VRAM channels of their own, with parameters that come in meanwhile. */
import type { LoweredNetwork } from "../../src/core/kernel.ts";
import type { Program } from "../../src/core/program.ts";
import { openCudaGpuAlone } from "../../src/engine/cuda-backend.ts";
import { plannedNetworks } from "../../src/engine/networks.ts";
import { type GpuRunOptions, runOn } from "../../src/engine/run-on-gpu.ts";
import { type Column, table } from "../../src/engine/table.ts";
import { model, modelNames } from "../../src/models/index.ts";
import { anyInput, type CudaGpu, outputValues, type PortValues } from "../../src/native/index.ts";
import type { Precision } from "../../src/plan/plan.ts";
import type { BenchGpu } from "./bench-gpu.ts";

export const bitsTitle = "bits that are other than those of plain kernels, of each way to run a request";

const WAYS = {
  elastic: { isPlain: false },
  evicted: { isPlain: false, evictions: 10 },
  coloured: { isPlain: true, isColoured: true },
  "coloured, evicted": { isPlain: false, evictions: 10, isColoured: true },
} as const satisfies Readonly<Record<string, GpuRunOptions>>;
/** Of the parameters that lie in VRAM where they are streamed; at least what one kernel reads. */
const STREAMED_SHARE = 0.6;

/** What came of each way: "same", "OTHER", or why it could not be run. */
type Row = Readonly<Record<string, string>>;

const columns: readonly Column<Row>[] = ["network", "precision", ...Object.keys(WAYS), "streamed"].map(
  (title) => ({
    title,
    of: (row) => row[title]!,
  }),
);

function isSame(one: PortValues, other: PortValues): boolean {
  return [...one].every(([name, values]) => {
    const others = other.get(name);
    return others !== undefined && Buffer.from(values.buffer).equals(Buffer.from(others.buffer));
  });
}

function tried(run: () => PortValues, wanted: PortValues): string {
  try {
    return isSame(run(), wanted) ? "same" : "OTHER";
  } catch (cause) {
    return (cause as Error).message;
  }
}

function rowOf(gpu: CudaGpu, name: string, precision: Precision): Row {
  const networks = plannedNetworks(gpu.spec.name);
  const planned = (vramKiB: number | null): LoweredNetwork =>
    networks({ model: name, batch: 1, precision, vramKiB }).network;
  const network = planned(null);
  const program = network.program as Program;
  const inputs = outputValues({ ...program, outputs: program.inputs }, anyInput(program));
  const wanted = runOn(gpu, network, inputs);
  const ways = Object.entries(WAYS).map(([way, options]) => [
    way,
    tried(() => runOn(gpu, network, inputs, options), wanted),
  ]);
  const parameters = program.storages.find(({ use }) => use === "parameters")!;
  const leastBytes = Math.max(...network.kernels.map(({ weightBytes }) => weightBytes));
  const vramKiB = Math.ceil(Math.max(parameters.sizeBytes * STREAMED_SHARE, leastBytes) / 1024);
  const streamed = tried(() => runOn(gpu, planned(vramKiB), inputs, { isPlain: false }), wanted);
  return { network: name, precision, ...Object.fromEntries(ways), streamed };
}

export function bits(bench: BenchGpu): void {
  const names = modelNames().filter((name) => model(name).build !== null);
  const chosen = bench.by({ full: names, quick: ["resnet34", "mobilebert"], tiny: ["squeezenet1.1"] });
  const precisions = bench.by<readonly Precision[]>({
    full: ["tf32", "fp16"],
    quick: ["tf32"],
    tiny: ["tf32"],
  });
  // Twice what the largest one stores, since a tenant has half of the channels.
  const gpu = openCudaGpuAlone(bench.backend.ordinal, bench.by({ full: 2048, quick: 512, tiny: 64 }));
  try {
    const rows = chosen.flatMap((name) => precisions.map((precision) => rowOf(gpu, name, precision)));
    console.log(table(columns, rows));
  } finally {
    gpu.close();
  }
}
