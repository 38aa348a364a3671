/**
 * A shadow of a run: what was recorded since some moment, run again on a simulated GPU under other settings.
 *
 * Open loads (traces, Poisson, uniform) send again what truly came, at the instants at which it came. Closed loops stay closed: their
 * next request comes when one has ended, as fast as the shadow lets them. On a simulated GPU the shadow of a run under its own
 * settings, from its beginning, is that run.
 */
import { MissileError } from "../core/error.ts";
import { OUTCOMES } from "../core/request.ts";
import type { LoadWindow, TenantClass } from "../core/spec.ts";
import { openSimulatedGpu } from "../native/index.ts";
import type { TenantConfig } from "../presets/mix.ts";
import { simulatedProfiles } from "../profiles/index.ts";
import { Engine } from "./engine.ts";
import { eachEnded, type Recording } from "./recording.ts";
import {
  type ComparedFigures,
  QUANTILE_STEP,
  type ShadowComparison,
  type ShadowFigures,
  type ShadowOptions,
} from "./shadow-figures.ts";
import { windowOf } from "./tenants.ts";

export interface ShadowOrder {
  readonly recording: Recording;
  readonly options: ShadowOptions;
  /** The run was on a real GPU. */
  readonly actualIsReal: boolean;
}

/**
 * The shadow begins so much before the window, where that is recorded: a tenant's first request brings all its parameters, which those that
 * are compared must not wait for. Too small: they do.
 */
const WARMUP_NS = 1e9;

/** Turns of the run loop between words on how far it is. */
const TURNS_PER_WORD = 4096;

const NS_PER_MS = 1e6;
const NS_PER_S = 1e9;

interface Window {
  /** Where the shadow begins, where what is compared begins, and where both end. */
  readonly startNs: number;
  readonly fromNs: number;
  readonly untilNs: number;
}

/** Throws MissileError "nothingRecorded". */
function windowFrom({ originNs, completeFromNs, untilNs, mix }: Recording, sinceNs: number): Window {
  const earliestNs = Math.max(originNs, completeFromNs);
  const fromNs = Math.max(sinceNs, earliestNs);
  if (!(fromNs < untilNs) || mix.tenants.length === 0) {
    throw new MissileError(
      "nothing has happened since then; compare from an earlier moment",
      "nothingRecorded",
    );
  }
  return { startNs: Math.max(earliestNs, fromNs - WARMUP_NS), fromNs, untilNs };
}

/** When each tenancy's requests arrived at `startNs` or later, in rising order. */
function arrivalsByTenancy(recording: Recording, startNs: number): number[][] {
  const arrivals = recording.tenancies.map((): number[] => []);
  eachEnded(recording, startNs, (chunk, row) => arrivals[chunk.tenancy[row]!]!.push(chunk.arrivedNs[row]!));
  const { inFlight } = recording;
  for (let index = 0; index < inFlight.length; index += 2) {
    const arrivedNs = inFlight[index + 1]!;
    if (arrivedNs >= startNs) arrivals[inFlight[index]!]!.push(arrivedNs);
  }
  for (const own of arrivals) own.sort((a, b) => a - b);
  return arrivals;
}

/** When the shadow's requests come, its own time beginning at 0. */
function shadowLoads(
  recording: Recording,
  { startNs, untilNs }: Window,
): (config: TenantConfig) => LoadWindow {
  const { mix, present, tenancies, originNs } = recording;
  const arrivals = arrivalsByTenancy(recording, startNs);
  const endNs = untilNs - startNs;
  const recorded = (label: string, arrivedNs: readonly number[]): LoadWindow => {
    // A trace has at least one arrival: this one would come after the end.
    const offsetsNs = [...arrivedNs.map((atNs) => atNs - startNs), endNs + 1];
    return { label, load: { kind: "trace", offsetsNs, periodNs: endNs + 2 }, startNs: 0, stopNs: null };
  };
  return (config) => {
    const { tenancy, loadOn } = present[mix.tenants.indexOf(config)]!;
    const { label, load, ...planned } = windowOf(config);
    if (load.kind !== "closed") return recorded(label, arrivals[tenancy]!);
    const beginNs = Math.max(0, originNs + planned.startNs - startNs, tenancies[tenancy]!.joinedNs - startNs);
    const stopNs = planned.stopNs === null ? null : originNs + planned.stopNs - startNs;
    const isOver = !loadOn || (stopNs !== null && stopNs <= beginNs);
    return isOver ? recorded(label, []) : { label, load, startNs: beginNs, stopNs };
  };
}

/** What is counted of some requests. */
class Tally {
  private readonly latenciesNs: number[] = [];
  private readonly counts = OUTCOMES.map(() => 0);
  /** Of those with an SLO: that were in time, and all that count for it. */
  private inTime = 0;
  private judged = 0;

