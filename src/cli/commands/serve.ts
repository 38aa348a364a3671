/** `missile-console serve`: a run without a screen, for clients and for consoles elsewhere. */
import type { Command } from "commander";
import { FIRST_PORT, LOOPBACK } from "../../rpc/address.ts";
import { addAccessOptions } from "../access-options.ts";
import { metricsOption } from "../metrics-option.ts";
import { addMixOptions, journalOption, policyOption } from "../mix-options.ts";
import { positiveNumber } from "../number-arguments.ts";
import type { ServeFlags } from "../serve.ts";

const DEFAULT_ADDRESS = `${LOOPBACK}:${FIRST_PORT}`;

const EXAMPLES = `
Examples:
  missile-console serve                                  the mix "apollo", for this machine, on ${DEFAULT_ADDRESS}
  missile-console serve --mix be-heavy --listen unix:/run/user/1000/missile.sock
  missile-console certs trial && missile-console serve --listen 0.0.0.0:34543 \\
    --tls-cert trial/server.crt --tls-key trial/server.key --client-ca trial/ca.crt

docs/server.md has more.`;

export function defineServe(command: Command): void {
  command
    .option("--mix <name|file>", "a preset mix (see `list mixes`), or a YAML file")
    .option("--listen <address>", "HOST:PORT or unix:PATH", DEFAULT_ADDRESS)
    .option("--speed <x>", "simulated seconds a wall second; a real GPU has 1", positiveNumber)
    .addOption(metricsOption());
  addAccessOptions(addMixOptions(command))
    .addOption(policyOption())
    .addOption(journalOption())
    .addHelpText("after", EXAMPLES)
    .action(async () => {
      const { serve } = await import("../serve.ts");
      await serve(command.optsWithGlobals<ServeFlags>());
    });
}
