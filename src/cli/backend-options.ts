/** The flags that choose what to run on. */
import { type Command, Option } from "commander";
import { BACKEND_NAMES, type BackendName } from "../engine/backend-choice.ts";
import { MOST_POOL_MIB } from "../engine/pool-size.ts";
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
