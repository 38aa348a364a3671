/** Shares over time, one on the other: what each tenant has of a whole, as rows of cells. */

export interface Layer {
  readonly name: string;
  /** A colour's number; where there are no colours, a letter. */
  readonly seat: number;
  /** Oldest first. */
  readonly values: readonly number[];
}

/** Seats of the layers that fill the upper and the lower half of a cell; null: nobody. */
export interface Cell {
  readonly upper: number | null;
  readonly lower: number | null;
}

/** Means of `columns` pieces of the values; the newest are at the right, and what is too short leaves the left free. */
function columnsOf(values: readonly number[], columns: number): (number | null)[] {
  const each = Math.max(1, values.length / columns);
  return Array.from({ length: columns }, (_, column) => {
    const until = values.length - Math.round((columns - 1 - column) * each);
    const piece = values.slice(
      Math.max(0, Math.min(until - 1, Math.round(until - each))),
      Math.max(0, until),
    );
    return piece.length === 0 ? null : piece.reduce((sum, value) => sum + value, 0) / piece.length;
  });
}

/** Who holds the half cell whose middle is at that height. */
function holderAt(
  height: number,
  layers: readonly Layer[],
  columns: readonly (number | null)[][],
  at: number,
): number | null {
  let top = 0;
  for (const [index, { seat }] of layers.entries()) {
    top += columns[index]![at] ?? 0;
    if (height < top) return seat;
  }
  return null;
}

/** Rows from the top. The first layer lies at the bottom; `most` is as high as the rows are. */
export function stack(layers: readonly Layer[], width: number, height: number, most: number): Cell[][] {
  const columns = layers.map(({ values }) => columnsOf(values, width));
  const half = most / (2 * height);
  return Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (__, column) => {
      const below = (height - 1 - row) * 2;
      return {
        upper: holderAt((below + 1.5) * half, layers, columns, column),
        lower: holderAt((below + 0.5) * half, layers, columns, column),
      };
    }),
  );
}

/** The highest sum of the layers at any moment; 0 without one. */
export const highest = (layers: readonly Layer[]): number =>
  (layers[0]?.values ?? []).reduce(
    (most, _, at) =>
      Math.max(
        most,
        layers.reduce((sum, { values }) => sum + (values[at] ?? 0), 0),
      ),
    0,
  );

/** Round numbers above `value` that people like to read: 1, 2 or 5 times a power of ten. */
export function roundAbove(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5].map((factor) => factor * power).find((edge) => edge >= value) ?? 10 * power;
}
