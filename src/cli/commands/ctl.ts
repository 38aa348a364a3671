/** `missile-console ctl`: acts and looks for scripts, on a run elsewhere. */
import { type Command, Option } from "commander";
import { FIRST_PORT, LOOPBACK } from "../../rpc/address.ts";
import { addConnectOptions } from "../connect-options.ts";
import type { CtlFlags } from "../ctl.ts";
import { numberFromZero, wholeNumber } from "../number-arguments.ts";

const LOOKS = `
Beside the actions, which \`ctl\` alone lists:
  version             what runs there, and what you may do
  snapshot            the run as JSON (docs/snapshot.schema.json); --count and --per-second for more than one
  events              decisions, acts and warnings as they come
  mix                 the run as a mix, in YAML
  journal             the journal as far as it is written

Examples:
  missile-console ctl nice camera --nice 200000
  missile-console ctl policy --policy orion --preview
  missile-console ctl remove lidar --how drain --yes --at gpu1:34543 --ca ca.crt --token-file token
  missile-console ctl events --count 10 --json

Exit codes: 0 done; 1 not done, or no server; 2 the command is wrong or refused.`;

export function defineCtl(command: Command): void {
  command
    .argument("[action]", "an action of the console, or one of those below")
    .argument("[words...]", "tenants, and --ARGUMENT VALUE of the action")
    .addOption(new Option("--at <address>", "HOST:PORT or unix:PATH").default(`${LOOPBACK}:${FIRST_PORT}`))
    .option("--yes", "do it although it disturbs running tenants")
    .option("--preview", "only say what it would do")
    .option("--json", "answer in JSON")
    .option("--per-second <n>", "snapshots a second", numberFromZero, 1)
    .option("--count <n>", "snapshots (default: 1) or events (default: all) before it ends", wholeNumber(1))
    .allowUnknownOption();
  addConnectOptions(command)
    .addHelpText("after", LOOKS)
    .action(async (action: string | undefined, words: readonly string[]) => {
      const { ctl } = await import("../ctl.ts");
      await ctl(action, words, command.optsWithGlobals<CtlFlags>());
    });
}
