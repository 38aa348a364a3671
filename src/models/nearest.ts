/** A slip leaves more than half of the letters as they were: with more edits than that another word was meant. */
const MOST_EDITS_SHARE = 0.5;

/**
 * The name that an operator most likely meant: the first that begins with what was typed, else the one that
 * takes the fewest single-letter edits; the first of equals. Null: none is like it.
 */
export function nearest(typed: string, names: readonly string[]): string | null {
  const lower = typed.toLowerCase();
  if (lower === "") return null;
  const distances = names.map((name) => (name.startsWith(lower) ? 0 : editDistance(lower, name)));
  const least = Math.min(...distances);
  return least > lower.length * MOST_EDITS_SHARE ? null : (names[distances.indexOf(least)] ?? null);
}

/** `; did you mean "resnet34"?`, or nothing. */
export function guess(typed: string, names: readonly string[]): string {
  const meant = nearest(typed, names);
  return meant === null ? "" : `; did you mean "${meant}"?`;
}

/** Levenshtein's distance, one row of its table at a time. */
function editDistance(a: string, b: string): number {
  let row = [...Array(b.length + 1).keys()];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
