/** The guided scenes: what is shown, said and done, step by step. A new scene is a row here. */
import type { Values } from "../../actions/argument.ts";
import type { View } from "../../engine/session.ts";
import { digits3, grouped, ms } from "../format.ts";
import type { UiState } from "../store.ts";

/** An action of the table with what it must be told, for a tenant by its name where it is for one. */
export interface Direction {
  readonly action: string;
  readonly tenant?: string;
  readonly values: Values;
}

export interface Step {
  /** Wall seconds that it stands: long enough to read it and to see what it says. */
  readonly seconds: number;
  /** One or two short sentences; with figures of the moment where it is a function. */
  readonly says: string | ((view: View) => string);
  readonly does?: readonly Direction[];
  readonly looks?: Partial<Pick<UiState, "layout" | "focus" | "zoomed">>;
}

export interface SceneScript {
  readonly title: string;
  /** Preset mix that it is played on. */
  readonly mix: string;
  readonly steps: readonly Step[];
}

const policy = (name: string): Direction => ({ action: "policy", values: { policy: name } });
const cfsPeriod = (packets: number): Direction => ({ action: "cfs-period", values: { packets } });
const beChannelPercent = (share: number): Direction => ({ action: "be-channel-share", values: { share } });
const nice = (tenant: string, value: number): Direction => ({
  action: "nice",
  tenant,
  values: { nice: value },
});

/** The slowest LS tenant's p99 and the sum of BE's requests: what a policy is judged by. */
function verdict({ snapshot }: View): string {
  const worst = snapshot.tenants
    .filter((tenant) => tenant.class === "LS")
    .reduce((most, { recentLatencyMs }) => Math.max(most, recentLatencyMs.p99), 0);
  const bePerS = snapshot.tenants
    .filter((tenant) => tenant.class === "BE")
    .reduce((sum, { throughputPerS }) => sum + throughputPerS, 0);
  return `worst LS p99 of the last 10 s ${ms(worst)} ms, BE ${digits3(bePerS)} requests/s`;
}

const copyInMs = ({ snapshot }: View, name: string): string =>
  ms(snapshot.tenants.find((tenant) => tenant.name === name)?.recentCopyInMs.p50 ?? Number.NaN);

/** Rates and percentiles are of the last ten seconds: a figure after a change is its own only then. */
const SETTLED_S = 11;

const cfs: SceneScript = {
  title: "PCIe: fair copies, and what a period costs",
  mix: "h200-micro",
  steps: [
    {
      seconds: 7,
      looks: { layout: "isolation", focus: "copies", zoomed: true },
      says: "shipper floods both copy engines; camera brings 1 MiB in with each request. nice says who gets how much of the bus.",
    },
    ...[64, 256, 1024, 4096, 16_384].map(
      (packets): Step => ({
        seconds: 6,
        does: [cfsPeriod(packets)],
        says: (view) =>
          `cfsPeriod ${grouped(packets)} packets: longer turns move more bytes a second and let the others wait longer. ` +
          `camera's copy in takes ${copyInMs(view, "camera")} ms. The curve draws itself.`,
      }),
    ),
    {
      seconds: 8,
      does: [cfsPeriod(256), nice("shipper", 1_000_000)],
      says: "Now shipper gets ten times the nice, as much as the LS tenants: the share it asks for moves, and the share it gets follows.",
    },
    {
      seconds: 8,
      does: [nice("shipper", 100_000)],
      says: "And back. Under missile-nocfs there is no such promise: first come, first served.",
    },
    {
      seconds: SETTLED_S,
      does: [policy("missile-nocfs")],
      says: (view) => `missile-nocfs: ${verdict(view)}.`,
    },
    {
      seconds: SETTLED_S,
      does: [policy("missiletemporal")],
      says: (view) => `missiletemporal again: ${verdict(view)}.`,
    },
  ],
};

const elastic: SceneScript = {
  title: "SMs: LS takes what it needs, BE has the rest",
  mix: "be-heavy",
  steps: [
    {
      seconds: 8,
      looks: { layout: "isolation", focus: "sms", zoomed: true },
      says: "Five batch jobs fill the GPU. When an LS request comes (blue), BE leaves just the TPCs that its next kernels need, between two thread blocks.",
    },
    {
      seconds: SETTLED_S,
      says: (view) => `missiletemporal: ${verdict(view)}.`,
    },
    {
      seconds: SETTLED_S,
      does: [policy("mpsplus")],
      says: (view) => `mpsplus: everybody side by side, no partition. ${verdict(view)}.`,
    },
    {
      seconds: SETTLED_S,
      does: [policy("missile-noelastic")],
      says: (view) =>
        `missile-noelastic: a fixed partition isolates as well, and lets BE's SMs idle. ${verdict(view)}.`,
    },
    {
      seconds: SETTLED_S,
      does: [policy("missiletemporal")],
      says: (view) => `missiletemporal again: both at once. ${verdict(view)}.`,
    },
  ],
};

const channels: SceneScript = {
  title: "VRAM: channels of one's own",
  mix: "channels-demo",
  steps: [
    {
      seconds: 8,
      looks: { layout: "isolation", focus: "channels", zoomed: true },
      says: "Streaming batch work saturates VRAM. LS runs on its own SMs, but its memory lay in the same channels, if nobody kept them apart.",
    },
    {
      seconds: SETTLED_S,
      says: (view) => `missiletemporal keeps LS and BE in channels of their own: ${verdict(view)}.`,
    },
    {
      seconds: SETTLED_S,
      does: [policy("missile-nochannels")],
      says: (view) => `missile-nochannels: everything in all channels. ${verdict(view)}.`,
    },
    {
      seconds: SETTLED_S,
      does: [policy("missiletemporal"), beChannelPercent(50)],
      says: (view) => `missiletemporal again, half of the channels for BE: ${verdict(view)}.`,
    },
    {
      seconds: SETTLED_S,
      does: [beChannelPercent(25)],
      says: (view) => `A quarter for BE: fewer channels carry fewer SMs, so BE is capped. ${verdict(view)}.`,
    },
  ],
};

const policies: SceneScript = {
  title: "Four policies and two ablations on the same tenants",
  mix: "apollo",
  steps: [
    {
      seconds: 6,
      looks: { layout: "overview", focus: "tenants", zoomed: false },
      says: "Four perception networks with deadlines, two batch jobs. Watch p99 and SLO of the LS tenants, req/s of BE.",
    },
    ...["missiletemporal", "orion", "temporal", "mpsplus", "streams", "missiletemporal"].map(
      (name): Step => ({
        seconds: SETTLED_S,
        does: [policy(name)],
        says: (view) => `${name}: ${verdict(view)}.`,
      }),
    ),
  ],
};

export const SCENES = { cfs, elastic, channels, policies } as const satisfies Record<string, SceneScript>;

export type SceneName = keyof typeof SCENES;
export const SCENE_NAMES = Object.keys(SCENES) as SceneName[];
