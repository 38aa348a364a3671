#!/usr/bin/env node
/** The command `missile_server`: serves clients without a screen, started as Missile's own server is. */
import { Command } from "commander";
import { commandLineError, MissileError } from "../core/error.ts";
import { checkPolicy } from "../engine/acts.ts";
import { openSession } from "../engine/session-holder.ts";
import type { MetricsServer } from "../metrics/server.ts";
import type { MixConfig } from "../presets/mix.ts";
import { MIX_DEFAULTS } from "../presets/mix-schema.ts";
import { type Address, FIRST_PORT, formatAddress, LOOPBACK } from "../rpc/address.ts";
import { addBackendOptions, type BackendFlags } from "./backend-options.ts";
import { chosenBackend } from "./chosen-backend.ts";
import { BadOutcome, exitCodeOf } from "./failure.ts";
import { type MetricsFlags, metricsOption, startMetrics } from "./metrics-option.ts";
import { journalOption } from "./mix-options.ts";
import { positiveNumber, wholeNumber } from "./number-arguments.ts";
import { showProgress } from "./progress-line.ts";
import { startServing } from "./serving.ts";
import { untilEnd } from "./until-end.ts";

const PROGRAM = "missile_server";

/** Servers of one machine, beside one another. */
const MAX_INDEX = 1_000;

interface Flags extends BackendFlags, MetricsFlags {
  readonly speed: number;
  readonly journal?: string;
}

function serverIndex(text: string): number {
  const index = wholeNumber(0)(text);
  if (index <= MAX_INDEX) return index;
  throw new MissileError(`SERVER_INDEX is at most ${MAX_INDEX}, not ${index}`, "badIndex");
}

/** Nobody is there yet: tenants come with clients. */
function emptyMix(policy: string, cfsPeriodPackets: number, { backend, gpu }: Flags): MixConfig {
  checkPolicy(policy);
  const simulated = backend === "cuda" ? undefined : gpu;
  return {
    name: PROGRAM,
    ...MIX_DEFAULTS,
    policy,
    cfsPeriodPackets,
    gpu: simulated ?? MIX_DEFAULTS.gpu,
    tenants: [],
  };
}

async function serve(scheduler: string, cfsPeriod: number, index: number, flags: Flags): Promise<void> {
  const mix = emptyMix(scheduler, cfsPeriod, flags);
  const { speed, journal } = flags;
  const session = await openSession(mix, {
    backend: chosenBackend(flags),
    speed,
    journalPath: journal,
    opening: showProgress,
  });
  const address: Address = { kind: "tcp", host: LOOPBACK, port: FIRST_PORT + index };
  let metrics: MetricsServer | null = null;
  try {
    metrics = await startMetrics(session, flags);
    const serving = await startServing({ session, address });
    const { gpu, backend } = session.view();
    const where = formatAddress(serving.address);
    process.stderr.write(`${PROGRAM}: ${scheduler} on ${gpu.name} (${backend}), listening on ${where}\n`);
    if (metrics !== null)
      process.stderr.write(`${PROGRAM}: figures for Prometheus at http://${metrics.address}/metrics\n`);
    const { why, isFailure } = await untilEnd(session.died);
    process.stderr.write(`${PROGRAM}: ${why}: ending\n`);
    await serving.stop();
    if (isFailure) throw new BadOutcome();
  } finally {
    await metrics?.close();
    await session.close();
  }
}

const program = addBackendOptions(
  new Command(PROGRAM)
    .argument("<SCHEDULER>", "missiletemporal, orion, mpsplus, temporal, or another policy")
    .argument("<CFS_PERIOD>", "packets of 1 KiB that the tenants share in one PCIe period", wholeNumber(1))
    .argument("<SERVER_INDEX>", `listens on port ${FIRST_PORT} + this`, serverIndex),
)
  .description("Shares one GPU between the clients of Missile's service, on 127.0.0.1.")
  .option("--gpu <name>", "simulate this GPU (see `missile-console list gpus`); a real one: its number")
  .option("--speed <x>", "simulated seconds a wall second; a real GPU has 1", positiveNumber, 1)
  .addOption(journalOption())
  .addOption(metricsOption())
  .configureOutput({
    outputError: (text, write) => write(commandLineError(PROGRAM, text)),
  })
  .exitOverride()
  .action(serve);

try {
  await program.parseAsync();
} catch (cause) {
  process.exitCode = exitCodeOf(cause, PROGRAM);
}
