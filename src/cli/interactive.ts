/** Opens the console on a terminal, over a run of its own that others may reach. */
import type { ConsoleSession } from "../engine/session.ts";
import { openSession } from "../engine/session-holder.ts";
import type { MetricsServer } from "../metrics/server.ts";
import { accessTo } from "../rpc/access.ts";
import { formatAddress, parseAddress } from "../rpc/address.ts";
import { SCENES, type SceneName } from "../tui/demo/scenes.ts";
import type { AccessFlags } from "./access-options.ts";
import { chosenBackend } from "./chosen-backend.ts";
import { chosenMix, originOf } from "./chosen-mix.ts";
import type { Config } from "./config/schema.ts";
import type { ScreenFlags } from "./config/settings.ts";
import { type MetricsFlags, startMetrics } from "./metrics-option.ts";
import { MixFiles } from "./mix-files.ts";
import type { MixOptions } from "./mix-options.ts";
import { showProgress } from "./progress-line.ts";
import { prepareScreen } from "./screen.ts";
import { DEFAULT_ADDRESS, type Serving, startServing, startServingAnywhere } from "./serving.ts";

export interface InteractiveFlags extends MixOptions, ScreenFlags, MetricsFlags, AccessFlags {
  readonly speed?: number;
  readonly journal?: string;
  /** Name of a recording: of NAME.cast and NAME.journal. */
  readonly record?: string;
}

/** What stands beside the acts of the console on this machine, on those elsewhere. */
const LOCAL_NAME = "console";

/** The flags, and where they say nothing of what runs the configuration's defaults: a policy or GPU there is for any mix. */
function withDefaults(flags: InteractiveFlags, { mix, policy, gpu }: Config["defaults"]): InteractiveFlags {
  return {
    ...(policy === undefined ? {} : { policy }),
    ...(gpu === undefined || flags.backend === "cuda" ? {} : { gpu }),
    ...(mix === undefined || flags.trace !== undefined ? {} : { mix }),
    ...flags,
  };
}

function speedOf({ speed, backend }: InteractiveFlags, { defaults }: Config): number {
  return speed ?? (backend === "cuda" ? 1 : (defaults.speed ?? 1));
}

interface Reached {
  readonly serving: Serving | null;
  /** What the operator should know of it; absent: all is as by default. */
  readonly greeting?: string;
}

/** Rejects with MissileError where an address was asked for at which it cannot listen; without one it runs on all the same. */
async function reach(session: ConsoleSession, flags: InteractiveFlags): Promise<Reached> {
  const { listen = true } = flags;
  if (listen === false) return { serving: null };
  const options = { session, access: flags };
  if (typeof listen === "string") {
    const serving = await startServing({ ...options, address: parseAddress(listen) });
    return { serving, greeting: `serving on ${formatAddress(serving.address)}` };
  }
  const serving = await startServingAnywhere(options);
  const first = DEFAULT_ADDRESS.port;
  if (serving === null)
    return { serving, greeting: `serving nobody: port ${first} and the next ones are taken` };
  const where = formatAddress(serving.address);
  return where === formatAddress(DEFAULT_ADDRESS)
    ? { serving }
    : { serving, greeting: `serving on ${where}: port ${first} is taken` };
}

/**
 * Runs until the operator quits. `scene` is played on its own mix, whatever the configuration says, and serves nobody. Throws MissileError:
 * "noTerminal", what is wrong with the configuration, the mix or the address.
 */
export async function openInteractive(given: InteractiveFlags, scene: SceneName | null): Promise<void> {
  const screen = await prepareScreen(given);
  const { config } = screen;
  const flags = scene === null ? withDefaults(given, config.defaults) : { ...given, listen: false };
  const mix = chosenMix(scene === null ? undefined : SCENES[scene].mix, flags);
  const { record, listen } = flags;
  // Opening a GPU may take a while: what is wrong with the flags is told before.
  accessTo(typeof listen === "string" ? parseAddress(listen) : DEFAULT_ADDRESS, flags);
  const session = await openSession(mix, {
    backend: chosenBackend(flags),
    speed: speedOf(flags, config),
    journalPath: flags.journal ?? (record === undefined ? undefined : `${record}.journal`),
    opening: showProgress,
  });
  let metrics: MetricsServer | null = null;
  let serving: Serving | null = null;
  try {
    metrics = await startMetrics(session, flags);
    const reached = await reach(session, flags);
    ({ serving } = reached);
    const own = serving?.run.seat(LOCAL_NAME, () => session.close()) ?? session;
    const mixes = new MixFiles(mix, originOf(flags));
    await screen.show(own, { mixes, scene, greeting: reached.greeting, flags, record });
  } finally {
    await serving?.stop();
    await metrics?.close();
    await session.close();
  }
}
