/** Line charts and stacked areas as SVG, plain enough for any viewer of Markdown: no script, no style sheet, no font of its own. */

export interface Series {
  readonly name: string;
  /** x and y in the units of the axes; x rises. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Axis {
  readonly title: string;
  readonly scale: "linear" | "log";
  /** Absent: from the data. */
  readonly from?: number;
  readonly to?: number;
}

export interface Chart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** Each series lies on the one before. All have the same xs then. */
  readonly stacked?: boolean;
  /** Lines across, such as an SLO. */
  readonly marks?: readonly { readonly x: number; readonly label: string }[];
}

const WIDTH = 760;
const HEIGHT = 320;
const PLOT = { left: 64, top: 36, right: 560, bottom: 272 };
const LEGEND_X = 580;
const LEGEND_ROW = 18;
const TICKS = 6;
/** Told apart in print and by most who see few colours (Okabe and Ito, Color Universal Design, 2008), then again dashed. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555"];
const DASHES = ["", "6 3", "2 3"];

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const px = (value: number): string => String(Number(value.toFixed(2)));

/** Round steps: 1, 2 or 5 times a power of ten. */
export function linearTicks(from: number, to: number, most = TICKS): number[] {
  const span = to - from;
  if (!(span > 0)) return [from];
  const rough = span / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
}

/** Powers of ten, and 2 and 5 times them where there are few. */
export function logTicks(from: number, to: number): number[] {
  const powers = Array.from(
    { length: Math.ceil(Math.log10(to)) - Math.floor(Math.log10(from)) + 1 },
    (_, index) => 10 ** (Math.floor(Math.log10(from)) + index),
  );
  const inside = (ticks: readonly number[]): number[] =>
    ticks.filter((tick) => tick >= from * (1 - 1e-9) && tick <= to * (1 + 1e-9));
  const coarse = inside(powers);
  return coarse.length >= 3 ? coarse : inside(powers.flatMap((power) => [power, 2 * power, 5 * power]));
}

const tickText = (value: number): string => String(Number(value.toPrecision(3)));

/** A scale from an axis' values to px. */
class Scale {
  readonly from: number;
  readonly to: number;
  readonly #isLog: boolean;
  readonly #start: number;
  readonly #end: number;

