/** Actions on the run as a whole: its settings, its pace, and what is kept of it. */
import { firstBeChannel } from "../core/channel-split.ts";
import { MissileError } from "../core/error.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { GpuSpec } from "../core/spec.ts";
import type { View } from "../engine/session.ts";
import { type ControlAction, type Effects, runAction } from "./action.ts";
import { bytesLong, count, digits3, grouped, percent, speed } from "./format.ts";
import { beShareArgument, cfsPeriodArgument } from "./run-arguments.ts";

/** Simulated seconds a wall second: beyond these the screen shows either nothing moving or nothing but a blur. */
const SPEED = { least: 1 / 1024, most: 1024 } as const;

const clamp = (value: number, bounds: { readonly least: number; readonly most: number }): number =>
  Math.max(bounds.least, Math.min(bounds.most, value));

function refuse(why: string): never {
  throw new MissileError(why, "asFarAsItGoes");
}

/** What is in the way of those who run: launches stop, requests do not. */
function whoRuns({ tenants }: Snapshot): string {
  return tenants.length === 1 ? "the one tenant" : `all ${count(tenants.length)} tenants`;
}

/** What one period moves, and how long it takes at the bus's full speed: the longest that a packet of another tenant waits. */
function periodEffects(before: number, value: number, { pcie }: GpuSpec): Effects {
  const size = (packets: number): string => bytesLong(packets * 1024);
  const lasts = (packets: number): string => `${digits3((packets * 1024) / pcie.h2dGBs / 1000)} us`;
  return {
    title: "one period, at the full speed of PCIe",
    rows: [
      { what: "moves", before: size(before), after: size(value) },
      { what: "lasts about", before: lasts(before), after: lasts(value) },
    ],
  };
}

function planCfsPeriod({ snapshot, gpu }: View, value: number) {
  const before = snapshot.cfsPeriodPackets;
  return {
    effects: periodEffects(before, value, gpu),
    deeds: [{ kind: "setTunable", tunable: "cfsPeriodPackets", value } as const],
    inverse: [{ kind: "setTunable", tunable: "cfsPeriodPackets", value: before } as const],
    says: `cfsPeriod: ${grouped(before)} → ${grouped(value)} packets of 1 KiB`,
  };
}

const cfsPeriodStep = (id: string, title: string, keys: readonly string[], factor: number): ControlAction =>
  runAction({
    id,
    title,
    keys,
    hint: "cfsPeriod",
    group: "sharing",
    arguments: [],
    plan: ({ view }) => {
      const before = view.snapshot.cfsPeriodPackets;
      const value = Math.round(clamp(before * factor, cfsPeriodArgument));
      if (value === before) refuse(`cfsPeriod is at ${grouped(value)}, as far as it goes`);
      return planCfsPeriod(view, value);
    },
  });

function planSpeed(before: number, factor: number) {
  return {
    deeds: [{ kind: "setSpeed", factor } as const],
    inverse: [{ kind: "setSpeed", factor: before } as const],
    says: `speed: ${speed(before)} → ${speed(factor)}`,
  };
}

const speedStep = (id: string, title: string, key: string, factor: number): ControlAction =>
  runAction({
    id,
    title,
    keys: [key],
    hint: "speed",
    group: "pace",
    arguments: [],
    plan: ({ view }) => {
      const value = clamp(view.pace.speed * factor, SPEED);
      if (value === view.pace.speed) refuse(`speed is ${speed(value)}, as far as it goes`);
      return planSpeed(view.pace.speed, value);
    },
  });

