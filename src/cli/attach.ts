/** The console of a run elsewhere. */
import { openRemoteSession } from "../remote/remote-session.ts";
import type { ConnectOptions } from "../rpc/connect.ts";
import type { ScreenFlags } from "./config/settings.ts";
import { connectOptions } from "./connect-options.ts";
import { MixFiles } from "./mix-files.ts";
import { productVersion } from "./product-version.ts";
import { prepareScreen } from "./screen.ts";

export type AttachFlags = ScreenFlags & ConnectOptions & { readonly record?: string };

/** Resolves once the operator has quit. Throws as prepareScreen and openRemoteSession do. */
export async function attach(address: string, flags: AttachFlags): Promise<void> {
  const screen = await prepareScreen(flags);
  const options = { address, product: productVersion(), ...connectOptions(flags) };
  const { session, standing } = await openRemoteSession(options);
  try {
    const mayAct = standing.role === "operator";
    await screen.show(session, {
      mixes: new MixFiles(await session.mix(), undefined),
      greeting: `attached to ${address} as ${standing.role} ${standing.name}`,
      flags: mayAct ? flags : { ...flags, readOnly: true },
      record: flags.record,
    });
  } finally {
    await session.close();
  }
}
