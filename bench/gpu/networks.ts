/** What networks take alone, as one graph, from the first byte of the input to the last of the output; and how far off they are. */
import type { LoweredNetwork } from "../../src/core/kernel.ts";
import type { Program } from "../../src/core/program.ts";
import { openCudaGpuAlone } from "../../src/engine/cuda-backend.ts";
import { LoneTenant } from "../../src/engine/lone-tenant.ts";
import { plannedNetworks } from "../../src/engine/networks.ts";
import { anyTimes, runOn } from "../../src/engine/run-on-gpu.ts";
import { type Column, table } from "../../src/engine/table.ts";
import { model, modelNames } from "../../src/models/index.ts";
import { anyInput, type CudaGpu, outputValues, type PortValues, runOnCpu } from "../../src/native/index.ts";
import type { Precision } from "../../src/plan/plan.ts";
import { quantile } from "../statistics.ts";
import type { BenchGpu } from "./bench-gpu.ts";

export const networksTitle = "networks alone, plain kernels as one graph, input and output copies included";

const BATCHES = [1, 16];
const WARM_UPS = 10;

interface Row {
  readonly name: string;
  readonly batch: number;
  readonly precision: string;
  readonly kernels: number;
  readonly error: number | null;
  readonly latenciesNs: Float64Array;
}

const ms = (ns: number): number => ns / 1e6;

const columns: readonly Column<Row>[] = [
  { title: "network", of: ({ name }) => name },
  { title: "batch", of: ({ batch }) => batch },
  { title: "precision", of: ({ precision }) => precision },
  { title: "kernels", of: ({ kernels }) => kernels },
  { title: "error", of: ({ error }) => (error === null ? "" : error.toExponential(1)) },
  { title: "p50 ms", of: ({ latenciesNs }) => ms(quantile(latenciesNs, 0.5)), digits: 3 },
  { title: "p99 ms", of: ({ latenciesNs }) => ms(quantile(latenciesNs, 0.99)), digits: 3 },
  { title: "inputs/s", of: ({ batch, latenciesNs }) => (batch * 1e9) / quantile(latenciesNs, 0.5) },
];

/** Largest difference of any output, in proportion to its largest value. */
function errorOf(got: PortValues, wanted: PortValues): number {
  let most = 0;
  for (const [name, values] of wanted) {
    const others = got.get(name)!;
    let largest = 0;
    for (const value of values) largest = Math.max(largest, Math.abs(value));
    for (const [index, value] of values.entries()) {
      const difference = Math.abs(value - others[index]!) / largest;
      most = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(most, difference);
    }
  }
  return most;
}

function judged(gpu: CudaGpu, network: LoweredNetwork): number {
  const program = network.program as Program;
  const inputs = outputValues({ ...program, outputs: program.inputs }, anyInput(program));
  return errorOf(runOn(gpu, network, inputs), runOnCpu(network, inputs));
}

function measure(gpu: CudaGpu, network: LoweredNetwork, requests: number): Float64Array {
  const tenant = new LoneTenant(gpu, anyTimes(network, gpu.spec));
  for (let warmUp = 0; warmUp < WARM_UPS; warmUp++) tenant.request({ isPlain: true });
  const latencies = Float64Array.from({ length: requests }, () => tenant.request({ isPlain: true }));
  tenant.release();
  return latencies.sort();
}

export function networks(bench: BenchGpu): void {
  const gpu = openCudaGpuAlone(bench.backend.ordinal, 0);
  const requests = bench.by({ full: 300, quick: 100, tiny: 3 });
  const names = modelNames().filter((name) => model(name).build !== null);
  const chosen = bench.by({ full: names, quick: ["resnet34", "mobilenetv3-large"], tiny: ["squeezenet1.1"] });
  const precisions = bench.by<readonly Precision[]>({
    full: ["tf32", "fp16"],
    quick: ["tf32"],
    tiny: ["tf32"],
  });
  const batches = bench.by({ full: BATCHES, quick: BATCHES, tiny: [1] });
  const rows: Row[] = [];
  for (const name of chosen)
    for (const precision of precisions)
      for (const batch of batches) {
        try {
          const { network } = plannedNetworks(gpu.spec.name)({
            model: name,
            batch,
            precision,
            vramKiB: null,
          });
          const error = batch === 1 ? judged(gpu, network) : null;
          const latenciesNs = measure(gpu, network, requests);
          rows.push({ name, batch, precision, kernels: network.kernels.length, error, latenciesNs });
        } catch (cause) {
          console.log(`${name} x${batch} in ${precision}: ${(cause as Error).message}`);
        }
      }
  gpu.close();
  console.log(table(columns, rows));
}
