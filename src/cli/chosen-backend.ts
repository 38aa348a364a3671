/** What the flags say to run on, if this machine has it. */
import { MissileError } from "../core/error.ts";
import { type BackendOptions, SIMULATED } from "../engine/backend-choice.ts";
import { surveyedGpu } from "../engine/surveyed-gpu.ts";
import { surveyGpus } from "../native/index.ts";
import type { BackendFlags } from "./backend-options.ts";
import { deviceFiles, findingsOf, presetFinding } from "./doctor-findings.ts";
import { sayAside } from "./failure.ts";

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
