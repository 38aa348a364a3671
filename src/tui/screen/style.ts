/** How a cell looks. Colours are 0xRRGGBB; the writer brings them down to what the terminal can show. */
export interface Style {
  /** Absent: the terminal's own text colour. */
  readonly fg?: number;
  /** Absent: the background that is already there. */
  readonly bg?: number;
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly underline?: boolean;
  readonly inverse?: boolean;
}

/** Stands for the terminal's own colour where a colour is stored. */
export const DEFAULT_COLOUR = -1;

export const BOLD = 1;
export const DIM = 2;
export const UNDERLINE = 4;
export const INVERSE = 8;

export function attributesOf(style: Style): number {
  return (
    (style.bold ? BOLD : 0) |
    (style.dim ? DIM : 0) |
    (style.underline ? UNDERLINE : 0) |
    (style.inverse ? INVERSE : 0)
  );
}
