/**
 * The name that an operator most likely meant: the first that begins with what was typed, else the one that
 * takes the fewest single-letter edits; the first of equals.
 */
export function nearest(typed: string, names: readonly string[]): string {
  const lower = typed.toLowerCase();
  const distances = names.map((name) => (name.startsWith(lower) ? 0 : editDistance(lower, name)));
  return names[distances.indexOf(Math.min(...distances))] ?? "";
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
