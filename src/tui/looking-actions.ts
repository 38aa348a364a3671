/** The rows for looking around: panes, layouts, scrolling, the frozen screen, and how the screen is drawn. */
import { LAYOUT_NAMES, treeOf } from "./layout-tree.ts";
import * as moves from "./moves.ts";
import { numberOf, PANE_NAMES, type PaneName } from "./panes/names.ts";
import { type Desk, type ScreenAction, screenAction, type Where } from "./screen-action.ts";
import type { UiState } from "./store.ts";

/** Lines that a page key leaves of the page before. */
const PAGE_OVERLAP = 2;

const move =
  (change: (ui: UiState, desk: Desk) => moves.Change) =>
  (desk: Desk): void =>
    desk.store.setState(change(desk.store.getState(), desk));

interface Row {
  readonly id: string;
  readonly title: string;
  readonly keys: readonly string[];
  readonly hint?: string;
  readonly where?: Where;
}

const looking = (row: Row, change: (ui: UiState, desk: Desk) => moves.Change): ScreenAction =>
  screenAction({ ...row, group: "panes and layouts", run: move(change) });

const inTime = (row: Row, change: (ui: UiState, desk: Desk) => moves.Change): ScreenAction =>
  screenAction({ ...row, group: "back in time", run: move(change) });

const PANE_TITLES: Readonly<Record<(typeof PANE_NAMES)[number], string>> = {
  tenants: "tenants",
  sms: "SMs",
  channels: "VRAM channels",
  copies: "PCIe",
  latency: "latency",
  decisions: "decisions and acts",
  compare: "compare",
  gpu: "GPU",
  kernels: "kernels alone",
};

const toPanes = PANE_NAMES.map((pane: Exclude<PaneName, "header">) =>
  looking(
    { id: `pane-${pane}`, title: `go to the pane ${PANE_TITLES[pane]}`, keys: [String(numberOf(pane))] },
    (ui) => moves.focused(ui, pane),
  ),
);

const toLayouts = LAYOUT_NAMES.map((layout, index) =>
  screenAction({
    id: `layout-${layout}`,
    title: layout === "own" ? "the layout of one's own" : `the layout ${layout}`,
    group: "panes and layouts",
    keys: [`alt+${index + 1}`, `f${index + 2}`],
    run: (desk) => {
      const ui = desk.store.getState();
      if (layout !== "own" || ui.ownLayout !== null) desk.store.setState(moves.layoutShown(ui, layout));
      else desk.notice("there is no layout of your own yet: save-layout keeps the one on show", "refused");
    },
  }),
);

/** Scrolls the focused pane where it scrolls; "tenant": chooses another tenant where it does not. */
function scroll(ui: UiState, { stage }: Desk, lines: (page: number) => number): moves.Change | "tenant" {
  const rect = stage.rectOf(ui.focus);
  const scene = stage.scene();
  const most = rect === null ? undefined : moves.scrollRange(scene, ui.focus, rect);
  if (rect === null || most === undefined) return "tenant";
  const from = ui.scroll[ui.focus] ?? 0;
  return moves.scrolledTo(ui, ui.focus, from + lines(Math.max(1, rect.height - PAGE_OVERLAP)), most);
}

const scrolling = (row: Row, lines: (page: number) => number): ScreenAction =>
  looking(row, (ui, desk) => {
    const change = scroll(ui, desk, lines);
    if (change !== "tenant") return change;
    return moves.tenantMoved(ui, desk.stage.scene(), lines(moves.TENANT_PAGE));
  });

/** Further than any pane scrolls. */
const FAR = 1e9;

