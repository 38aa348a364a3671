/** What was done and can be undone: two stacks as plain data. */
import type { Deed } from "./deed.ts";

export interface Done {
  /** What was said of it: "nice of camera: 100,000 → 125,000". */
  readonly says: string;
  readonly deeds: readonly Deed[];
  readonly inverse: readonly Deed[];
}

export interface Undo {
  /** Newest last. */
  readonly past: readonly Done[];
  /** What was undone, the last undone last. */
  readonly future: readonly Done[];
}

export const NOTHING_DONE: Undo = { past: [], future: [] };

/** Older acts than these are forgotten: nobody goes back further by steps. */
const MOST_DONE = 500;

/** Something new was done: what had been undone before can no longer be done again. */
export const did = ({ past }: Undo, done: Done): Undo => ({
  past: [...past.slice(1 - MOST_DONE), done],
  future: [],
});

/** The last act has been undone. */
export function undone({ past, future }: Undo): Undo {
  const last = past.at(-1);
  return last === undefined ? { past, future } : { past: past.slice(0, -1), future: [...future, last] };
}

/** The act last undone has been done again. */
export function redone({ past, future }: Undo): Undo {
  const last = future.at(-1);
  return last === undefined ? { past, future } : { past: [...past, last], future: future.slice(0, -1) };
}
