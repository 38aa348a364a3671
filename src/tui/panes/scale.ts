/** Scales of a chart's axes: where a value lies on one, and which values deserve a label. */

export interface Scale {
  /** "log2" is a logarithm whose labels are powers of two. */
  readonly kind: "linear" | "log" | "log2";
  readonly from: number;
  readonly until: number;
}

/** Within a decade, the coarser set first. */
const DECADE_STEPS: readonly (readonly number[])[] = [[1], [1, 3], [1, 2, 5]];
/** Room for rounding: a tick within this part of a step beyond the end still counts. */
const SLACK = 1e-9;

const isShown = (kind: Scale["kind"], value: number): boolean =>
  Number.isFinite(value) && (kind === "linear" || value > 0);

/** The least of 1, 2, 5 x 10^n that is no smaller. */
function roundStep(least: number): number {
  const decade = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * decade >= least * (1 - SLACK)) ?? 10;
  return factor * decade;
}

/** Round limits around all values that can be shown, and around `including`. Nothing to show: 0..1, or 1..10. */
export function scaleAround(
  kind: Scale["kind"],
  values: Iterable<number>,
  including: readonly number[] = kind === "linear" ? [0] : [],
): Scale {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const set of [values, including]) {
    for (const value of set) {
      if (!isShown(kind, value)) continue;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  if (kind === "linear") {
    if (!(most > least)) return { kind, from: Math.min(least, 0), until: most > 0 ? most * 2 : 1 };
    const step = roundStep((most - least) / 5);
    return {
      kind,
      from: Math.floor(least / step + SLACK) * step,
      until: Math.ceil(most / step - SLACK) * step,
    };
  }
  if (least > most) return { kind, from: 1, until: 10 };
  const base = kind === "log2" ? 2 : 10;
  const exponent = (value: number): number => Math.log(value) / Math.log(base);
  const from = base ** Math.floor(exponent(least) + SLACK);
  const until = base ** Math.ceil(exponent(most) - SLACK);
  return { kind, from, until: until > from ? until : from * base };
}

/** 0 at the start of the scale, 1 at its end; NaN for what has no place on it. */
export function placeOn(scale: Scale, value: number): number {
  if (!isShown(scale.kind, value)) return Number.NaN;
  if (scale.kind === "linear") return (value - scale.from) / (scale.until - scale.from);
  return Math.log(value / scale.from) / Math.log(scale.until / scale.from);
}

function linearTicks({ from, until }: Scale, most: number): number[] {
  const step = roundStep((until - from) / Math.max(1, most));
  const first = Math.ceil(from / step - SLACK);
  const last = Math.floor(until / step + SLACK);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => (first + index) * step);
}

function powers(base: number, { from, until }: Scale): number[] {
  const exponent = (value: number): number => Math.log(value) / Math.log(base);
  const first = Math.floor(exponent(from) + SLACK);
  const last = Math.ceil(exponent(until) - SLACK);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => base ** (first + index));
}

/** Round values on the scale, rising, about `most` of them and never more than two beyond it. */
export function ticksOf(scale: Scale, most: number): number[] {
  if (scale.kind === "linear") return linearTicks(scale, most);
  const within = (ticks: number[]): number[] =>
    ticks.filter((tick) => tick >= scale.from * (1 - SLACK) && tick <= scale.until * (1 + SLACK));
  const all = powers(scale.kind === "log2" ? 2 : 10, scale);
  const sets =
    scale.kind === "log2"
      ? [within(all)]
      : DECADE_STEPS.map((steps) => within(all.flatMap((decade) => steps.map((step) => step * decade))));
  const finest = sets.findLast((ticks) => ticks.length <= most);
  if (finest !== undefined) return finest;
  const every = Math.ceil(sets[0]!.length / Math.max(1, most));
  return sets[0]!.filter((_, index) => index % every === 0);
}
