/**
 * What was decided and why, the newest first: the scheduler's decisions, the operator's acts with what was before and after, the
 * operator's marks, and what the device did. Filtered by words: of the text, a tenant's name, or the cause.
 */
import type { DecisionEntry } from "../../core/snapshot.ts";
import { clock } from "../format.ts";
import type { Canvas } from "../screen/canvas.ts";
import type { Style } from "../screen/style.ts";
import { wrap } from "../screen/width.ts";
import { theme } from "../theme.ts";
import type { Pane, Scene } from "./pane.ts";
import { passes } from "./tenant-row.ts";

interface Cause {
  /** Tells it without colour. */
  readonly sign: string;
  readonly style: Style;
}

const CAUSES: Readonly<Record<DecisionEntry["by"], Cause>> = {
  operator: { sign: "*", style: theme.accent },
  client: { sign: "<", style: theme.key },
  scheduler: { sign: " ", style: theme.plain },
  device: { sign: "!", style: theme.bad },
};
const MARK: Cause = { sign: "#", style: theme.key };

/** How the scheduler notes a mark of the operator's. */
const isMark = ({ by, text }: DecisionEntry): boolean => by === "operator" && text.startsWith("mark: ");

/** With who did it, where that is told. */
const sayEntry = ({ text, who }: DecisionEntry): string => (who === undefined ? text : `${text} · by ${who}`);

const causeOf = (entry: DecisionEntry): Cause => (isMark(entry) ? MARK : CAUSES[entry.by]);

/** In a narrow pane the minutes are left out: "12.345" instead of "00:12.345". */
const NARROW_COLUMNS = 50;
const SECONDS_COLUMNS = 6;
/** Of the sign, the tenant's letter, and the spaces around them. */
const SIGN_COLUMNS = 4;
const LEAST_TEXT_COLUMNS = 8;

const timeOf = (entry: DecisionEntry, narrow: boolean): string =>
  narrow ? clock(entry.atNs).slice(-SECONDS_COLUMNS) : clock(entry.atNs);

/** The entries that pass the filter, the newest first. */
function shownEntries({ view, ui }: Scene): readonly DecisionEntry[] {
  const { log, tenants } = view.snapshot;
  const filter = ui.filters.decisions ?? "";
  const nameOf = new Map(tenants.map(({ id, name }) => [id, name]));
  const textOf = (entry: DecisionEntry): string =>
    `${entry.by} ${isMark(entry) ? "mark" : ""} ${nameOf.get(entry.tenant) ?? ""} ${sayEntry(entry)}`;
  return log.filter((entry) => passes(filter, textOf(entry))).reverse();
}

interface Line {
  readonly entry: DecisionEntry;
  readonly text: string;
  /** The others of an entry are indented below it. */
  readonly isFirst: boolean;
}

function* linesOf(entries: readonly DecisionEntry[], width: number): Generator<Line> {
  for (const entry of entries) {
    const columns = width - timeOf(entry, width < NARROW_COLUMNS).length - SIGN_COLUMNS;
    const texts = wrap(sayEntry(entry), Math.max(LEAST_TEXT_COLUMNS, columns));
    for (const [index, text] of texts.entries()) yield { entry, text, isFirst: index === 0 };
  }
}

/** The lines from `first` on, as many as there is room for. */
function linesFrom(scene: Scene, width: number, first: number, room: number): Line[] {
  const shown: Line[] = [];
  let index = 0;
  for (const line of linesOf(shownEntries(scene), width)) {
    if (shown.length === room) break;
    if (index++ >= first) shown.push(line);
  }
  return shown;
}

function paintLine(canvas: Canvas, y: number, { entry, text, isFirst }: Line, { identities }: Scene): void {
  const time = timeOf(entry, canvas.width < NARROW_COLUMNS);
  const { sign, style } = causeOf(entry);
  canvas.text(time.length + SIGN_COLUMNS, y, text, style);
  if (!isFirst) return;
  canvas.text(0, y, time, theme.faint);
  canvas.text(time.length + 1, y, sign, { ...style, bold: true });
  const who = identities.at(entry.tenant, entry.atNs);
  if (who !== null) canvas.text(time.length + 2, y, who.letter, { fg: who.colour, bold: true });
}

const firstLine = ({ ui }: Scene): number => ui.scroll.decisions ?? 0;

export const decisions: Pane = {
  title: "decisions and acts",
  everyMs: 250,
  caption: (scene) => {
    const filter = scene.ui.filters.decisions ?? "";
    const back = firstLine(scene) > 0 ? ["↑ newer"] : [];
    const own = filter === "" ? back : [`/${filter}`, ...back];
    const say = (...parts: readonly string[]): string => [...own, ...parts].join(" · ");
    return [say("newest first", "* operator # mark ! device"), say("newest first"), say()].filter(Boolean);
  },
  paint(canvas, scene) {
    const lines = linesFrom(scene, canvas.width, firstLine(scene), canvas.height);
    for (const [y, line] of lines.entries()) paintLine(canvas, y, line, scene);
    if (lines.length > 0) return;
    const filter = scene.ui.filters.decisions ?? "";
    canvas.text(1, 0, filter === "" ? "none yet" : `none with "${filter}"`, theme.faint);
  },
  scrollable: (scene, { width }) => [...linesOf(shownEntries(scene), width)].length,
  onClick(scene, { y, width }) {
    const [line] = linesFrom(scene, width, firstLine(scene) + y, 1);
    const { tenants } = scene.view.snapshot;
    const tenant = tenants.find(({ id }) => id === line?.entry.tenant);
    return tenant === undefined ? null : { kind: "select", tenant: tenant.id };
  },
};