  constructor(axis: Axis, values: readonly number[], start: number, end: number) {
    const known = values.filter((value) => Number.isFinite(value) && (axis.scale === "linear" || value > 0));
    const least = known.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    const most = known.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    this.#isLog = axis.scale === "log";
    this.from = axis.from ?? (known.length === 0 ? (this.#isLog ? 1 : 0) : least);
    const to = axis.to ?? (known.length === 0 ? 1 : most);
    this.to = to > this.from ? to : this.#isLog ? this.from * 10 : this.from + 1;
    this.#start = start;
    this.#end = end;
  }

  at(value: number): number {
    const share = this.#isLog
      ? Math.log(Math.max(value, this.from) / this.from) / Math.log(this.to / this.from)
      : (value - this.from) / (this.to - this.from);
    return this.#start + Math.max(0, Math.min(1, share)) * (this.#end - this.#start);
  }

  ticks(): number[] {
    return this.#isLog ? logTicks(this.from, this.to) : linearTicks(this.from, this.to);
  }
}

const text = (x: number, y: number, content: string, more = ""): string =>
  `<text x="${px(x)}" y="${px(y)}"${more}>${escaped(content)}</text>`;

function axes(chart: Chart, x: Scale, y: Scale): string[] {
  const { left, right, top, bottom } = PLOT;
  return [
    ...y
      .ticks()
      .flatMap((tick) => [
        `<line x1="${left}" x2="${right}" y1="${px(y.at(tick))}" y2="${px(y.at(tick))}" stroke="#dddddd"/>`,
        text(left - 6, y.at(tick) + 4, tickText(tick), ' text-anchor="end"'),
      ]),
    ...x
      .ticks()
      .flatMap((tick) => [
        `<line x1="${px(x.at(tick))}" x2="${px(x.at(tick))}" y1="${bottom}" y2="${bottom + 4}" stroke="#888888"/>`,
        text(x.at(tick), bottom + 18, tickText(tick), ' text-anchor="middle"'),
      ]),
    `<path d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="#888888"/>`,
    text((left + right) / 2, bottom + 38, chart.x.title, ' text-anchor="middle"'),
    text(left, top - 8, chart.y.title),
  ];
}

/** Lines to and fro: pieces between points that are not known are left out. */
function linePath(points: Series["points"], x: Scale, y: Scale): string {
  let path = "";
  let isDown = false;
  for (const [atX, atY] of points) {
    const isKnown = Number.isFinite(atX) && Number.isFinite(atY);
    if (isKnown) path += `${isDown ? "L" : "M"}${px(x.at(atX))} ${px(y.at(atY))}`;
    isDown = isKnown;
  }
  return path;
}

function areaPath(top: Series["points"], base: readonly number[], x: Scale, y: Scale): string {
  const along = top.map(([atX, atY]) => `${px(x.at(atX))} ${px(y.at(atY))}`);
  const back = top.map(([atX], index) => `${px(x.at(atX))} ${px(y.at(base[index]!))}`).reverse();
  return top.length === 0 ? "" : `M${along.join("L")}L${back.join("L")}Z`;
}

/** The series as they lie on one another: what is not known counts as 0. */
function piled(series: readonly Series[]): { series: Series; base: number[] }[] {
  let base = series[0]?.points.map(() => 0) ?? [];
  return series.map(({ name, points }) => {
    const below = base;
    base = points.map(([, y], index) => below[index]! + (Number.isFinite(y) ? y : 0));
    return { series: { name, points: points.map(([x], index) => [x, base[index]!] as const) }, base: below };
  });
}

const styleOf = (index: number): { colour: string; dash: string } => ({
  colour: COLOURS[index % COLOURS.length]!,
  dash: DASHES[Math.floor(index / COLOURS.length) % DASHES.length]!,
});

function legend(series: readonly Series[]): string[] {
  return series.map(({ name }, index) => {
    const { colour, dash } = styleOf(index);
    const y = PLOT.top + index * LEGEND_ROW;
    const line = `<line x1="${LEGEND_X}" x2="${LEGEND_X + 22}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="3" stroke-dasharray="${dash}"/>`;
    return `${line}${text(LEGEND_X + 28, y + 4, name)}`;
  });
}

export function chartSvg(chart: Chart): string {
  const piles = chart.stacked === true ? piled(chart.series) : null;
  const shown = piles?.map(({ series }) => series) ?? chart.series;
  const values = (at: 0 | 1): number[] => shown.flatMap(({ points }) => points.map((point) => point[at]));
  const x = new Scale(chart.x, values(0), PLOT.left, PLOT.right);
  const y = new Scale(chart.y, values(1), PLOT.bottom, PLOT.top);
  const lines = shown.map(({ points }, index) => {
    const { colour, dash } = styleOf(index);
    if (piles !== null) {
      return `<path d="${areaPath(points, piles[index]!.base, x, y)}" fill="${colour}" fill-opacity="0.75"/>`;
    }
    const path = linePath(points, x, y);
    return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"/>`;
  });
  const marks = (chart.marks ?? []).map(({ x: at, label }) => {
    const left = px(x.at(at));
    const line = `<line x1="${left}" x2="${left}" y1="${PLOT.top}" y2="${PLOT.bottom}" stroke="#b00020" stroke-dasharray="4 3"/>`;
    return `${line}${text(x.at(at) + 4, PLOT.top + 12, label, ' fill="#b00020"')}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#222222">`,
    `<title>${escaped(chart.title)}</title>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    text(PLOT.left, 16, chart.title, ' font-size="14" font-weight="bold"'),
    ...axes(chart, x, y),
    ...lines,
    ...marks,
    ...legend(chart.series),
    "</svg>",
    "",
  ].join("\n");
}
