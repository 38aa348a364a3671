/** The rows for comparing the run with itself under other settings. They act on nothing: a shadow has its own GPU. */
import { beShareArgument, cfsPeriodArgument } from "../actions/run-arguments.ts";
import { MissileError } from "../core/error.ts";
import type { View } from "../engine/session.ts";
import { focused } from "./moves.ts";
import { type Desk, type ScreenAction, screenAction } from "./screen-action.ts";
import type { UiState } from "./store.ts";

const NS_PER_S = 1e9;
const DEFAULT_SECONDS = 30;
const AS_IT_IS = "same";

const SINCE = [
  { value: "moment", detail: "the moment that the frozen screen shows" },
  { value: "mark", detail: "the last mark" },
  { value: "10s", detail: "the last ten seconds: any number of them will do" },
  { value: `${DEFAULT_SECONDS}s`, detail: "the last half minute" },
  { value: "start", detail: "the beginning, or the last ten minutes" },
] as const;

/** What those words mean. Throws MissileError "badArgument". */
export function sinceOf(words: string, { snapshot }: View, { moment }: Pick<UiState, "moment">): number {
  const refuse = (why: string): never => {
    throw new MissileError(`since: ${why}`, "badArgument");
  };
  switch (words) {
    case "start":
      return 0;
    case "moment":
      return moment?.atNs ?? refuse("the screen is not frozen: freeze it and go back to a moment");
    case "mark":
      return snapshot.marks.at(-1)?.atNs ?? refuse("nothing was marked yet");
  }
  const [, seconds] = /^(\d+(?:\.\d+)?) ?s?$/.exec(words) ?? [];
  if (seconds === undefined || Number(seconds) === 0)
    return refuse(`"${words}" is not moment, mark, start or a number of seconds`);
  return Math.max(0, snapshot.atNs - Number(seconds) * NS_PER_S);
}

/** The closest moment that the operator has shown interest in. */
function usualSince({ snapshot }: View, { moment }: UiState): string {
  if (moment !== null) return "moment";
  return snapshot.marks.length > 0 ? "mark" : `${DEFAULT_SECONDS}s`;
}

export const compareActions: readonly ScreenAction[] = [
  screenAction({
    id: "compare",
    title: "compare with another policy or setting, on the same arrivals",
    group: "compare",
    keys: ["V"],
    arguments: [
      { name: "policy", title: "policy", kind: "choice", options: "policies" },
      { name: "since", title: "since", kind: "choice", options: SINCE, others: true },
      { ...cfsPeriodArgument, none: AS_IT_IS },
      { ...beShareArgument, none: AS_IT_IS },
    ],
    initial: (desk) => {
      const view = desk.view();
      const since = usualSince(view, desk.store.getState());
      return { policy: view.snapshot.policy, since, packets: null, share: null };
    },
    run: (desk, { policy, since, packets, share }) => {
      const { snapshot } = desk.view();
      const ui = desk.store.getState();
      const sinceNs = sinceOf(since, desk.view(), ui);
      desk.store.setState(focused(ui, "compare"));
      desk.compare({
        sinceNs,
        policy,
        cfsPeriodPackets: packets ?? snapshot.cfsPeriodPackets,
        beChannelShare: share === null ? snapshot.beChannelShare : share / 100,
      });
    },
  }),
  screenAction({
    id: "compare-stop",
    title: "stop the run that is compared with",
    group: "compare",
    keys: ["X"],
    run: (desk: Desk) =>
      desk.stopComparing()
        ? desk.notice("the comparison was stopped")
        : desk.notice("no comparison is running", "refused"),
  }),
];