export const lookingActions: readonly ScreenAction[] = [
  scrolling({ id: "up", title: "up a tenant or line", keys: ["up", "k"], hint: "move" }, () => -1),
  scrolling({ id: "down", title: "down a tenant or line", keys: ["down", "j"], hint: "move" }, () => 1),
  scrolling({ id: "page-up", title: "up a page", keys: ["pageup", "ctrl+b"] }, (page) => -page),
  scrolling({ id: "page-down", title: "down a page", keys: ["pagedown", "ctrl+f"] }, (page) => page),
  scrolling({ id: "top", title: "to the first", keys: ["home", "g"] }, () => -FAR),
  scrolling({ id: "bottom", title: "to the last", keys: ["end", "ctrl+end"] }, () => FAR),
  looking(
    { id: "tenant-above", title: "choose the tenant above, in whatever pane", keys: ["K", "shift+up"] },
    (ui, { stage }) => moves.tenantMoved(ui, stage.scene(), -1),
  ),
  looking(
    { id: "tenant-below", title: "choose the tenant below, in whatever pane", keys: ["J", "shift+down"] },
    (ui, { stage }) => moves.tenantMoved(ui, stage.scene(), 1),
  ),
  looking({ id: "next-pane", title: "go to the next pane", keys: ["tab"], hint: "pane" }, (ui) =>
    moves.focusMoved(ui, 1),
  ),
  looking({ id: "previous-pane", title: "go to the pane before", keys: ["shift+tab"] }, (ui) =>
    moves.focusMoved(ui, -1),
  ),
  ...toPanes,
  looking(
    { id: "zoom", title: "give the focused pane the whole screen, or back", keys: ["e"], hint: "zoom" },
    moves.zoomToggled,
  ),
  looking(
    { id: "leave", title: "leave what was gone into: a zoom, a filter, the tags", keys: ["escape"] },
    moves.stepBack,
  ),
  looking({ id: "next-layout", title: "the next layout", keys: ["w"], hint: "layout" }, moves.layoutAfter),
  ...toLayouts,
  looking(
    { id: "toggle-pane", title: "take the focused pane out of one's own layout, or in", keys: ["ctrl+w"] },
    moves.paneToggled,
  ),
  screenAction({
    id: "save-layout",
    title: "keep this layout as one's own",
    group: "panes and layouts",
    keys: ["W"],
    run: (desk) => {
      const ui = desk.store.getState();
      const ownLayout = treeOf(ui.layout, ui.ownLayout, ui.size.columns);
      desk.store.setState({ ownLayout });
      desk.keepLayout(ownLayout);
    },
  }),
  inTime(
    {
      id: "freeze",
      title: "freeze the screen while recording goes on, or go on",
      keys: ["f"],
      hint: "freeze",
    },
    (ui, { stage }) => moves.freezeToggled(ui, stage.history),
  ),
  inTime(
    { id: "live", title: "to the present", keys: ["escape"], where: "frozen", hint: "live" },
    moves.live,
  ),
  ...(
    [
      ["back", "a second back", ["left", "h"], -1, "1 s"],
      ["forth", "a second on", ["right", "l"], 1, "1 s"],
      ["far-back", "ten seconds back", ["pageup", "shift+left", "H"], -10, "10 s"],
      ["far-forth", "ten seconds on", ["pagedown", "shift+right", "L"], 10, "10 s"],
    ] as const
  ).map(([id, title, keys, seconds, hint]) =>
    inTime({ id, title, keys, where: "frozen", hint }, (ui, { stage }) =>
      moves.scrubbedBy(ui, stage.history, seconds),
    ),
  ),
  inTime(
    { id: "oldest", title: "as far back as is remembered", keys: ["home"], where: "frozen", hint: "ends" },
    (ui, { stage }) => moves.scrubbedTo(ui, stage.history, stage.history.span.fromNs),
  ),
  inTime(
    {
      id: "newest",
      title: "to the newest moment, still frozen",
      keys: ["end"],
      where: "frozen",
      hint: "ends",
    },
    (ui, { stage }) => moves.scrubbedTo(ui, stage.history, stage.history.span.untilNs),
  ),
  screenAction({
    id: "mouse",
    title: "the mouse for the console, or for selecting text",
    group: "console",
    keys: ["M"],
    run: (desk) => {
      const mouse = !desk.store.getState().mouse;
      desk.store.setState({ mouse });
      desk.notice(mouse ? "the mouse clicks, scrolls and drags" : "the mouse selects text again");
    },
  }),
  screenAction({
    id: "theme",
    title: "dark or light colours",
    group: "console",
    keys: ["T"],
    run: ({ store }) => store.setState(({ theme }) => ({ theme: theme === "dark" ? "light" : "dark" })),
  }),
];
