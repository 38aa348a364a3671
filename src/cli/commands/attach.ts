/** `missile-console attach ADDRESS`: the console of a run elsewhere. */
import type { Command } from "commander";
import type { AttachFlags } from "../attach.ts";
import { addScreenOptions } from "../config/settings.ts";
import { addConnectOptions } from "../connect-options.ts";

const EXAMPLES = `
Examples:
  missile-console attach 127.0.0.1:34543
  missile-console attach gpu1:34543 --ca trial/ca.crt --cert trial/operator.crt --key trial/operator.key
  missile-console attach unix:/run/user/1000/missile.sock --read-only`;

export function defineAttach(command: Command): void {
  command.argument("<address>", "HOST:PORT or unix:PATH of a `serve`, a console or a missile_server");
  addConnectOptions(addScreenOptions(command))
    .option("--record <name>", "record the screen to NAME.cast (see `play`)")
    .addHelpText("after", EXAMPLES)
    .action(async (address: string) => {
      const { attach } = await import("../attach.ts");
      await attach(address, command.optsWithGlobals<AttachFlags>());
    });
}
