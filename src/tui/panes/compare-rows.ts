/** What a comparison says of a tenant or a class: each figure of the run beside that of its shadow, and which is better. */
import type { ComparedFigures, ShadowComparison, ShadowFigures } from "../../engine/session.ts";
import { digits3, ms, percent } from "../format.ts";
import type { Identity } from "../identity.ts";
import type { Canvas } from "../screen/canvas.ts";
import type { Style } from "../screen/style.ts";
import { CLASS_STYLE, theme } from "../theme.ts";
import type { Scene } from "./pane.ts";
import type { Column, TableRow } from "./table.ts";

/** A difference of less is chance. */
const ALIKE = 0.02;

export interface CompareRow {
  readonly name: string;
  /** Of its tenant; null for a class as a whole, and for a tenant that has left. */
  readonly id: number | null;
  readonly style: Style;
  readonly identity: Identity | null;
  readonly figures: ComparedFigures;
}

/** What the shadow's figure is beside the run's, for those who want it. `sign` says it without colour. */
interface Verdict {
  readonly sign: "+" | "!" | "=" | "";
  readonly text: string;
  readonly style: Style;
}

const UNKNOWN: Verdict = { sign: "", text: "", style: theme.off };
const EVEN: Verdict = { sign: "=", text: "", style: theme.faint };

const judged = (isBetter: boolean, text: string): Verdict =>
  isBetter ? { sign: "+", text, style: theme.good } : { sign: "!", text, style: theme.bad };

/** Of figures that grow without bound: how many times better or worse. */
export function timesVerdict(actual: number, shadow: number, lessIsBetter: boolean): Verdict {
  if (!Number.isFinite(actual) || !Number.isFinite(shadow)) return UNKNOWN;
  const factor = Math.max(actual, shadow) / Math.min(actual, shadow);
  if (actual === shadow || factor < 1 + ALIKE) return EVEN;
  return judged(shadow < actual === lessIsBetter, Number.isFinite(factor) ? `${digits3(factor)}x` : "");
}

/** Of shares: how many points of a hundred. */
function pointsVerdict(actual: number | null, shadow: number | null): Verdict {
  if (actual === null || shadow === null) return UNKNOWN;
  const points = Math.abs(shadow - actual) * 100;
  return points < 0.05 ? EVEN : judged(shadow > actual, `${points.toFixed(1)}pt`);
}

interface Figure {
  readonly title: string;
  readonly priority: number;
  readonly text: (figures: ShadowFigures) => string;
  readonly verdict: (figures: ComparedFigures) => Verdict;
}

const latency = (title: string, priority: number, of: (figures: ShadowFigures) => number): Figure => ({
  title: `${title} ms`,
  priority,
  text: (figures) => ms(of(figures)),
  verdict: ({ actual, shadow }) => timesVerdict(of(actual), of(shadow), true),
});

const FIGURES: readonly Figure[] = [
  latency("p50", 4, ({ p50Ms }) => p50Ms),
  latency("p99", 0, ({ p99Ms }) => p99Ms),
  latency("max", 5, ({ maxMs }) => maxMs),
  {
    title: "SLO %",
    priority: 3,
    text: ({ sloAttainment }) => (sloAttainment === null ? "–" : percent(sloAttainment)),
    verdict: ({ actual, shadow }) => pointsVerdict(actual.sloAttainment, shadow.sloAttainment),
  },
  {
    title: "requests/s",
    priority: 2,
    text: ({ throughputPerS }) => digits3(throughputPerS),
    verdict: ({ actual, shadow }) => timesVerdict(actual.throughputPerS, shadow.throughputPerS, false),
  },
  {
    title: "lost",
    priority: 6,
    text: ({ lost }) => String(lost),
    verdict: ({ actual, shadow }) =>
      actual.lost === shadow.lost ? EVEN : judged(shadow.lost < actual.lost, ""),
  },
];

const ARROW = " → ";
const VALUE_COLUMNS = 5;
const VERDICT_COLUMNS = 7;
const FIGURE_COLUMNS = 2 * VALUE_COLUMNS + ARROW.length + 1 + VERDICT_COLUMNS;

const column = ({ title, priority, text, verdict }: Figure): Column<CompareRow> => ({
  title,
  align: "left",
  width: FIGURE_COLUMNS,
  priority,
  text: ({ figures }) => text(figures.actual),
  draw: (canvas: Canvas, x: number, y: number, _width: number, { figures }: CompareRow): void => {
    const { sign, text: words, style } = verdict(figures);
    canvas.textRight(x + VALUE_COLUMNS, y, text(figures.actual), theme.plain);
    const arrowEnd = canvas.text(x + VALUE_COLUMNS, y, ARROW, theme.off);
    canvas.textRight(arrowEnd + VALUE_COLUMNS, y, text(figures.shadow), theme.strong);
    canvas.text(arrowEnd + VALUE_COLUMNS + 1, y, `${sign}${words}`, style);
  },
});

export const COMPARE_COLUMNS: readonly Column<CompareRow>[] = [
  {
    title: "tenant",
    align: "left",
    width: 12,
    widest: 28,
    priority: 0,
    text: ({ name, identity }) => (identity === null ? name : `${identity.letter} ${name}`),
    style: ({ style }) => style,
  },
  ...FIGURES.map(column),
];

/** Classes first, then the tenants in the order of the run. */
export function compareRows(
  { tenants, classes }: ShadowComparison,
  { view, identities, ui }: Pick<Scene, "view" | "identities" | "ui">,
): readonly TableRow<CompareRow>[] {
  const ofClass = (["LS", "BE"] as const).flatMap((name): CompareRow[] => {
    const figures = classes[name];
    const style = { ...CLASS_STYLE[name], bold: true };
    return figures === null ? [] : [{ name: `all ${name}`, id: null, style, identity: null, figures }];
  });
  const ofTenants = tenants.map(({ id, name, class: tenantClass, ...figures }): CompareRow => {
    // Who has left since has no letter any more, and its id may be another's.
    const isHere = view.snapshot.tenants.some((tenant) => tenant.id === id && tenant.name === name);
    if (!isHere) return { name, id: null, style: CLASS_STYLE[tenantClass], identity: null, figures };
    const identity = identities.of(id);
    return { name, id, style: { fg: identity.colour }, identity, figures };
  });
  return [...ofClass, ...ofTenants].map((row) => ({
    row,
    chosen: row.id !== null && row.id === ui.selected,
  }));
}
