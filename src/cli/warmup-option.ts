/** `--warmup SECONDS`: of a run whose figures are asked for. */
import { Option } from "commander";
import { WARMUP_SECONDS } from "../engine/headless.ts";
import { numberFromZero } from "./number-arguments.ts";

export const warmupOption = (): Option =>
  new Option("--warmup <s>", "seconds before the figures begin: first requests bring all parameters")
    .argParser(numberFromZero)
    .default(WARMUP_SECONDS);
