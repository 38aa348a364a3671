/** Finds what was meant from a few of its letters, in order: "cfd" finds cfs-period-double. */

const FOUND = 1;
const WORD_START = 8;
const NEXT_TO_LAST = 5;
/** What a letter of the text costs that the pattern does not name: of two finds the shorter text is meant. */
const REST = 0.05;
/** What a find costs in each further text of an item: names before titles. */
const LATER_TEXT = 6;
/** Finds below this share of the best are letters that happen to be there. */
const WORTH_SHOWING = 0.25;

const startsWord = (text: string, index: number): boolean => index === 0 || /[\s_./-]/.test(text[index - 1]!);

/** How well the text holds the pattern's letters in their order, case aside: more is better; null: it does not. */
function fuzzyScore(pattern: string, text: string): number | null {
  const wanted = [...pattern.toLowerCase()].filter((letter) => letter !== " ");
  const letters = [...text.toLowerCase()];
  // Of each place: the best score of a find whose last letter is there.
  let scores: (number | null)[] = letters.map(() => null);
  for (const [nth, letter] of wanted.entries()) {
    let reach: number | null = nth === 0 ? 0 : null;
    scores = letters.map((candidate, index) => {
      const adjacent = scores[index - 1] ?? null;
      if (adjacent !== null && adjacent > (reach ?? 0)) reach = adjacent;
      if (candidate !== letter || reach === null) return null;
      const run = adjacent === null ? 0 : adjacent + NEXT_TO_LAST;
      return FOUND + (startsWord(text, index) ? WORD_START : 0) + Math.max(reach, run);
    });
  }
  const found = wanted.length === 0 ? [0] : scores.filter((score) => score !== null);
  return found.length === 0 ? null : Math.max(...found) - REST * letters.length;
}

/** The items that the pattern finds in one of their texts, the best first; equals keep their order. */
export function fuzzySort<T>(
  pattern: string,
  items: readonly T[],
  textsOf: (item: T) => readonly string[],
): T[] {
  const finds = items.flatMap((item) => {
    const scores = textsOf(item).flatMap((text, place) => {
      const score = fuzzyScore(pattern, text);
      return score === null ? [] : [score - place * LATER_TEXT];
    });
    return scores.length === 0 ? [] : [{ item, score: Math.max(...scores) }];
  });
  const best = finds.reduce((most, { score }) => Math.max(most, score), 0);
  if (pattern.trim() === "") return [...items];
  return finds
    .filter(({ score }) => score >= best * WORTH_SHOWING)
    .sort((a, b) => b.score - a.score)
    .map(({ item }) => item);
}
