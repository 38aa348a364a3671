/** `npm run bench:gpu -- [--quick] [SECTION...]`: what the real GPU does, in tables that are kept in bench/results. */
import { parseArgs } from "node:util";
import { MissileError } from "../../src/core/error.ts";
import { MOST_POOL_MIB } from "../../src/engine/pool-size.ts";
import { scavengeOnOneThread } from "../../src/engine/scavenges.ts";
import { surveyGpus } from "../../src/native/index.ts";
import { BenchGpu, type Effort } from "./bench-gpu.ts";
import { bits, bitsTitle } from "./bits.ts";
import { channels, channelsTitle } from "./channels.ts";
import { copies, copiesTitle } from "./copies.ts";
import { decisions, decisionsTitle } from "./decisions.ts";
import { faults, faultsTitle } from "./faults.ts";
import { mixes, mixesTitle } from "./mixes.ts";
import { networks, networksTitle } from "./networks.ts";
import { preemption, preemptionTitle } from "./preemption.ts";
import { profiles, profilesTitle } from "./profiles.ts";
import { proof, proofTitle, trace, traceTitle } from "./proof.ts";
import { replayed, replayTitle } from "./replay.ts";
import { tails, tailsTitle } from "./tails.ts";

interface Section {
  readonly title: string;
  readonly run: (bench: BenchGpu) => void | Promise<void>;
  /** It opens the GPU by itself. */
  readonly alone?: true;
}

const sections: Readonly<Record<string, Section>> = {
  decisions: { title: decisionsTitle, run: decisions, alone: true },
  preemption: { title: preemptionTitle, run: preemption },
  copies: { title: copiesTitle, run: copies },
  channels: { title: channelsTitle, run: channels },
  networks: { title: networksTitle, run: networks, alone: true },
  bits: { title: bitsTitle, run: bits, alone: true },
  profiles: { title: profilesTitle, run: profiles },
  tails: { title: tailsTitle, run: tails },
  mixes: { title: mixesTitle, run: mixes },
  proof: { title: proofTitle, run: proof },
  trace: { title: traceTitle, run: trace },
  replay: { title: replayTitle, run: replayed },
  faults: { title: faultsTitle, run: faults, alone: true },
};

const USAGE = `usage: npm run bench:gpu -- [--quick | --tiny] [--gpu N] [--pool-mib N] [SECTION...]
sections: ${Object.keys(sections).join(", ")}`;

function header(ordinal: number): string {
  const { gpus, driverVersion, cudaVersion, driverProblem } = surveyGpus();
  const gpu = gpus[ordinal];
  if (gpu === undefined) throw new MissileError(`there is no GPU ${ordinal}: ${driverProblem}`, "noSuchGpu");
  const cuda = `${Math.floor(cudaVersion / 1000)}.${Math.floor((cudaVersion % 1000) / 10)}`;
  const { nvml } = gpu;
  const clocks =
    typeof nvml === "string"
      ? nvml
      : `SM ${nvml.smMhz} of ${nvml.smMaxMhz} MHz, memory ${nvml.memoryMhz} of ${nvml.memoryMaxMhz} MHz before; ` +
        `${nvml.celsius} C, PCIe ${nvml.pcieGeneration} x${nvml.pcieLanes}`;
  return [
    `${new Date().toISOString()}  ${gpu.name}, ${gpu.sms} SMs, driver ${driverVersion}, CUDA ${cuda}`,
    `${clocks}; Node.js ${process.version}`,
    `npm run bench:gpu -- ${process.argv.slice(2).join(" ")}`.trimEnd(),
  ].join("\n");
}

function chosen(): { bench: BenchGpu; names: readonly string[] } {
  const { values, positionals } = parseArgs({
    options: {
      quick: { type: "boolean" },
      tiny: { type: "boolean" },
      gpu: { type: "string", default: "0" },
      "pool-mib": { type: "string", default: `${MOST_POOL_MIB}` },
    },
    allowPositionals: true,
  });
  const unknown = positionals.find((name) => !Object.hasOwn(sections, name));
  if (unknown !== undefined) throw new Error(`no section "${unknown}"`);
  const effort: Effort = values.tiny ? "tiny" : values.quick ? "quick" : "full";
  const backend = {
    backend: "cuda",
    ordinal: Number(values.gpu),
    poolMiB: Number(values["pool-mib"]),
  } as const;
  return {
    bench: new BenchGpu(effort, backend),
    names: positionals.length > 0 ? positionals : Object.keys(sections),
  };
}

/** Whether it ended well. One that fails does not keep the others from running. */
async function runSection(name: string, bench: BenchGpu): Promise<boolean> {
  const { title, run, alone } = sections[name]!;
  console.log(`\n== ${name}: ${title}`);
  const startMs = performance.now();
  try {
    if (alone) bench.close();
    await run(bench);
    console.log(`(${((performance.now() - startMs) / 1e3).toFixed(1)} s)`);
    return true;
  } catch (cause) {
    console.log(`failed: ${cause instanceof MissileError ? cause.message : (cause as Error).stack}`);
    // Nobody knows what is still on the GPU.
    bench.close();
    return false;
  }
}

scavengeOnOneThread();
try {
  const { bench, names } = chosen();
  console.log(header(bench.backend.ordinal));
  let failed = 0;
  for (const name of names) failed += (await runSection(name, bench)) ? 0 : 1;
  bench.close();
  process.exitCode = failed > 0 ? 1 : 0;
} catch (cause) {
  console.error(`${(cause as Error).message}\n${USAGE}`);
  process.exitCode = 2;
}