export const runActions: readonly ControlAction[] = [
  runAction({
    id: "policy",
    title: "choose the policy",
    keys: ["P"],
    hint: "policy",
    group: "sharing",
    disturbs: "every launch stops at its next block, and the policy begins on an empty GPU",
    arguments: [{ name: "policy", title: "policy", kind: "choice", options: "policies" }],
    initial: ({ view }) => ({ policy: view.snapshot.policy }),
    plan: ({ view }, { policy }) => {
      const { snapshot } = view;
      if (policy === snapshot.policy)
        return { deeds: [], says: `policy: ${policy} is in force`, inverse: [] };
      return {
        deeds: [{ kind: "choosePolicy", policy }],
        inverse: [{ kind: "choosePolicy", policy: snapshot.policy }],
        says: `policy: ${snapshot.policy} → ${policy}`,
        warnings: [
          `launches of ${whoRuns(snapshot)} stop at their next block, then ${policy} begins; no request is lost`,
        ],
      };
    },
  }),
  cfsPeriodStep("cfs-period-halve", "halve cfsPeriod", ["-"], 1 / 2),
  cfsPeriodStep("cfs-period-double", "double cfsPeriod", ["+", "="], 2),
  runAction({
    id: "cfs-period",
    title: "set cfsPeriod",
    keys: ["C"],
    group: "sharing",
    arguments: [cfsPeriodArgument],
    initial: ({ view }) => ({ packets: view.snapshot.cfsPeriodPackets }),
    plan: ({ view }, { packets }) => planCfsPeriod(view, packets),
  }),
  runAction({
    id: "be-channel-share",
    title: "set the share of the VRAM channels that BE has",
    keys: ["b"],
    group: "sharing",
    arguments: [beShareArgument],
    initial: ({ view }) => ({ share: Math.round(view.snapshot.beChannelShare * 1000) / 10 }),
    plan: ({ view }, { share }) => {
      const { beChannelShare: before, channels } = view.snapshot;
      const value = share / 100;
      const set = (to: number) => ({ kind: "setTunable", tunable: "beChannelShare", value: to }) as const;
      const lsChannels = (beShare: number): number => firstBeChannel(view.gpu, beShare);
      const of = (count: number): string => `${count} of ${channels.length}`;
      const beChannels = (beShare: number): number => channels.length - lsChannels(beShare);
      return {
        deeds: [set(value)],
        inverse: [set(before)],
        says: `BE's share of the channels: ${percent(before)} → ${percent(value)} %`,
        effects: {
          title: "VRAM channels while both classes run",
          rows: [
            { what: "BE", before: of(beChannels(before)), after: of(beChannels(value)) },
            { what: "LS", before: of(lsChannels(before)), after: of(lsChannels(value)) },
          ],
        },
      };
    },
  }),
  runAction({
    id: "pause",
    title: "pause, or go on",
    undoable: false,
    keys: ["p"],
    hint: "pause",
    group: "pace",
    arguments: [],
    plan: ({ view }) => {
      const paused = !view.pace.paused;
      return {
        deeds: [{ kind: "setPaused", paused }],
        says: paused ? "paused: step on, or pause again to go on" : "running",
      };
    },
  }),
  runAction({
    id: "step",
    title: "while paused: on to the next event",
    undoable: false,
    keys: ["."],
    hint: "step",
    group: "pace",
    arguments: [],
    plan: ({ view }) => {
      if (!view.pace.paused && view.backend === "sim") refuse("steps are for a paused run: pause it first");
      return { deeds: [{ kind: "step" }], says: "stepped to the next event" };
    },
  }),
  speedStep("speed-halve", "halve the speed", "<", 1 / 2),
  speedStep("speed-double", "double the speed", ">", 2),
  runAction({
    id: "speed",
    title: "set the speed: simulated seconds a second",
    group: "pace",
    arguments: [
      { name: "factor", title: "speed", kind: "number", ...SPEED, isWhole: false, unit: "x", factor: 2 },
    ],
    initial: ({ view }) => ({ factor: view.pace.speed }),
    plan: ({ view }, { factor }) => planSpeed(view.pace.speed, factor),
  }),
  runAction({
    id: "mark",
    title: "mark this moment",
    undoable: false,
    keys: ["m"],
    hint: "mark",
    group: "run",
    arguments: [{ name: "text", title: "mark", kind: "text" }],
    plan: (_, { text }) => ({ deeds: [{ kind: "mark", text }], says: `marked: ${text}` }),
  }),
  runAction({
    id: "reset-statistics",
    title: "reset the statistics",
    undoable: false,
    keys: ["ctrl+r"],
    group: "run",
    disturbs: "figures of every tenant begin at 0",
    arguments: [],
    plan: ({ view }) => ({
      deeds: [{ kind: "resetStatistics" }],
      says: "statistics begin anew",
      warnings: [`figures of ${whoRuns(view.snapshot)} begin at 0; what they were is lost`],
    }),
  }),
  runAction({
    id: "open-mix",
    title: "load a mix",
    keys: ["ctrl+o"],
    group: "run",
    needsMix: true,
    disturbs: "ends this run and begins another",
    arguments: [{ name: "mix", title: "mix", kind: "choice", options: "mixes", others: true }],
    initial: ({ view }) => ({ mix: view.mix }),
    plan: ({ view, mix: former }, { mix }) => ({
      deeds: [{ kind: "openMix", mix }],
      inverse: former === null ? null : [{ kind: "openMix", mix: former }],
      says: `opened ${mix}`,
      warnings: [
        `this run ends: ${whoRuns(view.snapshot)} leave, with their statistics`,
        `${mix} begins at 0 s`,
      ],
    }),
  }),
  runAction({
    id: "save-mix",
    title: "save the mix as it is now",
    undoable: false,
    keys: ["ctrl+s"],
    group: "run",
    needsMix: true,
    arguments: [{ name: "file", title: "file", kind: "file" }],
    initial: ({ mix }) => (mix === null ? {} : { file: `${mix.name}.yaml` }),
    disturbs: "replaces another mix's file",
    plan: ({ replaces }, { file }) => ({
      deeds: [{ kind: "saveMix", file }],
      says: `saved ${file}`,
      warnings: replaces(file) ? [`${file} is there already, with another mix: it is replaced`] : [],
    }),
  }),
  runAction({
    id: "gpu",
    title: "change the simulated GPU",
    keys: ["G"],
    group: "run",
    disturbs: "the simulation begins anew",
    arguments: [{ name: "gpu", title: "GPU", kind: "choice", options: "gpus" }],
    needsMix: true,
    initial: ({ mix }) => (mix === null ? {} : { gpu: mix.gpu }),
    plan: ({ view, mix }, { gpu }) => {
      if (view.backend !== "sim") refuse("this is a real GPU: it cannot be another one");
      return {
        deeds: [{ kind: "changeGpu", gpu }],
        inverse: mix === null ? null : [{ kind: "changeGpu", gpu: mix.gpu }],
        says: `GPU: ${view.snapshot.gpu} → ${gpu}`,
        warnings: [
          `the simulation begins anew on ${gpu}: ${whoRuns(view.snapshot)} start at 0 s with empty statistics, set as they are`,
        ],
      };
    },
  }),
  runAction({
    id: "restore-device",
    title: "rebuild a GPU that has failed",
    undoable: false,
    keys: ["R"],
    group: "run",
    arguments: [],
    plan: ({ view }) => {
      if (view.snapshot.failure !== null && view.preparing !== undefined)
        refuse(`the GPU is being rebuilt: ${view.preparing}`);
      return {
        deeds: [{ kind: "restoreDevice" }],
        says: "the GPU is rebuilt: everything begins anew",
      };
    },
  }),
];
