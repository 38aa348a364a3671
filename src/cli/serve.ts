/** Runs a mix without a screen and serves it, until it is told to end. */
import { openSession } from "../engine/session-holder.ts";
import type { MetricsServer } from "../metrics/server.ts";
import { accessTo } from "../rpc/access.ts";
import { formatAddress, parseAddress } from "../rpc/address.ts";
import type { AccessFlags } from "./access-options.ts";
import { chosenBackend } from "./chosen-backend.ts";
import { chosenMix } from "./chosen-mix.ts";
import { BadOutcome, sayAside } from "./failure.ts";
import { type MetricsFlags, startMetrics } from "./metrics-option.ts";
import type { MixOptions } from "./mix-options.ts";
import { showProgress } from "./progress-line.ts";
import { startServing } from "./serving.ts";
import { untilEnd } from "./until-end.ts";

export interface ServeFlags extends MixOptions, AccessFlags, MetricsFlags {
  readonly listen: string;
  readonly speed?: number;
  readonly journal?: string;
}

/** Rejects with MissileError, and with BadOutcome once the engine has died. */
export async function serve(flags: ServeFlags): Promise<void> {
  const address = parseAddress(flags.listen);
  // Opening a GPU may take a while: what is wrong with the flags is told before.
  accessTo(address, flags);
  const session = await openSession(chosenMix(undefined, flags), {
    backend: chosenBackend(flags),
    speed: flags.speed ?? 1,
    journalPath: flags.journal,
    opening: showProgress,
  });
  let metrics: MetricsServer | null = null;
  try {
    metrics = await startMetrics(session, flags);
    const serving = await startServing({ session, address, access: flags });
    sayAside(
      `serving on ${formatAddress(serving.address)}: the mix ${session.view().mix} under ${session.view().snapshot.policy}`,
    );
    if (metrics !== null) sayAside(`figures for Prometheus at http://${metrics.address}/metrics`);
    const { why, isFailure } = await untilEnd(session.died);
    await serving.stop();
    if (!isFailure) return;
    sayAside(`stopped: ${why}`);
    throw new BadOutcome();
  } finally {
    await metrics?.close();
    await session.close();
  }
}
