/** `missile-console doctor`: is there a GPU to run on, and what to do where there is none. */
import type { Command } from "commander";
import { surveyGpus } from "../../native/index.ts";
import { canRun, deviceFiles, type Finding, findingsOf, type Health } from "../doctor-findings.ts";
import { BadOutcome } from "../failure.ts";
import { printJson, printText } from "../print.ts";

const marks: Readonly<Record<Health, string>> = { good: "ok", limited: "--", missing: "no" };

function textOf(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ what }) => what.length));
  return findings
    .flatMap(({ what, health, says, remedy }) => [
      `${marks[health]}  ${what.padEnd(width)}  ${says}`,
      ...(remedy === undefined ? [] : [`    ${"".padEnd(width)}  -> ${remedy}`]),
    ])
    .join("\n");
}

const EXAMPLES = `
Exit code 0 where the GPU can be used, 1 otherwise.

Examples:
  missile-console doctor
  missile-console doctor --json`;

export function defineDoctor(command: Command): void {
  command
    .option("--json", "print as JSON")
    .addHelpText("after", EXAMPLES)
    .action(({ json }: { readonly json?: true }) => {
      const survey = surveyGpus();
      const findings = findingsOf(survey, deviceFiles());
      const usable = canRun(findings);
      if (json) printJson({ usable, findings, survey });
      else printText(`${textOf(findings)}\n${usable ? "A GPU can be used." : "No GPU can be used here."}`);
      if (!usable) throw new BadOutcome();
    });
}
