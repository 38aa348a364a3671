/** The flags that choose what to run on, and whether this machine has it. */
import { type Command, Option } from "commander";
import { MissileError } from "../core/error.ts";
import { BACKEND_NAMES, type BackendName, type BackendOptions, SIMULATED } from "../engine/backends.ts";
import { MOST_POOL_MIB } from "../engine/pool-size.ts";
import { surveyedGpu } from "../engine/surveyed-gpu.ts";
import { surveyGpus } from "../native/index.ts";
import { deviceFiles, findingsOf, presetFinding } from "./doctor-findings.ts";
import { sayAside } from "./failure.ts";
import { wholeNumber } from "./number-arguments.ts";

/** Without defaults of commander's: the console's would win over what stands behind another command. */
export interface BackendFlags {
  readonly backend?: BackendName;
  readonly poolMib?: number;
  /** Of a real GPU: its number. */
  readonly gpu?: string;
}

export function addBackendOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--backend <name>",
        "a simulated GPU (sim, the default), or a real one in real time",
      ).choices(BACKEND_NAMES),
    )
    .option(
      "--pool-mib <n>",
      `real GPU: coloured memory; 0: none (default: as the mix needs, at most ${MOST_POOL_MIB})`,
      wholeNumber(0),
    );
}

function ordinalOf(gpu: string | undefined): number {
  if (gpu === undefined) return 0;
  if (/^\d+$/.test(gpu)) return Number(gpu);
  throw new MissileError(`--gpu names a real GPU by its number (see doctor), not "${gpu}"`, "noSuchGpu");
}

/** Throws MissileError with the first thing that is missing for a real GPU. What is only worth knowing goes to stderr. */
export function chosenBackend({ backend, poolMib, gpu }: BackendFlags): BackendOptions {
  if (backend !== "cuda") return SIMULATED;
  const ordinal = ordinalOf(gpu);
  const survey = surveyGpus();
  const missing = findingsOf(survey, deviceFiles()).find(({ health }) => health === "missing");
  if (missing !== undefined) {
    const { what, says, remedy } = missing;
    throw new MissileError(
      `no GPU can be used here: ${what}: ${says}; ${remedy} (see doctor)`,
      "gpuUnusable",
    );
  }
  const facts = survey.gpus[ordinal];
  if (facts === undefined) {
    throw new MissileError(
      `there is no GPU ${ordinal}; there are ${survey.gpus.length} (see doctor)`,
      "noSuchGpu",
    );
  }
  const finding = presetFinding(facts, surveyedGpu(facts));
  if (finding.health !== "good") sayAside(finding.says);
  return { backend, ordinal, poolMiB: poolMib ?? null };
}