  add(latencyNs: number, outcome: number, hasSlo: boolean): void {
    const name = OUTCOMES[outcome]!;
    this.counts[outcome]!++;
    const isCompleted = name === "completed" || name === "late";
    if (isCompleted) this.latenciesNs.push(latencyNs);
    if (!hasSlo || !(isCompleted || name === "rejected")) return;
    this.judged++;
    if (name === "completed") this.inTime++;
  }

  figures(seconds: number): ShadowFigures {
    const sorted = Float64Array.from(this.latenciesNs).sort();
    const completed = sorted.length;
    /** The least latency that the share `rank` of the requests does not exceed. */
    const msAt = (rank: number): number =>
      completed === 0 ? Number.NaN : sorted[Math.max(0, Math.ceil(rank * completed) - 1)]! / NS_PER_MS;
    const steps = completed === 0 ? 0 : Math.round(1 / QUANTILE_STEP) + 1;
    return {
      completed,
      lost: this.counts.reduce((sum, count) => sum + count, 0) - completed,
      p50Ms: msAt(0.5),
      p99Ms: msAt(0.99),
      maxMs: msAt(1),
      sloAttainment: this.judged === 0 ? null : this.inTime / this.judged,
      throughputPerS: completed / seconds,
      quantilesMs: Float64Array.from({ length: steps }, (_, step) => msAt(step * QUANTILE_STEP)),
    };
  }
}

interface Column {
  readonly tenants: readonly ShadowFigures[];
  readonly classes: Readonly<Record<TenantClass, ShadowFigures>>;
}

/** The figures of the tenants of `mix`, in its order, in the recording of it. */
function columnOf(recording: Recording, { tenants }: Recording["mix"], fromNs: number): Column {
  const tallies = tenants.map(() => new Tally());
  const classes = { LS: new Tally(), BE: new Tally() };
  const indexOf = new Map(recording.present.map(({ tenancy }, index) => [tenancy, index]));
  eachEnded(recording, fromNs, (chunk, row) => {
    const index = indexOf.get(chunk.tenancy[row]!);
    if (index === undefined) return;
    const { class: tenantClass, sloMs } = tenants[index]!;
    for (const tally of [tallies[index]!, classes[tenantClass]])
      tally.add(chunk.latencyNs[row]!, chunk.outcome[row]!, sloMs !== null);
  });
  const seconds = (recording.untilNs - fromNs) / NS_PER_S;
  return {
    tenants: tallies.map((tally) => tally.figures(seconds)),
    classes: { LS: classes.LS.figures(seconds), BE: classes.BE.figures(seconds) },
  };
}

/** Runs the shadow; `progress` hears 0..1. Throws MissileError: "nothingRecorded", or what is wrong with the options. */
export function shadowOf(
  { recording, options, actualIsReal }: ShadowOrder,
  progress: (share: number) => void,
): ShadowComparison {
  const { sinceNs, ...settings } = options;
  const window = windowFrom(recording, sinceNs);
  const { startNs, fromNs, untilNs } = window;
  const engine = new Engine(
    { ...recording.mix, ...settings },
    {
      openDevice: () => openSimulatedGpu(recording.gpu),
      profiles: simulatedProfiles(recording.gpu),
      arrivalsOf: shadowLoads(recording, window),
    },
  );
  const endNs = untilNs - startNs;
  while (!engine.advance(endNs, TURNS_PER_WORD)) progress(engine.nowNs() / endNs);
  const { mix } = recording;
  const actual = columnOf(recording, mix, fromNs);
  const shadow = columnOf(engine.recording(), mix, fromNs - startNs);
  engine.close();
  const classOf = (tenantClass: TenantClass): ComparedFigures | null =>
    mix.tenants.some((tenant) => tenant.class === tenantClass)
      ? { actual: actual.classes[tenantClass], shadow: shadow.classes[tenantClass] }
      : null;
  const { policy, cfsPeriodPackets, beChannelShare } = mix;
  return {
    fromNs,
    untilNs,
    actual: { policy, cfsPeriodPackets, beChannelShare },
    shadow: settings,
    gpu: recording.gpu.name,
    actualIsReal,
    changes: recording.changesNs.filter((atNs) => atNs > fromNs).length,
    tenants: mix.tenants.map(({ name, class: tenantClass, sloMs }, index) => ({
      id: recording.tenancies[recording.present[index]!.tenancy]!.id,
      name,
      class: tenantClass,
      sloMs,
      actual: actual.tenants[index]!,
      shadow: shadow.tenants[index]!,
    })),
    classes: { LS: classOf("LS"), BE: classOf("BE") },
  };
}
